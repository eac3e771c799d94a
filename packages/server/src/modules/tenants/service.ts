/** Tenants: who they are, and where in their life they stand. */
import { acrossProjects, type Db, type Tx, tenants } from '@tenant-registry/db';
import { addDays } from '../../kernel/clock.ts';
import type { ActorContext } from '../../kernel/context.ts';
import { paginate } from '../../kernel/cursors.ts';
import { kernelErrors } from '../../kernel/errors.ts';
import { requireMatch } from '../../kernel/etag.ts';
import { newId } from '../../kernel/ids.ts';
import { requireRoom } from '../../kernel/quotas.ts';
import { reachableTenant, spanOf } from '../../kernel/reach.ts';
import { transact } from '../../kernel/transact.ts';
import { tenantErrors } from './errors.ts';
import { allowedTransitions, TRIAL_DAYS, type Transition } from './lifecycle.ts';
import {
  type ActivateTenant,
  type CancelTenant,
  type CreateTenant,
  type ListTenants,
  type Tenant,
  tenant,
  tenantEvents,
  type UpdateTenant,
} from './schema.ts';

/** Creates a tenant: a customer starts on trial, a demo as a demo for ever. Throws `slug_taken`, `contract_dates_invalid`. */
export async function createTenant(
  ctx: ActorContext,
  { kind, trial_ends_at, ...input }: CreateTenant,
): Promise<Tenant> {
  const now = ctx.clock();
  const trialEnd = trial_ends_at ?? (kind === 'customer' ? addDays(now, TRIAL_DAYS) : null);
  return transact(ctx, async (tx, record) => {
    const row = await tenants.insertTenant(tx, {
      ...input,
      id: newId(ctx.clock),
      kind,
      status: kind === 'demo' ? 'demo' : 'trial',
      trial_ends_at: trialEnd,
      created_at: now,
    });
    await record(tenantEvents.created, row);
    return row;
  });
}

/** Throws `not_found`. */
export async function getTenant(ctx: ActorContext, id: string): Promise<Tenant> {
  return reachableTenant(ctx, await tenants.findTenant(ctx.db, id));
}

/** Throws `not_found`. */
export async function getTenantBySlug(ctx: ActorContext, slug: string): Promise<Tenant> {
  return reachableTenant(ctx, await tenants.findTenantBySlug(ctx.db, slug));
}

/** One page of the tenants that the caller may see, newest first. Throws `invalid_cursor`. */
export async function listTenants(ctx: ActorContext, input: ListTenants) {
  const { status, kind, q } = input;
  const { tenant_id: id } = spanOf(ctx, {});
  return paginate(ctx.cursors, {
    list: 'tenants',
    input,
    keyOf: (row: Tenant) => [row.id],
    fetch: (page) => tenants.listTenants(ctx.db, { id, status, kind, q }, page),
  });
}

/** Changes terms or name. Throws `slug_immutable`, `not_found`, `tenant_frozen`, `precondition_failed`. */
export async function updateTenant(ctx: ActorContext, { id, slug, ...changes }: UpdateTenant): Promise<Tenant> {
  if (slug !== undefined) throw tenantErrors.slugImmutable();
  return transact(ctx, async (tx, record, nothingChanged) => {
    const current = writable(ctx, await tenants.lockTenant(tx, id));
    requireMatch(ctx, tenant.parse(current));
    if (Object.keys(changes).length === 0) {
      nothingChanged();
      return current;
    }
    const row = await tenants.updateTenant(tx, id, changes);
    await record(tenantEvents.updated, row);
    return row;
  });
}

/** Makes a tenant active, from trial or within 30 days of its freeze. Throws `illegal_transition`. */
export async function activateTenant(ctx: ActorContext, { id, plan }: ActivateTenant): Promise<Tenant> {
  return transition(ctx, id, 'activate', async (tx, record) => {
    const row = await tenants.updateTenant(tx, id, {
      status: 'active',
      frozen_at: null,
      ...(plan === undefined ? {} : { plan }),
    });
    await record(tenantEvents.activated, row);
    return row;
  });
}

/** Freezes a tenant: it stays readable and can come back within 30 days. Throws `illegal_transition`. */
export async function cancelTenant(ctx: ActorContext, { id, reason }: CancelTenant): Promise<Tenant> {
  return transition(ctx, id, 'cancel', async (tx, record) => {
    const row = await tenants.updateTenant(tx, id, { status: 'frozen', frozen_at: ctx.clock() });
    await record(tenantEvents.canceled, { ...row, reason: reason ?? null }, { description: reason });
    return row;
  });
}

/** Ends a frozen tenant: only its audit log is read from now on. Throws `illegal_transition`. */
export async function archiveTenant(ctx: ActorContext, id: string): Promise<Tenant> {
  return transition(ctx, id, 'archive', async (tx, record) => {
    const row = await tenants.updateTenant(tx, id, { status: 'archived', archived_at: ctx.clock() });
    await record(tenantEvents.archived, row);
    return row;
  });
}

/**
 * The tenant, held against a freeze until the transaction ends: the first step of every write inside a tenant.
 * Throws `not_found`, `tenant_frozen`, `tenant_archived`.
 */
export async function lockWritableTenant(ctx: ActorContext, tx: Tx, id: string): Promise<Tenant> {
  return writable(ctx, await tenants.lockTenantShared(tx, id));
}

