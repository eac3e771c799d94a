/** API keys: made, shown once, listed without their secret, replaced and revoked. */
import { apiKeys, type Tx } from '@tenant-registry/db';
import { hasPassed } from '../../kernel/clock.ts';
import type { ActorContext, Context } from '../../kernel/context.ts';
import { paginate } from '../../kernel/cursors.ts';
import { kernelErrors } from '../../kernel/errors.ts';
import { reachable, requireInProject, spanOf } from '../../kernel/reach.ts';
import { transact } from '../../kernel/transact.ts';
import { findActiveProject } from '../projects/service.ts';
import {
  expectRoomInTenant,
  lockOwned,
  lockTenantWithRoom,
  readableTenant,
  requireRoomInTenant,
  writableTenant,
} from '../tenants/service.ts';
import { apiKeyErrors } from './errors.ts';
import { requireGrantable, requireProductScopes, requireRotatable } from './granting.ts';
import { endWithin, findMaker, holdMaker, lockWithMaker, requireTime } from './maker.ts';
import { insertKey, mintSecret } from './minting.ts';
import { holdOwner, inheritedOwner, type Owner, projectWithin, requireOwnerInReach, selfOf } from './owner.ts';
import {
  type ApiKey,
  apiKeyEvents,
  type CreateApiKey,
  type CreateOwnApiKey,
  type IssuedApiKey,
  type ListApiKeys,
  type ListOwnApiKeys,
  type RevokeApiKey,
  type RotateApiKey,
  revokeApiKeyInput,
} from './schema.ts';

/** The quota that a key in use counts for. */
const QUOTA = 'api_keys';

/** Keys that one transaction revokes: the tenant waits for it. */
const BATCH_KEYS = 100;
/** Transactions of one request. */
const BATCHES_MAX = 100;

/**
 * Creates a key and returns it with its plaintext, which exists nowhere afterwards. It belongs to the service identity that
 * is named, or to whom the key that makes it belongs. Throws `forbidden` for what the caller lacks, `expiry_in_the_past`,
 * `expiry_beyond_maker`, `api_key_owner_not_found`, `service_identity_disabled`, `tenant_frozen`, `project_not_found`,
 * `project_archived`, `tenant_busy`, `quota_exceeded`.
 */
export async function createApiKey(
  ctx: ActorContext,
  { service_identity_id, ...input }: CreateApiKey,
): Promise<IssuedApiKey> {
  if (service_identity_id === undefined) return issue(ctx, { ...input, ...inheritedOwner(ctx.actor) }, null);
  const owner = { user_id: null, service_identity_id };
  const project_id = await projectWithin(ctx, input, owner);
  return issue(ctx, { ...input, ...owner, project_id }, owner);
}

/**
 * Creates a key that belongs to the caller, with scopes that the caller holds: by its roles, or by its level in the project
 * of the key. Scopes of the products' own need `api_keys:write` there. Throws like `createApiKey`.
 */
export async function createOwnApiKey(ctx: ActorContext, input: CreateOwnApiKey): Promise<IssuedApiKey> {
  const { tenant_id, owner } = selfOf(ctx);
  const project_id = await projectWithin(ctx, { ...input, tenant_id }, owner);
  const level = project_id === undefined ? null : await ctx.projectLevels.levelIn(ctx.actor, project_id);
  const byLevel = level === null ? [] : ctx.grants.byLevel[level];
  const actor = { ...ctx.actor, permissions: new Set([...ctx.actor.permissions, ...byLevel]) };
  requireProductScopes({ ...ctx, actor }, input.scopes);
  return issue({ ...ctx, actor }, { ...input, ...owner, tenant_id, project_id }, owner);
}

type Order = Omit<CreateApiKey, 'service_identity_id'> & Owner;

