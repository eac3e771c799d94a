/** API keys: made, shown once, listed without their secret, replaced and revoked. */
import { apiKeys, type Tx } from '@tenant-registry/db';
import { hasPassed } from '../../kernel/clock.ts';
import type { ActorContext, Context } from '../../kernel/context.ts';
import { paginate } from '../../kernel/cursors.ts';
import { kernelErrors, missingPermission } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { type Permission, SCOPE_PREFIX } from '../../kernel/permissions.ts';
import { reachable, requireInProject, spanOf } from '../../kernel/reach.ts';
import { transact } from '../../kernel/transact.ts';
import { findActiveProject, holdActiveProject } from '../projects/service.ts';
import {
  expectRoomInTenant,
  lockOwned,
  lockTenantWithRoom,
  readableTenant,
  requireRoomInTenant,
  writableTenant,
} from '../tenants/service.ts';
import { apiKeyErrors } from './errors.ts';
import { mintKey, prefixOf } from './key-format.ts';
import { endWithin, findMaker, holdMaker, lockWithMaker, requireTime } from './maker.ts';
import {
  type ApiKey,
  apiKeyEvents,
  type CreateApiKey,
  type IssuedApiKey,
  type ListApiKeys,
  type RevokeApiKey,
  type RotateApiKey,
} from './schema.ts';

/** The quota that a key in use counts for. */
const QUOTA = 'api_keys';

/** Keys that one transaction revokes: the tenant waits for it. */
const BATCH_KEYS = 100;
/** Transactions of one request. */
const BATCHES_MAX = 100;

/**
 * Creates a key and returns it with its plaintext, which exists nowhere afterwards. Throws `forbidden` for what the caller
 * lacks, `expiry_in_the_past`, `expiry_beyond_maker`, `tenant_frozen`, `project_not_found`, `project_archived`, `tenant_busy`,
 * `quota_exceeded`.
 */
export async function createApiKey(ctx: ActorContext, input: CreateApiKey): Promise<IssuedApiKey> {
  if (hasPassed(input.expires_at ?? null, ctx.clock())) throw apiKeyErrors.expiryInThePast();
  requireInProject(ctx, input.project_id);
  requireGrantable(ctx, input.scopes, input.project_id !== undefined);
  await requirePlace(ctx, input);
  endWithin(await findMaker(ctx), input.expires_at);
  await expectRoomInTenant(ctx, { tenant_id: input.tenant_id, quota: QUOTA });
  const secret = await mintSecret(ctx, input.tenant_id);
  return transact(ctx, async (tx, record) => {
    await lockTenantWithRoom(ctx, tx, { tenant_id: input.tenant_id, quota: QUOTA });
    const maker = await holdMaker(ctx, tx);
    const made = { expires_at: endWithin(maker, input.expires_at), created_by_key_id: maker?.id ?? null };
    const row = await insertKey(ctx, tx, { ...input, ...made }, secret);
    await record(apiKeyEvents.created, row);
    return { ...row, key: secret.key };
  });
}

