/** Deletes audit rows that are older than their rule says. Their leaves stay, so that every proof of others does. */
import { auditJobs, auditRules, type Tx } from '@tenant-registry/db';
import { addDays } from '../../../kernel/clock.ts';
import type { ActorContext, Dependencies } from '../../../kernel/context.ts';
import { newId } from '../../../kernel/ids.ts';
import { systemContext } from '../../../kernel/system-context.ts';
import { type RecordEvent, transact } from '../../../kernel/transact.ts';
import type { Worker } from '../../../kernel/worker.ts';
import { TILE_WIDTH } from '../tree/tiles.ts';
import { doInTurn, lockForBatch, recordChange } from './changes.ts';
import { daysOf, isHeld, shortestDaysOf } from './rules.ts';
import { erasureEvents } from './schema.ts';

const NAME = 'audit-prune';
const LEAVES_MAX = 1_000;
/** Between two passes over a log. */
const PASS_DAYS = 1;

/** Each replica takes a log that no other has at the moment. */
export const pruneWorker: Worker = { name: NAME, idleMs: 60_000, runOnce: pruneBatch };

/** Looks at one batch of a log that is due, and returns 1; 0: none is due. The logs that are due have their turns. */
async function pruneBatch(deps: Dependencies): Promise<number> {
  const ctx = systemContext(deps, { name: NAME });
  return doInTurn(ctx, {
    batch: (tries) => pruneNext(ctx, tries),
    postpone: (tx, log, prune_at) => auditJobs.updateAuditLogPruned(tx, log, { prune_at }),
  });
}

async function pruneNext(ctx: ActorContext, tries: (log: string) => void): Promise<number> {
  const now = ctx.clock();
  return transact(ctx, async (tx, record, nothingChanged) => {
    const due = await auditJobs.claimDueAuditLog(tx, now);
    if (due === undefined) {
      nothingChanged();
      return 0;
    }
    const log = due.tenant_id;
    tries(log);
    const tenant_id = await lockForBatch(tx, log);
    const leaves = await auditJobs.listAgedLeaves(tx, log, { from: due.prune_from, limit: LEAVES_MAX });
    const { gone, ended } = await judged(ctx, tx, { log, leaves, now });
    if (gone.length > 0) await deleteRows(ctx, tx, { log, tenant_id, gone, read: leaves.length, record });
    else nothingChanged();
    const last = leaves[leaves.length - 1];
    const next =
      last === undefined || ended
        ? { prune_from: 0, prune_at: addDays(now, PASS_DAYS) }
        : { prune_from: last.index + 1, prune_at: now };
    await auditJobs.updateAuditLogPruned(tx, log, next);
    return 1;
  });
}

interface Looked {
  readonly log: string;
  readonly leaves: readonly auditJobs.AgedLeaf[];
  readonly now: Date;
}

/** Tells which rows go, and whether the rows from here on are too young for every rule. */
async function judged({ audit: { retentionDays } }: ActorContext, tx: Tx, { log, leaves, now }: Looked) {
  const rules = await auditRules.listRetentionOfLog(tx, log);
  const holds = await auditRules.listHoldsOfLog(tx, log);
  const isOlder = ({ created_at }: auditJobs.AgedLeaf, days: number) =>
    created_at !== null && new Date(created_at) < addDays(now, -days);
  const isDue = (leaf: auditJobs.AgedLeaf) =>
    isOlder(leaf, daysOf(rules, { tenant_id: log, product: leaf.product }, retentionDays));
  const shortest = shortestDaysOf(rules, log, retentionDays);
  const left = leaves.filter(({ created_at }) => created_at !== null);
  const young = left.length > 0 && !left.some((leaf) => isOlder(leaf, shortest));
  return {
    gone: left.filter((leaf) => !leaf.is_record && isDue(leaf) && !isHeld(holds, leaf.product)),
    ended: young || leaves.length < LEAVES_MAX,
  };
}

interface Doomed {
  readonly log: string;
  readonly tenant_id: string | null;
  readonly gone: readonly auditJobs.LeafOfRow[];
  /** How many leaves were looked at. */
  readonly read: number;
  readonly record: RecordEvent;
}

/** Deletes the rows by a job that is opened and done in this transaction. */
async function deleteRows({ clock }: ActorContext, tx: Tx, { log, tenant_id, gone, read, record }: Doomed) {
  const now = clock();
  const { id: job_id } = await auditJobs.insertAuditJob(tx, {
    id: newId(clock),
    kind: 'prune',
    tenant_id: log,
    created_at: now,
  });
  const indexes = gone.map(({ index }) => index);
  await auditJobs.claimAuditRows(tx, job_id);
  await auditJobs.deleteAuditRows(
    tx,
    gone.map(({ event_id }) => event_id),
  );
  await recordChange(tx, [record, erasureEvents.pruned], { job_id, log, tenant_id, groups: [], indexes });
  const tiles = [...new Set(indexes.map((index) => Math.floor(index / TILE_WIDTH)))];
  await auditJobs.deleteEmptyTiles(tx, log, tiles);
  await auditJobs.updateAuditJobDone(tx, job_id, { finished_at: now, rows_read: read, rows_changed: gone.length });
}
