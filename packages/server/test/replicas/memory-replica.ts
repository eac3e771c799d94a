/** Replicas that remember what `verify` may: only as much as leases need to be tried. */
import type { DatabaseHandle } from '@tenant-registry/db';
import { sql } from 'kysely';
import { systemClock } from '../../src/kernel/clock.ts';
import { createLeases, type LeaseOptions, type Leases, type Marks } from '../../src/kernel/leases.ts';
import { createLogger } from '../../src/kernel/logger.ts';

export interface Subject {
  readonly id: string;
  readonly tenant_id: string;
  /** The plaintext; empty for a key that is never presented. */
  readonly key: string;
}

export interface MemoryReplica {
  readonly leases: Leases;
  /** Whether the key is not revoked: from memory when that is allowed, else by one read. */
  read(subject: Subject): Promise<boolean>;
  /** Revokes it, or takes that back, as a service changes things: marked and settled. */
  write(subject: Subject, live: boolean): Promise<void>;
  /** The number of answers from memory. */
  hits(): number;
  /** Every line that was logged, parsed. */
  readonly logs: readonly Record<string, unknown>[];
}

/** A replica without HTTP; its lease is not started. */
export function createMemoryReplica(
  database: Pick<DatabaseHandle, 'db' | 'listen'>,
  options: Partial<LeaseOptions> = {},
): MemoryReplica {
  const logs: Record<string, unknown>[] = [];
  const logger = createLogger('info', { write: (line) => void logs.push(JSON.parse(line)) });
  const leases = createLeases({ database, leaseMs: 2_000, clock: systemClock, logger, ...options });
  return { leases, logs, ...createMemoryReader(database, leases), write: createWriter(database, leases) };
}

/** Remembers rows as the contract of `Leases` allows it, and not one instant longer. */
function createMemoryReader({ db }: Pick<DatabaseHandle, 'db'>, leases: Leases) {
  const remembered = new Map<string, { readonly tenantId: string; readonly live: boolean }>();
  let hits = 0;
  leases.onChange((tenantIds) => {
    for (const [id, { tenantId }] of remembered) {
      if (tenantIds === null || tenantIds.includes(tenantId)) remembered.delete(id);
    }
  });
  return {
    hits: () => hits,
    async read({ id, tenant_id }: Subject): Promise<boolean> {
      const known = remembered.get(id);
      if (known !== undefined && leases.held()) {
        hits += 1;
        return known.live;
      }
      const [held, generation] = [leases.held(), leases.generation()];
      const { live, marks } = await readWithMarks(db, id);
      await leases.settled(marks); // before it is remembered: a hit does not wait
      if (held && leases.generation() === generation) remembered.set(id, { tenantId: tenant_id, live });
      return live;
    },
  };
}

async function readWithMarks(db: DatabaseHandle['db'], id: string): Promise<{ live: boolean; marks: Marks }> {
  const { rows } = await sql<{ live: boolean; marks: Marks | null }>`
    select key.revoked_at is null as live, (
      select json_agg(json_build_object('id', mark.id, 'replica_id', mark.replica_id, 'lease_ms', lease.lease_ms))
      from replica_marks mark join replica_leases lease on lease.id = mark.replica_id
      where key.tenant_id = any(mark.tenant_ids)
    ) as marks
    from api_keys key where key.id = ${id}`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error(`there is no key ${id}`);
  return { live: row.live, marks: row.marks ?? [] };
}

function createWriter({ db }: Pick<DatabaseHandle, 'db'>, leases: Leases) {
  return async ({ id, tenant_id }: Subject, live: boolean): Promise<void> => {
    let marks: Marks | undefined;
    let outcome: 'committed' | 'unknown' = 'unknown';
    try {
      await db.transaction().execute(async (tx) => {
        await tx
          .updateTable('api_keys')
          .set({ revoked_at: live ? null : new Date() })
          .where('id', '=', id)
          .execute();
        marks = await leases.mark(tx, [tenant_id]);
      });
      outcome = 'committed';
    } finally {
      if (marks !== undefined) await leases.settle([tenant_id], marks, outcome);
    }
  };
}
