/** What both jobs do around their changes: the locks before, and the record after. */
import { auditJobs, auditRules, type Tx, tenants } from '@tenant-registry/db';
import type { ActorContext } from '../../../kernel/context.ts';
import type { EventDefinition } from '../../../kernel/events.ts';
import { bookkeep, type RecordEvent } from '../../../kernel/transact.ts';
import { digestOf, rangesOf } from './ranges.ts';
import type { erasureEvents } from './schema.ts';

/** Until a job or a log is tried again of which a batch failed. */
const FAILED_MS = 600_000;

interface Turn {
  /** Does a batch, and says of what as soon as that is known. */
  readonly batch: (tries: (id: string) => void) => Promise<number>;
  /** Has it wait until then. */
  readonly postpone: (tx: Tx, id: string, until: Date) => Promise<void>;
}

/** Does a batch and returns how much it did. What it fails with waits for a while, so that the others have their turn. */
export async function doInTurn({ db, clock }: ActorContext, { batch, postpone }: Turn): Promise<number> {
  let tried: string | undefined;
  try {
    return await batch((id) => {
      tried = id;
    });
  } catch (error) {
    const id = tried;
    const until = new Date(clock().getTime() + FAILED_MS);
    if (id !== undefined) await bookkeep(db, (tx) => postpone(tx, id, until));
    throw error;
  }
}

/**
 * Locks what a batch depends on: the tenant, so that its deletion does not wait for rows that wait for the tenant, and the
 * holds. Returns the tenant of the log; null: the platform's log, or that of a deleted tenant. The log is locked before.
 */
export async function lockForBatch(tx: Tx, log: string): Promise<string | null> {
  const tenant = await tenants.lockTenantShared(tx, log);
  await auditRules.lockHolds(tx);
  return tenant?.id ?? null;
}

interface Changed {
  readonly job_id: string;
  readonly log: string;
  readonly tenant_id: string | null;
  readonly groups: ('who' | 'what')[];
  /** Sorted. */
  readonly indexes: readonly number[];
}

type ChangeEvent =
  typeof erasureEvents.redacted extends EventDefinition<infer Schema> ? EventDefinition<Schema> : never;

/** Records what a batch did, as an event that is sealed, and as a row that names the leaves. */
export async function recordChange(
  tx: Tx,
  [record, event]: readonly [RecordEvent, ChangeEvent],
  { indexes, ...changed }: Changed,
): Promise<void> {
  const { job_id, log, groups } = changed;
  const leaves = rangesOf(indexes);
  const event_id = await record(event, { ...changed, rows: indexes.length, leaves_sha256: digestOf(leaves) });
  await auditJobs.insertAuditJobRecord(tx, { event_id, job_id, tenant_id: log, groups, leaves });
}
