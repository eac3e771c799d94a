/** The deletion of a tenant, which lets go of its audit rows before: they stay, and are too many for one transaction. */
import { auditJobs, databases, type Tx, tenants } from '@tenant-registry/db';
import type { ActorContext } from '../../../kernel/context.ts';
import { newId } from '../../../kernel/ids.ts';
import { reachableTenant } from '../../../kernel/reach.ts';
import { bookkeep, transact } from '../../../kernel/transact.ts';
import { tenantErrors } from '../errors.ts';
import { type Tenant, tenantEvents } from '../schema.ts';

/** Rows that one transaction lets go of. The last ones go with the tenant, by its foreign key. */
const ROWS_MAX = 5_000;
/** What a batch and the deletion itself may take: with less time left the caller is asked to come again. */
const RESERVE_MS = 3_000;

/**
 * Deletes an archived tenant and all that it held; its audit log stays. Throws `tenant_not_archived` with the counts,
 * `tenant_has_databases` while a database of it is not deleted, and `tenant_deletion_unfinished` when the time was too short.
 */
export async function deleteTenant(ctx: ActorContext, id: string): Promise<void> {
  await releaseAuditRows(ctx, id);
  return transact(ctx, async (tx, record) => {
    const row = await lockDeletable(ctx, tx, id);
    // Recorded first: the audit row takes the slug from the tenant, and the foreign key then lets go of it.
    await record(tenantEvents.deleted, row);
    await auditJobs.updateReleaseDone(tx, id, ctx.clock());
    await databases.deleteDeletedDatabases(tx, id);
    await tenants.deleteIdentities(tx, id);
    await tenants.deleteTenant(tx, id);
  });
}

/** Locks the tenant and checks all that keeps it from being deleted: nothing of this ends again. */
async function lockDeletable(ctx: ActorContext, tx: Tx, id: string): Promise<Tenant> {
  const row = reachableTenant(ctx, await tenants.lockTenant(tx, id));
  if (row.status !== 'archived') {
    throw tenantErrors.tenantNotArchived({
      members: { holdings: await tenants.findTenantHoldings(tx, id, ctx.holdings) },
    });
  }
  const live = await databases.findLiveDatabases(tx, id);
  if (live > 0) throw tenantErrors.tenantHasDatabases({ members: { holdings: { databases: live } } });
  return row;
}

/** Lets go of audit rows until one batch of them at the most is left. What is done stays done when the time runs out. */
async function releaseAuditRows(ctx: ActorContext, id: string): Promise<void> {
  while (await auditJobs.findMoreAuditRows(ctx.db, id, ROWS_MAX)) {
    await bookkeep(ctx.db, (tx) => releaseBatch(ctx, tx, id));
    if (ctx.deadline.leftMs() < RESERVE_MS && (await auditJobs.findMoreAuditRows(ctx.db, id, ROWS_MAX)))
      throw tenantErrors.tenantDeletionUnfinished({ retryAfter: 1 });
  }
}

async function releaseBatch(ctx: ActorContext, tx: Tx, tenant_id: string): Promise<void> {
  await lockDeletable(ctx, tx, tenant_id);
  const job = (await auditJobs.findOpenRelease(tx, tenant_id)) ?? (await openRelease(ctx, tx, tenant_id));
  await auditJobs.claimAuditRows(tx, job);
  await auditJobs.updateReleasedRows(tx, { job, tenant_id, limit: ROWS_MAX });
}

async function openRelease({ clock }: ActorContext, tx: Tx, tenant_id: string): Promise<string> {
  const job = { id: newId(clock), kind: 'release', tenant_id, created_at: clock() } as const;
  return (await auditJobs.insertAuditJob(tx, job)).id;
}
