/** Carries redactions out: a batch of a log is blanked, with its copies, in one transaction with the record of it. */
import { auditJobs, auditRules, eventLog, type Tx } from '@tenant-registry/db';
import type { ActorContext, Dependencies } from '../../../kernel/context.ts';
import { systemContext } from '../../../kernel/system-context.ts';
import { bookkeep, type RecordEvent, transact } from '../../../kernel/transact.ts';
import type { Worker } from '../../../kernel/worker.ts';
import { sealBatch } from '../sealing/seal.worker.ts';
import { doInTurn, lockForBatch, recordChange } from './changes.ts';
import { copiesOf } from './copies.ts';
import { erasureEvents, redaction } from './schema.ts';

const NAME = 'audit-redact';
const LEAVES_MAX = 1_000;
/** Jobs whose end is looked for in one turn. */
const UNBOUND_MAX = 20;
/** Batches that are sealed for one of them in one turn. */
const SEALS_MAX = 100;

/** Each replica takes a job that no other has at the moment. */
export const redactWorker: Worker = { name: NAME, idleMs: 2_000, runOnce: redactBatch };

/**
 * Does one batch of one redaction and returns how much it did; 0: there is none, or rows before it wait to be sealed. The
 * redactions have their turns, so that neither a long one nor one that fails keeps the others waiting.
 */
async function redactBatch(deps: Dependencies, signal: AbortSignal): Promise<number> {
  const bound = await bindRedactions(deps, signal);
  const ctx = systemContext(deps, { name: NAME });
  const done = await doInTurn(ctx, {
    batch: (tries) => redactNext(ctx, tries),
    postpone: auditJobs.updateRedactionTurn,
  });
  return bound + done;
}

/** Finds the ends of new jobs, and returns of how many. */
async function bindRedactions(deps: Dependencies, signal: AbortSignal): Promise<number> {
  const { db, clock } = deps;
  let bound = 0;
  for (const { id, tenant_id } of await auditJobs.listUnboundRedactions(db, clock(), UNBOUND_MAX)) {
    const newest = await auditJobs.findNewestTicket(db, tenant_id);
    const isSealed = newest === undefined || (await sealedUpTo(deps, { log: tenant_id, newest, signal }));
    await bookkeep(db, (tx) =>
      isSealed ? auditJobs.updateRedactionBound(tx, id) : auditJobs.updateRedactionTurn(tx, id, clock()),
    );
    if (isSealed) bound += 1;
  }
  return bound;
}

/**
 * Tells whether every row of the log is sealed whose ticket was there when the newest was looked for: all rows from before the
 * job, whatever their clocks. Seals what is missing, unless another process is at it, and not for ever: a row that is left out
 * stays missing while others come.
 */
async function sealedUpTo(deps: Dependencies, { log, newest, signal }: Ticket): Promise<boolean> {
  for (let seals = 0; await auditJobs.findTicketUpTo(deps.db, log, newest); seals += 1)
    if (signal.aborted || seals === SEALS_MAX || (await sealBatch(deps)) === 0) return false;
  return true;
}

interface Ticket {
  readonly log: string;
  readonly newest: string;
  readonly signal: AbortSignal;
}

async function redactNext(ctx: ActorContext, tries: (job: string) => void): Promise<number> {
  return transact(ctx, async (tx, record, nothingChanged) => {
    const job = await auditJobs.claimRedaction(tx, ctx.clock());
    if (job === undefined) {
      nothingChanged();
      return 0;
    }
    tries(job.id);
    await auditJobs.lockAuditLog(tx, job.tenant_id);
    const tenant_id = await lockForBatch(tx, job.tenant_id);
    // Whoever placed a hold after the job was claimed has an answer by now.
    const held = await auditRules.findHoldWithin(tx, job);
    const changed = held === undefined ? await redactLeaves(ctx, tx, { job, tenant_id, record }) : 0;
    if (changed === 0) nothingChanged();
    return 1;
  });
}

interface Batch {
  readonly job: auditJobs.AuditJobRow;
  readonly tenant_id: string | null;
  readonly record: RecordEvent;
}

/** Returns how many rows it blanked. */
async function redactLeaves({ clock }: ActorContext, tx: Tx, { job, tenant_id, record }: Batch): Promise<number> {
  const { id: job_id, tenant_id: log, next_index: from } = job;
  const until = job.until_index ?? 0;
  const to = Math.min(from + LEAVES_MAX, until);
  const leaves = await auditJobs.listRedactable(tx, job, { from, to });
  if (leaves.length > 0) {
    const groups = redaction.shape.groups.parse(job.groups);
    const indexes = leaves.map(({ index }) => index);
    const ids = leaves.map(({ event_id }) => event_id);
    await auditJobs.claimAuditRows(tx, job_id);
    await auditJobs.updateRedactedRows(tx, ids, groups);
    await auditJobs.updateRedactedLeaves(tx, { log, indexes, groups });
    await recordChange(tx, [record, erasureEvents.redacted], { job_id, log, tenant_id, groups, indexes });
    await redactCopies(tx, copiesOf(ids, groups));
  }
  await auditJobs.updateRedactionProgress(tx, job_id, {
    next_index: to,
    read: to - from,
    changed: leaves.length,
    finished_at: to === until ? clock() : null,
    turn_at: clock(),
  });
  return leaves.length;
}

/** Blanks the copies where they wait, and then where they are: none is moved between the two. */
async function redactCopies(tx: Tx, copies: auditJobs.Copies): Promise<void> {
  if (copies.emptied.length + copies.whole.length === 0) return;
  await eventLog.lockEventHead(tx);
  await auditJobs.updateRedactedOutbox(tx, copies);
  await auditJobs.updateRedactedEvents(tx, copies);
  await auditJobs.updateRedactedDeliveries(tx, copies);
}
