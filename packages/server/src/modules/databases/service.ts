/** Managed databases: ordered, changed, tried again, rotated and given up. Requests write rows alone; the reconciler does the work. */
import { isDeepStrictEqual } from 'node:util';
import { acrossProjects, databases, groups, type Tx } from '@tenant-registry/db';
import type { ActorContext } from '../../kernel/context.ts';
import { kernelErrors } from '../../kernel/errors.ts';
import { requireMatch } from '../../kernel/etag.ts';
import { newId } from '../../kernel/ids.ts';
import { reachable, requireInProject } from '../../kernel/reach.ts';
import { transact } from '../../kernel/transact.ts';
import { holdActiveProject } from '../projects/service.ts';
import { lockOwned, lockWritableTenantAlone } from '../tenants/service.ts';
import { databaseErrors } from './errors.ts';
import { newNamesOf } from './names.ts';
import {
  type CreateDatabase,
  type Database,
  type DatabaseTier,
  type DeleteDatabase,
  databaseEvents,
  type RetryDatabase,
  type RotateDatabase,
  type UpdateDatabase,
} from './schema.ts';
import { shown, versionOf } from './shown.ts';
import { requireStep } from './steps.ts';
import { requireNoShrink, respecified, specOf } from './tiers.ts';

type Row = databases.DatabaseRow;
type Changes = Parameters<typeof databases.updateDatabase>[2];
type DatabaseEventName = keyof typeof databaseEvents;
/** What a step changes and the event that tells of it; undefined: there is nothing to change. */
type Step = { readonly changes: Changes; readonly event: DatabaseEventName } | undefined;

/**
 * Orders a database, which is made after the answer. Throws `bound_to_project`, `tier_not_found`, `namespace_not_allowed`,
 * `override_not_allowed`, `owner_team_not_found`, `database_name_taken`, `database_quota_reached`, `project_not_found`,
 * `project_archived`, `not_found`, `tenant_frozen`.
 */
export async function createDatabase(ctx: ActorContext, input: CreateDatabase): Promise<Database> {
  requireInProject(ctx, input.project_id);
  const { tenant_id, project_id = null, tier: name, overrides = {}, owner_team, ...order } = input;
  const made = await transact(ctx, async (tx, record) => {
    await lockWritableTenantAlone(ctx, tx, tenant_id);
    if (project_id !== null) await holdActiveProject(tx, tenant_id, project_id);
    const tier = tierNamed(ctx, name);
    const { namespace = tier.namespaces[0] ?? 'default', deletion_policy = tier.deletion_policy, ...rest } = order;
    if (!tier.namespaces.includes(namespace)) throw namespaceNotAllowed(tier);
    const spec = specOf(tier, overrides);
    const owner_group_id = await holdTeam(tx, tenant_id, owner_team);
    await requireRoomInTier(tx, tenant_id, tier);
    const id = newId(ctx.clock);
    const identity = { id, ...newNamesOf({ id, name: input.name }), tenant_id, project_id };
    const place = { tier: tier.name, provisioner: tier.provisioner, namespace };
    const team = { owner_team, owner_group_id };
    const created_at = ctx.clock();
    const database = { ...rest, ...identity, ...place, ...team, spec, overrides, deletion_policy, created_at };
    const row = shown(await databases.insertDatabase(tx, database, deadlineOf(ctx, tier.name, created_at)));
    await record(databaseEvents.created, row);
    return row;
  });
  ctx.signals.tell('ordered');
  return made;
}

/**
 * Changes what is wanted of a database, or what is said of it. Throws `database_field_immutable`, `tier_not_found`,
 * `tier_elsewhere`, `override_not_allowed`, `cannot_shrink`, `database_quota_reached`, `owner_team_not_found`,
 * `database_step_illegal`, `not_found`, `tenant_frozen`, `precondition_failed`.
 */
