import { expect, test } from 'vitest';
import { testDatabase } from '../../src/testing.ts';
import { listConstraints, unnamedIn } from '../constraint-names.ts';
import { closedAfterTest } from '../support.ts';
import { auditJobTables } from './rows.ts';

test('every constraint and unique index of jobs, their records, retention and holds is named by a test of this folder', async () => {
  const { db } = await closedAfterTest(testDatabase());
  const names = await listConstraints(db, auditJobTables);
  expect(names.length).toBeGreaterThanOrEqual(13);
  expect(unnamedIn(import.meta.dirname, names)).toEqual([]);
});