/** One page of a tenant's keys, newest first, without the revoked ones unless asked for. */
export async function listApiKeys(ctx: ActorContext, input: ListApiKeys) {
  const { tenant_id, created_by_key_id, include_revoked } = input;
  await readableTenant(ctx, tenant_id);
  const { project_id } = spanOf(ctx, input);
  return paginate(ctx.cursors, {
    list: 'api_keys',
    input,
    keyOf: (row: ApiKey) => [row.id],
    fetch: (page) => apiKeys.listApiKeys(ctx.db, { tenant_id, project_id, created_by_key_id, include_revoked }, page),
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

function revokeOne(ctx: ActorContext, id: string): Promise<void> {
  return transact(ctx, async (tx, record, nothingChanged) => {
    const { findApiKey: find, lockApiKey: lock } = apiKeys;
    const key = await lockOwned(ctx, tx, { id, find, lock, reach: reachable, whateverStatus: true });
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
 * Replaces a key by a new one with the same name, scopes, project and expiry; the old one ends after the grace.
 * Throws `not_found`, `forbidden` for what the caller lacks, `api_key_not_active`, `project_archived`,
 * `tenant_frozen`, `tenant_busy`, `quota_exceeded`.
 */
export async function rotateApiKey(ctx: ActorContext, { id, grace_seconds }: RotateApiKey): Promise<IssuedApiKey> {
  const seen = reachable(ctx, await apiKeys.findApiKey(ctx.db, id));
  await requirePlace(ctx, seen);
  requireRotatable(ctx, seen);
  const asking = await findMaker(ctx);
  requireTime(asking, seen);
  // A key that rotates holds the new plaintext, so it counts as its maker. A person goes on with what another key began.
  const created_by_key_id = asking?.id ?? seen.created_by_key_id;
  const { tenant_id } = seen;
  // With a grace both keys are in use for a while.
  const alone = grace_seconds > 0;
  if (alone) await expectRoomInTenant(ctx, { tenant_id, quota: QUOTA });
  const secret = await mintSecret(ctx, tenant_id);
  return transact(ctx, async (tx, record) => {
    const lock = (inner: Tx) => lockWithMaker(inner, id, created_by_key_id);
    const old = await lockOwned(ctx, tx, { id, find: apiKeys.findApiKey, lock, reach: reachable, alone });
    requireRotatable(ctx, old);
    requireTime(await holdMaker(ctx, tx), old);
    if (alone) await requireRoomInTenant(ctx, tx, { tenant_id, quota: QUOTA });
    const now = ctx.clock();
    const { name, scopes, project_id, expires_at } = old;
    const copied = { tenant_id, name, scopes, project_id, expires_at, created_by_key_id };
    const fresh = await insertKey(ctx, tx, copied, secret);
    const ended = await apiKeys.updateApiKey(tx, id, endOf(old, grace_seconds, now));
    await record(apiKeyEvents.rotated, { ...ended, replaced_by: fresh.id });
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

/** Only a key that works is replaced, and only by a caller that could make it. */
function requireRotatable(ctx: ActorContext, { revoked_at, expires_at, scopes, project_id }: ApiKey): void {
  if (revoked_at !== null || hasPassed(expires_at, ctx.clock())) throw apiKeyErrors.apiKeyNotActive();
  requireHeld(ctx, scopes, ctx.grants.ofScopes(scopes, project_id !== null));
}

/** Scopes that speak of the registry itself must be ones that such a key can have, and that its maker holds. */
function requireGrantable(ctx: ActorContext, scopes: readonly string[], boundToProject: boolean): void {
  const granted = ctx.grants.ofScopes(scopes, boundToProject);
  const errors = scopes.flatMap((scope, index) => {
    const known = !scope.startsWith(SCOPE_PREFIX) || [...granted].some((each) => SCOPE_PREFIX + each === scope);
    return known ? [] : [{ pointer: `/scopes/${index}`, message: 'is no permission that such a key can have' }];
  });
  if (errors.length > 0) throw kernelErrors.invalidInput({ errors });
  requireHeld(ctx, scopes, granted);
}

/**
 * Throws `forbidden` for a permission or scope that the caller does not hold: a key that may make keys could make itself an
 * admin otherwise. The registry does not know the meaning of the products' own scopes: a key gives away only those that it
 * has, and people, who have none, may give any.
 */
function requireHeld({ actor }: ActorContext, scopes: readonly string[], granted: ReadonlySet<Permission>): void {
  const missing = [...granted].find((permission) => !actor.permissions.has(permission));
  if (missing !== undefined) throw missingPermission(missing);
  const beyond = scopes.find((scope) => actor.scopes?.includes(scope) === false);
  if (beyond !== undefined) throw kernelErrors.forbidden({ detail: `The scope ${beyond} is not this key's to give.` });
}

interface Secret {
  readonly key: string;
  readonly hash: string;
}

/**
 * Makes a key and its hash, after all checks and before the transaction: a hash takes 64 MiB and tens of milliseconds, which
 * a request that is refused must not cost, and a connection must not wait for.
 */
async function mintSecret({ argon2, signal }: Context, tenantId: string): Promise<Secret> {
  const key = mintKey();
  return { key, hash: await argon2.hash(key, tenantId, signal) };
}

type NewKey = Pick<ApiKey, 'tenant_id' | 'name' | 'scopes' | 'expires_at' | 'created_by_key_id'> & {
  project_id?: string | null;
};

async function insertKey(ctx: Context, tx: Tx, key: NewKey, { key: plaintext, hash }: Secret): Promise<ApiKey> {
  if (key.project_id) await holdActiveProject(tx, key.tenant_id, key.project_id);
  return apiKeys.insertApiKey(tx, {
    ...key,
    id: newId(ctx.clock),
    prefix: prefixOf(plaintext),
    hash,
    ...ctx.apiKeys.peppers.digestOf(plaintext),
    created_at: ctx.clock(),
  });
}

/** Without grace the old key is revoked; with grace it expires, never later than it would have. */
function endOf(old: ApiKey, graceSeconds: number, now: Date) {
  if (graceSeconds === 0) return { revoked_at: now };
  const end = new Date(now.getTime() + graceSeconds * 1000);
  return { expires_at: old.expires_at !== null && new Date(old.expires_at) < end ? new Date(old.expires_at) : end };
}
