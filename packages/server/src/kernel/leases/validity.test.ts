// engine: none
import { expect, test } from 'vitest';
import { createLeaseValidity } from './validity.ts';

/** A lease of a second, with clocks that the test moves: apart or together. */
function lease() {
  const at = { steady: 5_000, wall: 1_000_000 };
  const validity = createLeaseValidity(
    1_000,
    () => new Date(at.wall),
    () => at.steady,
  );
  const pass = (ms: number) => {
    at.steady += ms;
    at.wall += ms;
  };
  return { at, pass, ...validity };
}

test('it holds for less than its time since it was asked for, not since the answer came', () => {
  const { pass, moment, extend, holds } = lease();
  expect(holds()).toBe(false);
  const asked = moment();
  pass(800);
  extend(asked);
  expect(holds()).toBe(true);
  pass(99);
  expect(holds()).toBe(true);
  pass(1);
  expect(holds()).toBe(false);
});

test('an answer that comes when its time has passed gives nothing', () => {
  const { pass, moment, extend, holds } = lease();
  const asked = moment();
  pass(1_000);
  extend(asked);
  expect(holds()).toBe(false);
});

test('either clock ends it: one stands still while a machine sleeps, the other can be set back', () => {
  const asleep = lease();
  asleep.extend(asleep.moment());
  asleep.at.wall += 900;
  expect(asleep.holds()).toBe(false);
  const setBack = lease();
  setBack.extend(setBack.moment());
  setBack.at.wall -= 3_600_000;
  setBack.at.steady += 900;
  expect(setBack.holds()).toBe(false);
});

test('an earlier question does not shorten a lease, and an ended lease needs a new one', () => {
  const { pass, moment, extend, end, holds } = lease();
  const early = moment();
  pass(500);
  extend(moment());
  extend(early);
  pass(500);
  expect(holds()).toBe(true);
  end();
  expect(holds()).toBe(false);
});
