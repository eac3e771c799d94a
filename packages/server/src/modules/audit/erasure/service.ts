/** Redactions, retention and legal holds, as operators ask for them; workers do what takes long. */
import { auditJobs, auditRules, auditSealing, type Tx, tenants } from '@tenant-registry/db';
import type { ActorContext } from '../../../kernel/context.ts';
import { paginate } from '../../../kernel/cursors.ts';
import { kernelErrors } from '../../../kernel/errors.ts';
import { newId } from '../../../kernel/ids.ts';
import { transact } from '../../../kernel/transact.ts';
import { erasureErrors } from './errors.ts';
import { daysOf } from './rules.ts';
import {
  erasureEvents,
  type Hold,
  type ListRedactions,
  type ListRules,
  type PlaceHold,
  type Redaction,
  type RequestRedaction,
  redaction,
  type ScopeQuery,
  type SetRetention,
} from './schema.ts';

/**
 * Has a log's rows of the subject blanked. What is written down of the request names nobody. Throws `not_found`,
 * `legal_hold`.
 */
export async function requestRedaction(ctx: ActorContext, input: RequestRedaction): Promise<Redaction> {
  const { tenant_id: log, subject, product = null, groups, reason } = input;
  return transact(ctx, async (tx, record) => {
    const tenant_id = await lockLog(tx, log);
    refuseHeld(await auditRules.findHoldWithin(tx, { tenant_id: log, product }));
    const asked = { product, groups, reason };
    const now = ctx.clock();
    const job = { id: newId(ctx.clock), kind: 'redact', tenant_id: log, created_at: now, turn_at: now } as const;
    const row = await auditJobs.insertAuditJob(tx, { ...job, ...subject, ...asked });
    await record(erasureEvents.redactionRequested, { job_id: job.id, log, tenant_id, ...asked });
    return toRedaction({ ...row, is_held: false });
  });
}

/** One page, newest first. Throws `invalid_cursor`. */
export async function listRedactions(ctx: ActorContext, input: ListRedactions) {
  const { items, next_cursor } = await paginate(ctx.cursors, {
    list: 'audit_redactions',
    input,
    keyOf: ({ created_at, id }: auditJobs.AuditJobRow) => [created_at, id],
    fetch: (page) => auditJobs.listRedactions(ctx.db, input, page),
  });
  return { items: items.map(toRedaction), next_cursor };
}

/** Throws `not_found`. */
export async function getRedaction(ctx: ActorContext, id: string): Promise<Redaction> {
  const row = await auditJobs.findRedaction(ctx.db, id);
  if (row === undefined) throw kernelErrors.notFound();
  return toRedaction(row);
}

/** One page of the rules, the widest first. Throws `invalid_cursor`. */
export async function listRetention(ctx: ActorContext, input: ListRules) {
  const page = await paginate(ctx.cursors, {
    list: 'audit_retention',
    input,
    keyOf: keyOfScope,
    fetch: (page) => auditRules.listRetention(ctx.db, page),
  });
  return { ...page, default_days: ctx.audit.retentionDays };
}

/** Sets the rule of a scope; the logs that it is about lose old rows soon. Throws `not_found`, `legal_hold`. */
export async function setRetention(ctx: ActorContext, { days, ...asked }: SetRetention): Promise<void> {
  await transact(ctx, async (tx, record) => {
    const scope = scopeOf(asked);
    const tenant_id = await lockScope(tx, scope);
    await refuseShorter(ctx, tx, scope, days);
    await auditRules.insertRetention(tx, { ...scope, days, updated_at: ctx.clock() });
    await pruneSoon(ctx, tx, scope);
    await record(erasureEvents.retentionSet, { log: scope.tenant_id, tenant_id, product: scope.product, days });
  });
}

/** Removes the rule of exactly this scope. Throws `not_found`, `legal_hold`. */
export async function removeRetention(ctx: ActorContext, asked: ScopeQuery): Promise<void> {
  await transact(ctx, async (tx, record) => {
    const scope = scopeOf(asked);
    const tenant_id = await lockScope(tx, scope);
    await refuseShorter(ctx, tx, scope, null);
    if (!(await auditRules.deleteRetention(tx, scope))) throw kernelErrors.notFound();
    await pruneSoon(ctx, tx, scope);
    await record(erasureEvents.retentionSet, { log: scope.tenant_id, tenant_id, product: scope.product, days: null });
  });
}

