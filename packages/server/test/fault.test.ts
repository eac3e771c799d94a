// engine: postgres
import { testDatabase } from '@tenant-registry/db/testing';
import { expect, test } from 'vitest';
import { runFaults } from './replicas/fault.ts';

// proves B23
test('a server killed at any moment leaves no change without its events, and no event without its change', async () => {
  const database = await testDatabase();
  const report = await runFaults({ url: database.url ?? '', db: database.db, kills: 4 });
  expect(report.contradictions).toEqual([]);
  expect(report.acknowledged).toBeGreaterThan(0);
  await database.close();
});
