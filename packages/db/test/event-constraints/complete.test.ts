import { expect, test } from 'vitest';
import { testDatabase } from '../../src/testing.ts';
import { listConstraints, unnamedIn } from '../constraint-names.ts';
import { closedAfterTest } from '../support.ts';
import { eventTables } from './rows.ts';

test('every constraint, unique index and trigger of the log and of webhooks is named by a test of this folder', async () => {
  const { db } = await closedAfterTest(testDatabase());
  const names = await listConstraints(db, eventTables);
  expect(names.length).toBeGreaterThanOrEqual(27);
  expect(unnamedIn(import.meta.dirname, names)).toEqual([]);
});
