// engine: none
import { expect, test } from 'vitest';
import { type Resumption, resumeAfter } from './resume.ts';

const ID = '01890000-0000-7000-8000-000000000001';
const OTHER = '01890000-0000-7000-8000-000000000002';
const SUBJECT = `registry.${ID}.tenant.created`;

/** A relay that has saved position 10, a log with the positions 1 to 20, and a stream with messages. */
function resume(change: Partial<Resumption> = {}): number | undefined {
  return resumeAfter({
    saved: { position: 10, event_id: ID },
    log: { position: 10, head: 20, oldest: 1 },
    end: { sequence: 100, last: { id: ID, subject: SUBJECT } },
    found: 10,
    ...change,
  });
}

const never = { position: 0, event_id: null };
const unknown = { sequence: 100, last: { id: OTHER, subject: SUBJECT } };
const fresh = { sequence: 0, last: null };
const purged = { sequence: 100, last: null };

test('the last stored message decides, whether more or less was saved', () => {
  expect(resume()).toBe(10);
  expect(resume({ end: unknown, found: 14 })).toBe(14);
  expect(resume({ end: unknown, found: 4 })).toBe(4);
  expect(resume({ end: unknown, found: 4, saved: never })).toBe(4);
});

test('a stream that never held a message is filled with all that is kept', () => {
  expect(resume({ end: fresh, found: undefined })).toBe(0);
  expect(resume({ end: fresh, found: undefined, log: { position: 0, head: 20, oldest: 6 }, saved: never })).toBe(5);
  expect(resume({ end: fresh, found: undefined, log: { position: 0, head: 20, oldest: null }, saved: never })).toBe(20);
});

test('what was deleted after the saved position is left to be counted as missed', () => {
  expect(resume({ end: fresh, found: undefined, log: { position: 10, head: 20, oldest: 15 } })).toBe(10);
  expect(resume({ end: unknown, found: undefined, log: { position: 10, head: 20, oldest: 15 } })).toBe(10);
  expect(resume({ end: unknown, found: undefined, log: { position: 10, head: 20, oldest: null } })).toBe(10);
});

test('a stream whose messages are gone is gone on with from the saved position', () => {
  expect(resume({ end: purged, found: undefined })).toBe(10);
  expect(resume({ end: purged, found: undefined, saved: never, log: { position: 0, head: 20, oldest: 6 } })).toBe(5);
});

test('a last message that was deleted from the log is known by the saved id', () => {
  expect(resume({ found: undefined, log: { position: 10, head: 20, oldest: 11 } })).toBe(10);
});

test('a last message that cannot be of this registry is refused', () => {
  expect(resume({ end: unknown, found: undefined })).toBeUndefined();
  expect(resume({ end: unknown, found: undefined, saved: never })).toBeUndefined();
  const log = { position: 10, head: 20, oldest: 15 };
  for (const last of [
    { id: null, subject: SUBJECT },
    { id: 'mine', subject: SUBJECT },
    { id: OTHER, subject: 'registry.mine' },
  ])
    expect(resume({ end: { sequence: 100, last }, found: undefined, log })).toBeUndefined();
});