/** One page, holds of all logs first. Throws `invalid_cursor`. */
export async function listHolds(ctx: ActorContext, input: ListRules) {
  return paginate(ctx.cursors, {
    list: 'audit_holds',
    input,
    keyOf: keyOfScope,
    fetch: (page) => auditRules.listHolds(ctx.db, page),
  });
}

/**
 * Puts rows under a legal hold. From the answer on nothing of them is erased or deleted: a batch that is under way ends
 * before it. Throws `not_found`, `hold_exists`.
 */
export async function placeHold(ctx: ActorContext, { reason, ...asked }: PlaceHold): Promise<Hold> {
  return transact(ctx, async (tx, record) => {
    const scope = scopeOf(asked);
    const tenant_id = await lockScope(tx, scope);
    const row = await auditRules.insertHold(tx, { ...scope, reason, created_at: ctx.clock() });
    await record(erasureEvents.holdPlaced, { log: scope.tenant_id, tenant_id, product: scope.product, reason });
    return row;
  });
}

/** Releases the hold of exactly this scope; redactions that it stopped go on. Throws `not_found`. */
export async function releaseHold(ctx: ActorContext, asked: ScopeQuery): Promise<void> {
  await transact(ctx, async (tx, record) => {
    const scope = scopeOf(asked);
    const tenant_id = await lockScope(tx, scope);
    if (!(await auditRules.deleteHold(tx, scope))) throw kernelErrors.notFound();
    await record(erasureEvents.holdReleased, { log: scope.tenant_id, tenant_id, product: scope.product });
  });
}

function toRedaction(row: auditJobs.AuditJobRow): Redaction {
  const { actor_id, target_id, source_ip, status, is_held } = row;
  const subject = status === 'done' ? null : { actor_id, target_id, source_ip };
  return redaction.parse({ ...row, subject, status: status === 'open' && is_held ? 'held' : status });
}

function scopeOf({
  tenant_id = null,
  product = null,
}: Partial<auditRules.AuditScope> | ScopeQuery): auditRules.AuditScope {
  return { tenant_id, product };
}

function keyOfScope({ tenant_id, product }: auditRules.AuditScope): string[] {
  return [tenant_id ?? '', product ?? ''];
}

/**
 * Returns the tenant whose log it is, held until the transaction ends; null: the platform's, or that of a deleted tenant.
 * Throws `not_found` for the id of no log.
 */
async function lockLog(tx: Tx, log: string): Promise<string | null> {
  if (log === auditSealing.PLATFORM_LOG) return null;
  if ((await tenants.lockTenantShared(tx, log)) !== undefined) return log;
  const [known] = log === auditSealing.REGISTRY_LOG ? [] : await auditSealing.listAuditLogs(tx, [log]);
  if (known === undefined) throw kernelErrors.notFound();
  return null;
}

async function lockScope(tx: Tx, { tenant_id }: auditRules.AuditScope): Promise<string | null> {
  return tenant_id === null ? null : lockLog(tx, tenant_id);
}

function refuseHeld(hold: auditRules.HoldRow | undefined): void {
  if (hold === undefined) return;
  const of = [
    ...(hold.tenant_id === null ? [] : [`of the log ${hold.tenant_id}`]),
    ...(hold.product === null ? [] : [`of the product ${hold.product}`]),
  ];
  throw erasureErrors.legalHold({
    detail: `${erasureErrors.legalHold.definition.detail} The hold is ${of.join(', ')}.`,
  });
}

/** Refuses a change that keeps rows for a shorter time, where a hold covers all that it is about. Null: the rule goes. */
async function refuseShorter(
  ctx: ActorContext,
  tx: Tx,
  scope: auditRules.AuditScope,
  days: number | null,
): Promise<void> {
  const hold = await auditRules.findHoldOver(tx, scope);
  if (hold === undefined) return;
  const rules = await auditRules.listRetentionOver(tx, scope);
  const others = rules.filter(({ tenant_id, product }) => tenant_id !== scope.tenant_id || product !== scope.product);
  const before = daysOf(rules, scope, ctx.audit.retentionDays);
  const after = days ?? daysOf(others, scope, ctx.audit.retentionDays);
  if (after < before) refuseHeld(hold);
}

async function pruneSoon(ctx: ActorContext, tx: Tx, scope: auditRules.AuditScope): Promise<void> {
  await auditSealing.lockAuditHead(tx);
  await auditRules.updateLogsDue(tx, scope, ctx.clock());
}
