import { expect, test } from 'vitest';
import { testDatabase } from '../../src/testing.ts';
import { listConstraints, unnamedIn } from '../constraint-names.ts';
import { closedAfterTest } from '../support.ts';

test('every constraint, unique index and trigger of managed databases is named by a test of this folder', async () => {
  const { db } = await closedAfterTest(testDatabase());
  const names = await listConstraints(db, ['databases', 'database_work']);
  expect(names.length).toBeGreaterThanOrEqual(19);
  expect(unnamedIn(import.meta.dirname, names)).toEqual([]);
});
