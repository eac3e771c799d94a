/** The wait of the one who changed something: until no replica can answer from what it remembered before. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Db, replicaLeases } from '@tenant-registry/db';
import type { Logger } from './logger.ts';

type Mark = replicaLeases.PlacedMark;

const PAUSE_MS = { first: 2, max: 25 };
const CLEANUP_MS = 1_000;

/**
 * Resolves when each marked replica has acknowledged or its lease has run out, by the clock of this process; it is
 * called after the commit, before which no replica can have been told that its lease goes on without the mark. Never
 * rejects: while the database is away it waits the leases out. It ends leases that have run out, so that the next one
 * need not wait for them.
 */
export async function waitForReplicas(db: Db, marks: readonly Mark[], logger: Logger): Promise<void> {
  const start = performance.now();
  const leftMs = ({ lease_ms }: Mark) => lease_ms - (performance.now() - start);
  let waiting = marks;
  for (let pause = PAUSE_MS.first; waiting.length > 0; pause = Math.min(pause * 2, PAUSE_MS.max)) {
    const ids = waiting.map(({ id }) => id);
    const open = await within(Math.min(...waiting.map(leftMs)), replicaLeases.listOpenMarks(db, ids));
    if (open !== undefined) waiting = waiting.filter(({ id }) => open.some((each) => each.id === id));
    const over = waiting.filter((mark) => leftMs(mark) <= 0);
    if (over.length > 0) {
      logger.warn({ replicas: over.map(({ replica_id }) => replica_id) }, 'waited for leases to run out');
      waiting = waiting.filter((mark) => !over.includes(mark));
      await within(CLEANUP_MS, endLeases(db, over));
    }
    if (waiting.length > 0) await sleep(Math.max(0, Math.min(pause, ...waiting.map(leftMs))));
  }
}

/** Unless it acknowledges after it was looked at: then it is alive again, and has forgotten. */
async function endLeases(db: Db, over: readonly Mark[]): Promise<void> {
  for (const { replica_id, acks } of await replicaLeases.listOpenMarks(
    db,
    over.map(({ id }) => id),
  )) {
    await replicaLeases.deleteReplicaLease(db, replica_id, acks);
  }
}

/** What the work resolves to, or undefined when it fails or takes longer. */
async function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  const done = new AbortController();
  const late = sleep(Math.max(0, ms), undefined, { signal: done.signal }).catch(() => undefined);
  try {
    return await Promise.race([work.catch(() => undefined), late]);
  } finally {
    done.abort();
  }
}
