/** The wait for replicas that were marked: until none of them can answer from what it remembered before. */
import { type Db, replicaLeases } from '@tenant-registry/db';
import { withinDeadline } from '../async/deadline.ts';
import { createInterruptiblePause } from '../async/interruptible-pause.ts';
import type { Logger } from '../logger.ts';

type Mark = replicaLeases.PlacedMark;

interface Waiting {
  readonly mark: Mark;
  readonly since: number;
  readonly over: PromiseWithResolvers<void>;
}

export interface MarkWatch {
  /**
   * Resolves when each mark, of a transaction that is known to have committed, is acknowledged or its lease has run out
   * by the clock of this process: no replica was told after the commit that its lease goes on without the mark. Never
   * rejects: while the database is away the leases are waited out.
   */
  gone(marks: readonly Mark[]): Promise<void>;
}

/** The pause between two questions grows with the longest wait. */
const PAUSE_MS = { min: 2, max: 25 };
const CLEANUP_MS = 1_000;

/** Makes a watch whose questions all waiters of the process share. It ends leases that ran out, so that no one waits for them twice. */
export function createMarkWatch(db: Db, logger: Logger): MarkWatch {
  const waiting = new Map<string, Waiting>();
  const pause = createInterruptiblePause();
  let watching = false;

  async function watch(): Promise<void> {
    watching = true;
    while (waiting.size > 0) {
      for (const { mark, over } of await finished(db, [...waiting.values()], logger)) {
        waiting.delete(mark.id);
        over.resolve();
      }
      if (waiting.size > 0) await pause.rest(Math.min(...[...waiting.values()].map(pauseMs)));
    }
    watching = false;
  }

  return {
    async gone(marks) {
      if (marks.length === 0) return;
      const all = marks.map((mark) => {
        const one = waiting.get(mark.id) ?? { mark, since: performance.now(), over: Promise.withResolvers<void>() };
        waiting.set(mark.id, one);
        return one.over.promise;
      });
      if (watching) pause.interrupt();
      else void watch();
      await Promise.all(all);
    },
  };
}

function pauseMs(each: Waiting): number {
  const waited = performance.now() - each.since;
  return Math.max(0, Math.min(Math.max(PAUSE_MS.min, waited / 4), PAUSE_MS.max, leftMs(each)));
}

function leftMs({ mark, since }: Waiting): number {
  return mark.lease_ms - (performance.now() - since);
}

/** Returns the marks that no longer need a wait. */
async function finished(db: Db, asked: readonly Waiting[], logger: Logger): Promise<Waiting[]> {
  const ids = asked.map(({ mark }) => mark.id);
  const open = await within(Math.min(...asked.map(leftMs)), replicaLeases.listOpenMarks(db, ids));
  const openIds = new Set(open === undefined ? ids : open.map(({ id }) => id));
  const over = asked.filter((each) => openIds.has(each.mark.id) && leftMs(each) <= 0);
  if (over.length > 0) {
    logger.warn({ replicas: [...new Set(over.map(({ mark }) => mark.replica_id))] }, 'waited for leases to run out');
    await within(CLEANUP_MS, endLeases(db, over));
  }
  return asked.filter((each) => over.includes(each) || !openIds.has(each.mark.id));
}

/** Unless it acknowledges after it was looked at: then it is alive again, and has forgotten. */
async function endLeases(db: Db, over: readonly Waiting[]): Promise<void> {
  const open = await replicaLeases.listOpenMarks(
    db,
    over.map(({ mark }) => mark.id),
  );
  const acks = new Map(open.map(({ replica_id, acks }) => [replica_id, acks]));
  for (const [replicaId, seen] of acks) await replicaLeases.deleteReplicaLease(db, replicaId, seen);
}

/** Resolves to the result of the work, or to undefined when it fails or takes longer. */
function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  return withinDeadline(work, Math.max(0, ms), () => new Error('too late')).catch(() => undefined);
}
