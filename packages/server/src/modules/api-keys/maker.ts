/** The key that makes another one: it gives away no more time than it has, and a revoked one makes none. */
import { acrossProjects, apiKeys, type Tx } from '@tenant-registry/db';
import { hasPassed } from '../../kernel/clock.ts';
import type { ActorContext } from '../../kernel/context.ts';
import { refusedCredential } from '../../kernel/credentials.ts';
import { kernelErrors } from '../../kernel/errors.ts';
import { wholeTenant } from '../tenants/service.ts';
import { apiKeyErrors } from './errors.ts';
import type { ApiKey } from './schema.ts';

/** The key that asks; null: the caller is a person or a static token. */
export type Maker = Pick<ApiKey, 'id' | 'expires_at'> | null;

/** Returns the maker as it is now: asked before work that no transaction may wait for. Throws `unauthenticated` for one that has ended. */
export function findMaker(ctx: ActorContext): Promise<Maker> {
  return makerOf(ctx, (id, tenantId) => apiKeys.findApiKey(wholeTenant(ctx, tenantId), id));
}

/**
 * Returns the maker, whose revocation waits until the transaction ends: so the revocation finds every key that was made,
 * and none is made after it. Throws `unauthenticated` for a maker that has ended.
 */
export function holdMaker(ctx: ActorContext, tx: Tx): Promise<Maker> {
  return makerOf(ctx, (id) => lockMaker(ctx, tx, id));
}

/**
 * Locks the row of a key that makes another one. It may lie outside of the project to which a level of its owner confines
 * the work.
 */
function lockMaker({ actor }: ActorContext, tx: Tx, id: string): Promise<ApiKey | undefined> {
  const lock = () => apiKeys.lockApiKeyShared(tx, id);
  return actor.project_id === null ? lock() : acrossProjects(tx, lock);
}

/**
 * Locks a key that is being replaced and, against a revocation alone, the key that its successor will name as its maker: in
 * the order of their ids, because two keys may replace each other at the same time.
 */
export async function lockWithMaker(
  ctx: ActorContext,
  tx: Tx,
  { id, makerId }: { readonly id: string; readonly makerId: string | null },
): Promise<ApiKey | undefined> {
  const makerFirst = makerId !== null && makerId < id;
  if (makerFirst) await lockMaker(ctx, tx, makerId);
  const key = await apiKeys.lockApiKey(tx, id);
  if (makerId !== null && !makerFirst) await lockMaker(ctx, tx, makerId);
  return key;
}

async function makerOf(
  { actor, clock }: ActorContext,
  read: (id: string, tenantId: string) => Promise<ApiKey | undefined>,
): Promise<Maker> {
  if (actor.type !== 'api_key' || actor.tenant_id === null) return null;
  const key = await read(actor.id, actor.tenant_id);
  // The caller was accepted as this key, which may have ended since.
  if (key === undefined || key.revoked_at !== null)
    throw refusedCredential({ reason: 'revoked', detail: 'This API key was revoked.', genuine: true });
  if (hasPassed(key.expires_at, clock()))
    throw refusedCredential({ reason: 'expired', detail: 'This API key has expired.', genuine: true });
  return key;
}

/** Returns the end of a new key: as asked, and without that its maker's. Throws `expiry_beyond_maker`. */
export function endWithin(maker: Maker, asked: string | undefined): string | null {
  const end = maker?.expires_at ?? null;
  if (asked === undefined || end === null) return asked ?? end;
  if (new Date(asked) > new Date(end)) throw apiKeyErrors.expiryBeyondMaker();
  return asked;
}

/** Throws `forbidden` when the key that asks ends before the one that it would replace by a new one with the same end. */
export function requireTime(maker: Maker, { expires_at }: Pick<ApiKey, 'expires_at'>): void {
  const end = maker?.expires_at ?? null;
  if (end === null) return;
  if (expires_at === null || new Date(expires_at) > new Date(end))
    throw kernelErrors.forbidden({ detail: 'The key lives longer than this key, whose time is not enough to give.' });
}
