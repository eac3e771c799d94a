import type { DatabaseHandle } from '@tenant-registry/db';
import { insertSubject } from '../../../packages/server/test/replicas/fleets.ts';
import { createMemoryReplica } from '../../../packages/server/test/replicas/memory-replica.ts';
import { median, round } from '../lib/load.ts';

const ROUNDS = 400;

/** Resolves to the median time of a change by the only replica with a lease, without and with mark and settle. */
export async function markCost(database: DatabaseHandle): Promise<{ plain_ms: number; marked_ms: number }> {
  const { leases, write } = createMemoryReplica(database);
  await leases.start();
  const subject = await insertSubject(database);
  const plain = (live: boolean) =>
    database.db.transaction().execute((tx) =>
      tx
        .updateTable('api_keys')
        .set({ revoked_at: live ? null : new Date() })
        .where('id', '=', subject.id)
        .execute(),
    );
  const times = { plain: [] as number[], marked: [] as number[] };
  const timed = async (into: number[], work: () => Promise<unknown>) => {
    const began = performance.now();
    await work();
    into.push(performance.now() - began);
  };
  for (let i = 0; i < ROUNDS; i++) {
    await timed(times.plain, () => plain(i % 2 === 0));
    await timed(times.marked, () => write(subject, i % 2 === 0));
  }
  await leases.stop();
  return { plain_ms: round(median(times.plain), 3), marked_ms: round(median(times.marked), 3) };
}
