import { expect, test } from 'vitest';
import { testDatabase } from '../../src/testing.ts';
import { listConstraints, unnamedIn } from '../constraint-names.ts';
import { closedAfterTest } from '../support.ts';
import { auditLogTables } from './rows.ts';

test('every constraint, unique index and trigger of the Merkle logs is named by a test of this folder', async () => {
  const { db } = await closedAfterTest(testDatabase());
  const names = await listConstraints(db, auditLogTables);
  expect(names.length).toBeGreaterThanOrEqual(20);
  const added = ['audit_log_crud_check', 'audit_log_queue_seal'];
  expect(await listConstraints(db, ['audit_log'])).toEqual(expect.arrayContaining(added));
  expect(unnamedIn(import.meta.dirname, [...names, ...added])).toEqual([]);
});
