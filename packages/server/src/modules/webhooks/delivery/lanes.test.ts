// engine: none
import { expect, test } from 'vitest';
import { createLanes } from './lanes.ts';

test('a tenant takes a quarter of a lane, all tenants together the lane, and the platform counts as one', () => {
  const lanes = createLanes({ fast: 8, slow: 4 });
  const taken = ['a', 'b', null].flatMap((tenant) => [1, 2, 3].map(() => lanes.tryTake('fast', tenant)));
  expect(taken.map((place) => place !== undefined)).toEqual([true, true, false, true, true, false, true, true, false]);
  expect(lanes.room('fast')).toBe(2);
  for (const tenant of ['c', 'd']) lanes.tryTake('fast', tenant);
  expect(lanes.tryTake('fast', 'e')).toBeUndefined();
  taken[0]?.leave();
  taken[0]?.leave();
  expect(lanes.room('fast')).toBe(1);
  expect(lanes.tryTake('fast', 'e')).toBeDefined();
});

test('an attempt that lasts frees its place in the fast lane, also when the slow lane is full', () => {
  const lanes = createLanes({ fast: 4, slow: 4 });
  for (const tenant of ['a', 'b', 'c', 'd']) lanes.admit('slow', tenant);
  const place = lanes.tryTake('fast', 'e');
  place?.slowDown();
  expect([place?.lane(), lanes.room('fast'), lanes.room('slow')]).toEqual(['slow', 4, 0]);
  expect(lanes.tryTake('slow', 'f')).toBeUndefined();
  place?.leave();
  expect(lanes.taken('slow').has('e')).toBe(false);
});

test("an attempt beyond its tenant's share of the slow lane keeps its place in the fast one", () => {
  const lanes = createLanes({ fast: 8, slow: 8 });
  for (const _ of [1, 2]) lanes.admit('slow', 'a');
  const place = lanes.tryTake('fast', 'a');
  place?.slowDown();
  expect([place?.lane(), lanes.room('fast')]).toEqual(['fast', 7]);
});

test('while a lane is held no further place is taken in it, but what was counted can be', () => {
  const lanes = createLanes({ fast: 4, slow: 4 });
  const release = lanes.hold('fast');
  expect(lanes.tryTake('fast', 'a')).toBeUndefined();
  expect(lanes.tryTake('slow', 'a')).toBeDefined();
  lanes.admit('fast', 'a').leave();
  release();
  expect(lanes.tryTake('fast', 'a')).toBeDefined();
});