/** Makes the key. `named` is an owner that was not taken from the key that asks, which is itself held. */
async function issue(ctx: ActorContext, order: Order, named: Owner | null): Promise<IssuedApiKey> {
  const { tenant_id } = order;
  if (hasPassed(order.expires_at ?? null, ctx.clock())) throw apiKeyErrors.expiryInThePast();
  requireInProject(ctx, order.project_id);
  requireGrantable(ctx, order.scopes, order.project_id !== undefined);
  await requirePlace(ctx, order);
  endWithin(await findMaker(ctx), order.expires_at);
  await expectRoomInTenant(ctx, { tenant_id, quota: QUOTA });
  const secret = await mintSecret(ctx, tenant_id);
  return transact(ctx, async (tx, record) => {
    await lockTenantWithRoom(ctx, tx, { tenant_id, quota: QUOTA });
    if (named !== null) await holdOwner(ctx, tx, { tenant_id, owner: named });
    const maker = await holdMaker(ctx, tx);
    const made = { expires_at: endWithin(maker, order.expires_at), created_by_key_id: maker?.id ?? null };
    const row = await insertKey(ctx, tx, { ...order, ...made }, secret);
    await record(apiKeyEvents.created, row);
    return { ...row, key: secret.key };
  });
}

/** One page of a tenant's keys, newest first, without the revoked ones unless asked for. */
export async function listApiKeys(ctx: ActorContext, input: ListApiKeys) {
  const { limit: _, cursor: __, ...filter } = input;
  await readableTenant(ctx, input.tenant_id);
  const { project_id } = spanOf(ctx, input);
  return paginate(ctx.cursors, {
    list: 'api_keys',
    input,
    keyOf: (row: ApiKey) => [row.id],
    fetch: (page) => apiKeys.listApiKeys(ctx.db, { ...filter, project_id }, page),
  });
}

/** One page of the caller's own keys, newest first, without the revoked ones unless asked for. Throws `forbidden`. */
export async function listOwnApiKeys(ctx: ActorContext, { include_revoked, ...page }: ListOwnApiKeys) {
  const { tenant_id, owner } = selfOf(ctx);
  const [user_id, service_identity_id] = [owner.user_id ?? undefined, owner.service_identity_id ?? undefined];
  return listApiKeys(ctx, { ...page, tenant_id, user_id, service_identity_id, include_revoked });
}

/** Ends a key of the caller's own, as `revokeApiKey` does. Throws `not_found` for every other key, `forbidden`. */
export async function revokeOwnApiKey(ctx: ActorContext, id: string): Promise<void> {
  const { owner } = selfOf(ctx);
  return revokeOne(ctx, id, (key) => {
    const isOwn = key.user_id === owner.user_id && key.service_identity_id === owner.service_identity_id;
    if (!isOwn) throw kernelErrors.notFound();
  });
}

/**
 * Ends a key, and with `with_descendants` what it made, what that made, and so on: from the answer on, no verification
 * accepts them. Revoking again changes nothing. Works in a frozen tenant too, because taking access away must always be
 * possible. Throws `not_found`, and `descendants_remain` when there are more than one request ends.
 */
export async function revokeApiKey(ctx: ActorContext, { id, with_descendants }: RevokeApiKey): Promise<void> {
  if (!with_descendants) return revokeOne(ctx, id);
  for (let batch = 0; batch < BATCHES_MAX; batch += 1) if (await revokeBatch(ctx, id)) return;
  throw apiKeyErrors.descendantsRemain();
}

/** Returns the project of the key that an input names, as far as the caller sees keys; null when it has none. */
export async function projectOfKey({ db }: Context, input: Readonly<Record<string, unknown>>): Promise<string | null> {
  const { data: id } = revokeApiKeyInput.shape.id.safeParse(input['id']);
  return id === undefined ? null : ((await apiKeys.findApiKey(db, id))?.project_id ?? null);
}

function revokeOne(ctx: ActorContext, id: string, allow: (key: ApiKey) => void = () => {}): Promise<void> {
  return transact(ctx, async (tx, record, nothingChanged) => {
    const { findApiKey: find, lockApiKey: lock } = apiKeys;
    const key = await lockOwned(ctx, tx, { id, find, lock, reach: reachable, whateverStatus: true });
    allow(key);
    // The process that revoked it may have ended before every replica knew, so the replicas are told again.
    if (key.revoked_at !== null) return nothingChanged(key.tenant_id);
    await record(apiKeyEvents.revoked, await apiKeys.updateApiKey(tx, id, { revoked_at: ctx.clock() }));
  });
}

/**
 * Ends the key and up to a batch of those that came from it, the nearest first; tells whether none is left. The tenant is
 * locked against every other write meanwhile, so no key is being made that the walk does not see.
 */
