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
import { lockOwned, lockWritableTenant, readableTenant, writableTenant } from '../tenants/service.ts';
import { apiKeyErrors } from './errors.ts';
import { mintKey, prefixOf } from './key-format.ts';
import {
  type ApiKey,
  apiKeyEvents,
  type CreateApiKey,
  type IssuedApiKey,
  type ListApiKeys,
  type RotateApiKey,
} from './schema.ts';

/** Creates a key and returns it with its plaintext, which exists nowhere afterwards. Throws `forbidden` for what the caller lacks, `tenant_frozen`, `project_not_found`, `project_archived`, `tenant_busy`. */
export async function createApiKey(ctx: ActorContext, input: CreateApiKey): Promise<IssuedApiKey> {
  if (hasPassed(input.expires_at ?? null, ctx.clock())) throw apiKeyErrors.expiryInThePast();
  requireInProject(ctx, input.project_id);
  requireGrantable(ctx, input.scopes, input.project_id !== undefined);
  await requirePlace(ctx, input);
  const secret = await mintSecret(ctx, input.tenant_id);
  return transact(ctx, async (tx, record) => {
    await lockWritableTenant(ctx, tx, input.tenant_id);
    const row = await insertKey(ctx, tx, input, secret);
    await record(apiKeyEvents.created, row);
    return { ...row, key: secret.key };
  });
}

/** One page of a tenant's keys, newest first, without the revoked ones unless asked for. */
export async function listApiKeys(ctx: ActorContext, input: ListApiKeys) {
  const { tenant_id, include_revoked } = input;
  await readableTenant(ctx, tenant_id);
  const { project_id } = spanOf(ctx, input);
  return paginate(ctx.cursors, {
    list: 'api_keys',
    input,
    keyOf: (row: ApiKey) => [row.id],
    fetch: (page) => apiKeys.listApiKeys(ctx.db, { tenant_id, project_id, include_revoked }, page),
  });
}

/**
 * Ends a key: from the answer on, no verification accepts it. Revoking again changes nothing. Works in a frozen
 * tenant too, because taking access away must always be possible. Throws `not_found`.
 */
export async function revokeApiKey(ctx: ActorContext, id: string): Promise<void> {
  return transact(ctx, async (tx, record, nothingChanged) => {
    const key = await lockKey(ctx, tx, { id, whateverStatus: true });
    // The process that revoked it may have ended before every replica knew, so the replicas are told again.
    if (key.revoked_at !== null) return nothingChanged(key.tenant_id);
    await record(apiKeyEvents.revoked, await apiKeys.updateApiKey(tx, id, { revoked_at: ctx.clock() }));
  });
}

/**
 * Replaces a key by a new one with the same name, scopes, project and expiry; the old one ends after the grace.
 * Throws `not_found`, `forbidden` for what the caller lacks, `api_key_not_active`, `project_archived`,
 * `tenant_frozen`, `tenant_busy`.
 */
export async function rotateApiKey(ctx: ActorContext, { id, grace_seconds }: RotateApiKey): Promise<IssuedApiKey> {
  const seen = reachable(ctx, await apiKeys.findApiKey(ctx.db, id));
  await requirePlace(ctx, seen);
  requireRotatable(ctx, seen);
  const { tenant_id } = seen;
  const secret = await mintSecret(ctx, tenant_id);
  return transact(ctx, async (tx, record) => {
    const old = await lockKey(ctx, tx, { id });
    requireRotatable(ctx, old);
    const now = ctx.clock();
    const { name, scopes, project_id, expires_at } = old;
    const fresh = await insertKey(ctx, tx, { tenant_id, name, scopes, project_id, expires_at }, secret);
    const ended = await apiKeys.updateApiKey(tx, id, endOf(old, grace_seconds, now));
    await record(apiKeyEvents.rotated, { ...ended, replaced_by: fresh.id });
    return { ...fresh, key: secret.key };
  });
}

/** The key, locked, in a tenant that takes writes or, with `whateverStatus`, in any. */
function lockKey(ctx: ActorContext, tx: Tx, how: { readonly id: string; readonly whateverStatus?: true }) {
  const { findApiKey: find, lockApiKey: lock } = apiKeys;
  return lockOwned(ctx, tx, { ...how, find, lock, reach: reachable });
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

type NewKey = Pick<ApiKey, 'tenant_id' | 'name' | 'scopes'> & {
  project_id?: string | null;
  expires_at?: string | null;
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