export function updateDatabase(ctx: ActorContext, input: UpdateDatabase): Promise<Database> {
  const { id, name, namespace, ...asked } = input;
  for (const [field, value] of Object.entries({ name, namespace }))
    if (value !== undefined)
      throw databaseErrors.databaseFieldImmutable({ errors: [{ pointer: `/${field}`, message: 'never changes' }] });
  // The databases of a tier are counted while the tenant is held alone, as with an order.
  return takeStep(ctx, { id, alone: asked.tier !== undefined }, async (tx, row) => {
    requireStep(row, 'update');
    const { owner_team, tier, overrides, ...said } = asked;
    const team =
      owner_team === undefined || owner_team === row.owner_team
        ? {}
        : { owner_team, owner_group_id: await holdTeam(tx, row.tenant_id, owner_team) };
    const wanted = wantedBy(ctx, row, { tier, overrides });
    if (tier !== undefined && tier !== row.tier) await requireRoomInTier(tx, row.tenant_id, tierNamed(ctx, tier));
    const about = Object.fromEntries(
      Object.entries({ ...said, ...team }).filter(([field, value]) => value !== row[field as keyof Row]),
    );
    const database = { ...about, ...wanted?.database };
    if (Object.keys(database).length === 0) return undefined;
    return { changes: { database, work: wanted?.work ?? {} }, event: 'updated' };
  });
}

/**
 * Asks for another try now; a lost database is made anew, empty, when that is accepted. Throws `data_loss_not_accepted`,
 * `database_step_illegal`, `not_found`, `tenant_frozen`, `precondition_failed`.
 */
export function retryDatabase(ctx: ActorContext, { id, accept_data_loss }: RetryDatabase): Promise<Database> {
  return takeStep(ctx, { id }, async (_, row) => {
    requireStep(row, 'retry');
    const isLost = row.status === 'error' && row.reason === 'lost';
    if (isLost && !accept_data_loss) throw databaseErrors.dataLossNotAccepted();
    if (row.status !== 'error') return { changes: { work: due(ctx) }, event: 'retried' };
    const { database, work } = afresh(ctx, row);
    if (!isLost) return { changes: { database, work }, event: 'retried' };
    const anew = { ...database, generation: row.generation + 1 };
    return { changes: { database: anew, work: { ...work, external_uid: null } }, event: 'retried' };
  });
}

/**
 * Asks for the switch to the other login. Throws `database_not_ready`, `rotation_under_way`, `not_found`, `tenant_frozen`,
 * `precondition_failed`.
 */
export function rotateDatabase(ctx: ActorContext, { id, grace_seconds }: RotateDatabase): Promise<Database> {
  return takeStep(ctx, { id }, async (_, row) => {
    requireStep(row, 'rotate');
    const login_slot = row.login_slot === 'a' ? 'b' : 'a';
    const database = { generation: row.generation + 1, in_sync: false };
    const work = { ...due(ctx), login_slot, rotation_grace_seconds: grace_seconds } as const;
    return { changes: { database, work }, event: 'updated' };
  });
}

/**
 * Asks for the end of a database, in a frozen and an archived tenant too; again, it changes nothing. An operator of the
 * platform may abandon it: the row is closed, and whatever is left in the world is left there. Throws
 * `confirmation_mismatch`, `deletion_protected`, `database_step_illegal`, `forbidden`, `not_found`, `precondition_failed`.
 */
export function deleteDatabase(ctx: ActorContext, { id, confirm, policy, abandon }: DeleteDatabase): Promise<Database> {
  const whateverStatus = true;
  return takeStep(ctx, { id, whateverStatus }, async (_, row) => {
    requireStep(row, 'delete');
    if (confirm !== row.name) throw databaseErrors.confirmationMismatch();
    if (abandon) return abandoned(ctx);
    const deletion_policy = policy ?? row.deletion_policy;
    if (row.status === 'deleting' && deletion_policy === row.deletion_policy) return undefined;
    const place = { status: 'deleting', reason: 'removing', message: null, since: ctx.clock() } as const;
    const database = { ...place, in_sync: false, deletion_policy, generation: row.generation + 1 };
    return {
      changes: { database, work: { ...due(ctx), attempts: 0, error_message: null } },
      event: 'deletionRequested',
    };
  });
}

function abandoned({ actor, clock }: ActorContext): Step {
  if (actor.tenant_id !== null)
    throw kernelErrors.forbidden({ detail: 'Only an operator of the platform abandons a database.' });
  const now = clock();
  const place = { status: 'deleted', reason: 'abandoned', message: null, since: now, deleted_at: now } as const;
  const database = { ...place, deletion_policy: 'abandon', owner_group_id: null } as const;
  return {
    changes: { database, work: { next_reconcile_at: null, lease_id: null, lease_until: null } },
    event: 'deleted',
  };
}

