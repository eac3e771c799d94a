// engine: postgres
import { testDatabase } from '@tenant-registry/db/testing';
import { expect, onTestFinished, test } from 'vitest';
import { eventWitness } from './replicas/event-faults.ts';
import { runFaults } from './replicas/fault.ts';
import { startReceiver } from './replicas/receiver.ts';

// proves B23, C24
test('a server killed at any moment leaves no change without its events, each once in the log and received by each endpoint, repeated with its id alone, and no event without its change', async () => {
  const database = await testDatabase();
  const receiver = await startReceiver();
  onTestFinished(() => receiver.close());
  const witness = eventWitness({ db: database.db, receiver, waitsForLeases: false });
  const report = await runFaults({ url: database.url ?? '', db: database.db, kills: 4, witnesses: [witness] });
  expect(report.contradictions).toEqual([]);
  expect(report.acknowledged).toBeGreaterThan(0);
  expect(receiver.receipts.length).toBeGreaterThan(0);
  await database.close();
});
