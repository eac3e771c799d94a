/** Sequencers and readers of the log that run until they are told to stop. */
import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type Db, eventLog, type Tx } from '@tenant-registry/db';
import type { Logged } from './model.ts';

class Crash extends Error {}

/** Moves small batches until the signal; every fifth time it dies between its last statement and the commit. */
export async function runSequencer(db: Db, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const moved = await moveBatch(db, randomInt(1, 12), () => {
      if (randomInt(5) === 0) throw new Crash();
    });
    if (moved === 0) await pause(1);
  }
}

/** Moves one batch; 0 also when another sequencer has the end of the log. */
export async function moveBatch(db: Db, limit: number, beforeCommit: () => void = () => {}): Promise<number> {
  try {
    return await db.transaction().execute(async (tx: Tx) => {
      const head = await eventLog.claimEventHead(tx);
      if (head === undefined) return 0;
      const { events } = await eventLog.appendEvents(tx, head, limit);
      beforeCommit();
      return events;
    });
  } catch (error) {
    if (error instanceof Crash) return 1;
    throw error;
  }
}

export interface Reading {
  readonly db: Db;
  readonly scope: eventLog.EventScope;
  /** The reader ends when nothing follows and this is true. */
  complete(): boolean;
}

/** Follows the log by the position that was read last, in small pages, and resolves to all that it saw. */
export async function readLog({ db, scope, complete }: Reading): Promise<Logged[]> {
  const seen: Logged[] = [];
  for (;;) {
    const wasComplete = complete();
    const page = await eventLog.listEvents(db, scope, { after: seen.at(-1)?.position ?? 0, limit: randomInt(1, 20) });
    seen.push(...page.map(asLogged));
    if (page.length === 0 && wasComplete) return seen;
    if (page.length === 0) await pause(1);
  }
}

/** Resolves to the whole log, in its order. */
export async function wholeLog(db: Db): Promise<Logged[]> {
  return (await db.selectFrom('events').selectAll().orderBy('position').execute()).map(asLogged);
}

const asLogged = ({ id, position, aggregate_id, payload }: eventLog.EventRow): Logged => ({
  id,
  position,
  aggregate: aggregate_id,
  version: Number((payload as { version: number }).version),
});
