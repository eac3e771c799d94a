/** Workers that end what a time has ended: claim the rows, and record one event for each. */
import type { Tx } from '@tenant-registry/db';
import type { z } from 'zod';
import type { EventDefinition } from './events.ts';
import { systemContext } from './system-context.ts';
import { transact } from './transact.ts';
import type { Worker } from './worker.ts';

const BATCH_ROWS = 100;
const IDLE_MS = 30_000;

interface Sweep<Schema extends z.ZodObject> {
  readonly name: string;
  /** Changes up to `limit` rows whose time had come by `now`, leaves those that other replicas hold, and returns them. */
  readonly claim: (tx: Tx, now: Date, limit: number) => Promise<z.input<Schema>[]>;
  readonly event: EventDefinition<Schema>;
}

/** Makes a worker that ends each row once, also when several replicas run it. */
export function sweeper<Schema extends z.ZodObject>({ name, claim, event }: Sweep<Schema>): Worker {
  return {
    name,
    idleMs: IDLE_MS,
    runOnce(deps) {
      const ctx = systemContext(deps, { name });
      return transact(ctx, async (tx, record, nothingChanged) => {
        const rows = await claim(tx, ctx.clock(), BATCH_ROWS);
        if (rows.length === 0) nothingChanged();
        for (const row of rows) await record(event, row);
        return rows.length;
      });
    },
  };
}