/** Locks the database, takes the step, records it, and wakes the reconciler after the commit. */
async function takeStep(
  ctx: ActorContext,
  of: { readonly id: string; readonly whateverStatus?: boolean; readonly alone?: boolean },
  step: (tx: Tx, row: Row) => Promise<Step>,
): Promise<Database> {
  const { findDatabase: find, lockDatabase: lock } = databases;
  const answer = await transact(ctx, async (tx, record, nothingChanged) => {
    const row = await lockOwned(ctx, tx, { ...of, find, lock, reach: reachable });
    requireMatch(ctx, versionOf(row));
    const taken = await step(tx, row);
    if (taken === undefined) {
      nothingChanged();
      return shown(row);
    }
    const changed = shown(await databases.updateDatabase(tx, row.id, taken.changes));
    await record(databaseEvents[taken.event], changed);
    return changed;
  });
  ctx.signals.tell('ordered');
  return answer;
}

/** What another tier or other overrides change; undefined when that is nothing. A lost database stays lost. */
function wantedBy(ctx: ActorContext, row: Row, asked: Pick<UpdateDatabase, 'tier' | 'overrides'>): Changes | undefined {
  if (asked.tier === undefined && asked.overrides === undefined) return undefined;
  const current = shown(row);
  const tier = tierNamed(ctx, asked.tier ?? row.tier);
  if (tier.provisioner !== row.provisioner || !tier.namespaces.includes(row.namespace))
    throw databaseErrors.tierElsewhere();
  const overrides = asked.overrides ?? current.overrides;
  const spec = asked.tier === undefined ? respecified(tier, current, overrides) : specOf(tier, overrides);
  requireNoShrink(current.spec, spec);
  const ordered = { tier: tier.name, overrides, spec };
  if (isDeepStrictEqual(ordered, { tier: row.tier, overrides: current.overrides, spec: current.spec }))
    return undefined;
  const restarts = row.status === 'error' && row.reason !== 'lost';
  const again: Changes = restarts ? afresh(ctx, { tier: tier.name }) : { work: due(ctx) };
  return {
    ...again,
    database: { ...again.database, ...ordered, generation: row.generation + 1, in_sync: false },
  };
}

/** What makes a database start again: it has its whole time to become ready. */
function afresh(ctx: ActorContext, { tier }: Pick<Row, 'tier'>) {
  const place = { status: 'provisioning', reason: 'queued', message: null, since: ctx.clock() } as const;
  return {
    database: { ...place, in_sync: false },
    work: { ...due(ctx), attempts: 0, error_message: null, deadline_at: deadlineOf(ctx, tier, ctx.clock()) },
  };
}

const due = ({ clock }: ActorContext) => ({ next_reconcile_at: clock() });

/** For a database whose tier was taken out of the file. */
const TIMEOUT_S = 900;

function deadlineOf({ databaseWorld }: ActorContext, tier: string, from: Date): Date {
  const seconds = databaseWorld.tiers.get(tier)?.provision_timeout_s ?? TIMEOUT_S;
  return new Date(from.getTime() + seconds * 1_000);
}

function tierNamed({ databaseWorld }: ActorContext, name: string): DatabaseTier {
  const tier = databaseWorld.tiers.get(name);
  if (tier === undefined) throw databaseErrors.tierNotFound();
  return tier;
}

function namespaceNotAllowed({ name, namespaces }: DatabaseTier) {
  return databaseErrors.namespaceNotAllowed({
    detail: `The tier ${name} makes databases in these namespaces alone: ${namespaces.join(', ')}.`,
  });
}

/** Holds the group against its deletion and a new slug until the transaction ends, also for callers that see one project. */
async function holdTeam(tx: Tx, tenantId: string, slug: string): Promise<string> {
  const group = await groups.lockGroupOfSlugShared(tx, tenantId, slug);
  if (group === undefined) throw databaseErrors.ownerTeamNotFound();
  return group.id;
}

/** Throws `database_quota_reached`. Of two orders at once the second counts the first: each holds the tenant alone. */
async function requireRoomInTier(tx: Tx, tenantId: string, { name, max_per_tenant }: DatabaseTier): Promise<void> {
  if (max_per_tenant === 0) return;
  const used = await acrossProjects(tx, () => databases.findDatabasesOfTier(tx, tenantId, name));
  if (used >= max_per_tenant) throw databaseErrors.databaseQuotaReached();
}