/**
 * The tenant, held against a freeze and against every other write in it until the transaction ends: the first step of a
 * creation that counts what there is. Throws `not_found`, `tenant_frozen`, `tenant_archived`.
 */
export async function lockWritableTenantAlone(ctx: ActorContext, tx: Tx, id: string): Promise<Tenant> {
  return writable(ctx, await tenants.lockTenantAlone(tx, id));
}

interface Room {
  readonly tenant_id: string;
  /** The name of the quota. */
  readonly quota: string;
}

/** The tenant, held alone, with room for one more of what the quota limits. Throws like that, and `quota_exceeded`. */
export async function lockTenantWithRoom(ctx: ActorContext, tx: Tx, room: Room): Promise<Tenant> {
  const tenant = await lockWritableTenantAlone(ctx, tx, room.tenant_id);
  await requireRoomInTenant(ctx, tx, room);
  return tenant;
}

/**
 * Throws `quota_exceeded` when the tenant has no room for one more. Two transactions at once cannot both take the last
 * place when each holds the tenant alone.
 */
export async function requireRoomInTenant(ctx: ActorContext, tx: Tx, { tenant_id, quota: name }: Room): Promise<void> {
  const quota = ctx.quotas.named(name);
  if (quota.limit === 0) return;
  const count = () => quota.used(tx, tenant_id, ctx.clock());
  requireRoom(quota, await (ctx.actor.project_id === null ? count() : acrossProjects(tx, count)));
}

/**
 * Throws `quota_exceeded` when the tenant has no room now: asked before work that no transaction may wait for; the write
 * itself counts again.
 */
export async function expectRoomInTenant(ctx: ActorContext, { tenant_id, quota: name }: Room): Promise<void> {
  const quota = ctx.quotas.named(name);
  if (quota.limit > 0) requireRoom(quota, await quota.used(wholeTenant(ctx, tenant_id), tenant_id, ctx.clock()));
}

/**
 * Sees all of a tenant, also for a caller that is bound to a project and sees that alone: for counts, for the caller's own
 * row, and where the service itself hides what lies in other projects. It takes connections in the tenant's turn.
 */
export function wholeTenant({ actor, db, forTenant, signal }: ActorContext, id: string): Db {
  return actor.project_id === null ? db : forTenant({ tenant_id: id, project_id: null }, signal);
}

/** The statements that find and lock a row of a tenant; `reach` refuses rows that the caller may not know of. */
interface OwnedRow<Row> {
  readonly id: string;
  readonly find: (tx: Tx, id: string) => Promise<Row | undefined>;
  readonly lock: (tx: Tx, id: string) => Promise<Row | undefined>;
  readonly reach: (ctx: ActorContext, row: Row | undefined) => Row;
  /** Works in a frozen and in an archived tenant too: for changes that take access away. */
  readonly whateverStatus?: boolean;
  /** Holds the tenant against every other write: for a change that may put one more of something into use. */
  readonly alone?: boolean;
}

/**
 * Locks a row that belongs to a tenant, after its tenant: every writer takes the locks in this order, so that no two
 * wait for each other. Throws `not_found`, `tenant_frozen`, `tenant_archived`.
 */
export async function lockOwned<Row extends { readonly tenant_id: string }>(
  ctx: ActorContext,
  tx: Tx,
  { id, find, lock, reach, whateverStatus = false, alone = false }: OwnedRow<Row>,
): Promise<Row> {
  const { tenant_id } = reach(ctx, await find(tx, id));
  if (whateverStatus) await (alone ? tenants.lockTenant : tenants.lockTenantShared)(tx, tenant_id);
  else if (alone) await lockWritableTenantAlone(ctx, tx, tenant_id);
  else await lockWritableTenant(ctx, tx, tenant_id);
  return reach(ctx, await lock(tx, id));
}

/**
 * The tenant whose things may be changed, as it is now: asked before work that no transaction may wait for; the write
 * itself still locks it. Throws `not_found`, `tenant_frozen`, `tenant_archived`.
 */
export async function writableTenant(ctx: ActorContext, id: string): Promise<Tenant> {
  return writable(ctx, await tenants.findTenant(ctx.db, id));
}

/** The tenant whose things may be read. Throws `not_found`, `tenant_archived`. */
export async function readableTenant(ctx: ActorContext, id: string): Promise<Tenant> {
  return notArchived(await getTenant(ctx, id));
}

type TransitionWork = Parameters<typeof transact<Tenant>>[1];

/** Locks the tenant, checks that the machine allows the step, and takes it. */
function transition(ctx: ActorContext, id: string, step: Transition, work: TransitionWork): Promise<Tenant> {
  return transact(ctx, async (tx, record, nothingChanged) => {
    const row = reachableTenant(ctx, await tenants.lockTenant(tx, id));
    requireMatch(ctx, tenant.parse(row));
    const allowed = allowedTransitions(row, ctx.clock());
    if (!allowed.includes(step)) throw kernelErrors.illegalTransition({ members: { allowed } });
    return work(tx, record, nothingChanged);
  });
}

function notArchived(row: Tenant): Tenant {
  if (row.status === 'archived') throw tenantErrors.tenantArchived();
  return row;
}

function writable(ctx: ActorContext, row: Tenant | undefined): Tenant {
  const current = notArchived(reachableTenant(ctx, row));
  if (current.status === 'frozen') throw tenantErrors.tenantFrozen();
  return current;
}