function revokeBatch(ctx: ActorContext, id: string): Promise<boolean> {
  return transact(ctx, async (tx, record, nothingChanged) => {
    const { tenant_id } = await lockOwned(ctx, tx, {
      id,
      find: apiKeys.findApiKey,
      lock: apiKeys.findApiKey, // its row is locked together with the others, in the order of their ids
      reach: reachable,
      whateverStatus: true,
      alone: true,
    });
    const { keys, complete } = await apiKeys.listApiKeysMadeBy(tx, { tenant_id, id }, BATCH_KEYS);
    const ids = [id, ...keys.map((key) => key.id)];
    const revoked = await apiKeys.claimRevocations(tx, { tenant_id, ids }, ctx.clock());
    // As for one key, the replicas are told again.
    if (revoked.length === 0) nothingChanged(tenant_id);
    for (const key of revoked) await record(apiKeyEvents.revoked, key);
    return complete;
  });
}

/**
 * Replaces a key by a new one with its name, scopes, project, owner and expiry; the old one ends after the grace.
 * Throws `not_found`, `forbidden` for what the caller lacks, `api_key_not_active`, `project_archived`,
 * `tenant_frozen`, `tenant_busy`, `quota_exceeded`.
 */
export async function rotateApiKey(ctx: ActorContext, { id, grace_seconds }: RotateApiKey): Promise<IssuedApiKey> {
  const seen = reachable(ctx, await apiKeys.findApiKey(ctx.db, id));
  await requirePlace(ctx, seen);
  requireRotatable(ctx, seen);
  await requireOwnerInReach(ctx, seen);
  const asking = await findMaker(ctx);
  requireTime(asking, seen);
  // A key that rotates holds the new plaintext, so it counts as its maker. A person goes on with what another key began.
  const created_by_key_id = asking?.id ?? seen.created_by_key_id;
  const { tenant_id } = seen;
  // With a grace both keys are in use for a while.
  const addsOne = grace_seconds > 0;
  // A deactivation of the owner is over or has not begun, so it finds the new key or the old one revoked.
  const alone = addsOne || seen.user_id !== null || seen.service_identity_id !== null;
  if (addsOne) await expectRoomInTenant(ctx, { tenant_id, quota: QUOTA });
  const secret = await mintSecret(ctx, tenant_id);
  return transact(ctx, async (tx, record) => {
    const lock = (inner: Tx) => lockWithMaker(ctx, inner, { id, makerId: created_by_key_id });
    const old = await lockOwned(ctx, tx, { id, find: apiKeys.findApiKey, lock, reach: reachable, alone });
    requireRotatable(ctx, old);
    requireTime(await holdMaker(ctx, tx), old);
    if (addsOne) await requireRoomInTenant(ctx, tx, { tenant_id, quota: QUOTA });
    const now = ctx.clock();
    const { name, scopes, project_id, user_id, service_identity_id, expires_at } = old;
    const owned = { user_id, service_identity_id };
    const copied = { tenant_id, name, scopes, project_id, ...owned, expires_at, created_by_key_id };
    const fresh = await insertKey(ctx, tx, copied, secret);
    const ended = await apiKeys.updateApiKey(tx, id, endOf(old, grace_seconds, now));
    await record(apiKeyEvents.rotated, { ...ended, replaced_by: fresh.id });
    await record(apiKeyEvents.created, fresh);
    return { ...fresh, key: secret.key };
  });
}

/** Refuses a new key as the transaction would, before a hash is computed for it. The transaction checks again, under locks. */
async function requirePlace(ctx: ActorContext, { tenant_id, project_id }: Place): Promise<void> {
  await writableTenant(ctx, tenant_id);
  if (!project_id) return;
  if ((await findActiveProject(ctx, tenant_id, project_id)) === undefined) throw apiKeyErrors.projectNotFound();
}

interface Place {
  readonly tenant_id: string;
  readonly project_id?: string | null | undefined;
}

/** Without grace the old key is revoked; with grace it expires, never later than it would have. */
function endOf(old: ApiKey, graceSeconds: number, now: Date) {
  if (graceSeconds === 0) return { revoked_at: now };
  const end = new Date(now.getTime() + graceSeconds * 1000);
  return { expires_at: old.expires_at !== null && new Date(old.expires_at) < end ? new Date(old.expires_at) : end };
}
