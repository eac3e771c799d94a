// engine: none
/** Who had an address follows from its events, also when the clocks that timed them disagree. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { holdingAt, isDecided } from './holdings.ts';

const iso = (ms: number) => new Date(Date.UTC(2026, 0, 1) + ms).toISOString();
const event = (happened: 'allocated' | 'released', node: number, [start, recorded]: readonly [number, number]) => ({
  action: `mesh_address.${happened}` as const,
  created_at: iso(recorded),
  project_id: 'p',
  node_id: `n${node}`,
  node_name: `node-${node}`,
  allocated_at: iso(start),
});
const at = (ms: number) => Date.UTC(2026, 0, 1) + ms;

/** Error of a clock, in milliseconds. */
const SKEW_MS = 20;
const steps = fc.array(
  fc.record({
    node: fc.nat(3),
    /** Milliseconds that the node waits before it gets the address, and that it has it. */
    before: fc.oneof(fc.nat(2), fc.nat(5_000)),
    during: fc.oneof(fc.nat(2), fc.nat(5_000)),
    /** Errors of the clocks that time the allocation and the release. */
    errors: fc.tuple(fc.integer({ min: -SKEW_MS, max: SKEW_MS }), fc.integer({ min: -SKEW_MS, max: SKEW_MS })),
  }),
  { minLength: 1, maxLength: 12 },
);

// proves C26
test('the holder is the right one at every time that is further from a change than clocks disagree', () => {
  fc.assert(
    fc.property(steps, fc.boolean(), (asked, stillHeld) => {
      let time = 0;
      const changes = asked.flatMap(({ node, before, during, errors: [first, second] }, index) => {
        const from = time + before;
        time = from + during;
        const start = from + first;
        const allocated = { time: from, held: true, node, start, event: event('allocated', node, [start, start]) };
        const end = Math.max(time + second, start);
        const released = { time, held: false, node, start, event: event('released', node, [start, end]) };
        return index === asked.length - 1 && stillHeld ? [allocated] : [allocated, released];
      });
      const events = changes
        .map((change, order) => ({ ...change.event, order }))
        .toSorted((a, b) => Date.parse(b.created_at) - Date.parse(a.created_at) || b.order - a.order);
      const quiet = changes
        .flatMap((change) => [change.time - SKEW_MS - 1, change.time + SKEW_MS + 1, change.time + 60_000])
        .filter((moment) => changes.every((change) => Math.abs(change.time - moment) > SKEW_MS));
      for (const moment of quiet) {
        const last = changes.findLast((change) => change.time <= moment);
        const found = holdingAt(events, at(moment));
        if (last === undefined) expect(found).toBeUndefined();
        else if (last.held) {
          expect(found).toMatchObject({ node_id: `n${last.node}`, allocated_at: iso(last.start), released_at: null });
        } else {
          expect(found?.released_at).toEqual(expect.any(String));
          const near = changes.filter((change) => Math.abs(change.time - last.time) <= 2 * SKEW_MS);
          if (near.every(({ node }) => node === last.node)) expect(found?.node_id).toBe(`n${last.node}`);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('of one millisecond the order of the events decides who had it last', () => {
  const [first, second] = [event('allocated', 1, [5, 5]), event('released', 1, [5, 5])];
  const [third, fourth] = [event('allocated', 2, [5, 5]), event('released', 2, [5, 5])];
  expect(holdingAt([first], at(5))).toMatchObject({ node_id: 'n1', released_at: null });
  expect(holdingAt([third, second, first], at(5))).toMatchObject({ node_id: 'n2', released_at: null });
  expect(holdingAt([fourth, third, second, first], at(5))).toMatchObject({ node_id: 'n2', released_at: iso(5) });
  const again = [first, fourth, third, second, first];
  expect(holdingAt(again, at(5)), 'one that it gave back and got again').toMatchObject({
    node_id: 'n1',
    released_at: null,
  });
  expect(holdingAt(again, at(4))).toBeUndefined();
});

test('an allocation holds from the time that it names, also when it was recorded later', () => {
  const events = [event('allocated', 2, [40, 44]), event('released', 1, [10, 39]), event('allocated', 1, [10, 12])];
  expect(holdingAt(events, at(41))).toMatchObject({ node_id: 'n2' });
  expect(holdingAt(events, at(39))).toMatchObject({ node_id: 'n1', released_at: iso(39) });
  expect(holdingAt(events, at(11))).toMatchObject({ node_id: 'n1', released_at: null });
});

test('the end of a holding that was never recorded is at the latest where another one begins', () => {
  const events = [
    event('released', 2, [5_000, 9_000]),
    event('allocated', 2, [5_000, 5_000]),
    event('allocated', 1, [10, 10]),
  ];
  expect(holdingAt(events, at(9_500))).toMatchObject({ node_id: 'n2', released_at: iso(9_000) });
});

test('events decide when older ones cannot change the answer', () => {
  const events = [event('allocated', 2, [5_000, 5_000]), event('released', 1, [10, 4_999])];
  expect(isDecided(events, at(6_000)), 'the release is within a second of the allocation').toBe(false);
  expect(isDecided([...events, event('allocated', 1, [10, 10])], at(6_000))).toBe(true);
  expect(isDecided(events.slice(0, 1), at(4_000)), 'it began later').toBe(false);
});
