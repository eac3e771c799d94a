/** The owner of a key: the user or the service identity that it acts for; with neither, it acts for its tenant. */
import { type Tx, users } from '@tenant-registry/db';
import type { Actor } from '../../kernel/actor.ts';
import type { ActorContext } from '../../kernel/context.ts';
import { refusedCredential } from '../../kernel/credentials.ts';
import { kernelErrors } from '../../kernel/errors.ts';
import { findKeyOwner, holdKeyOwner } from '../service-identities/service.ts';
import { apiKeyErrors } from './errors.ts';
import type { ApiKey } from './schema.ts';

export type Owner = Pick<ApiKey, 'user_id' | 'service_identity_id'>;

const NO_OWNER: Owner = { user_id: null, service_identity_id: null };
const DISABLED = { reason: 'user_disabled', detail: 'This user of the tenant is deactivated.', genuine: true };

/** Returns the owner that a new key has when none is named: a key passes on its own, so what it makes does no more than that. */
export function inheritedOwner({ type, user_id, service_identity_id }: Actor): Owner {
  return type === 'api_key' ? { user_id, service_identity_id } : NO_OWNER;
}

export interface Self {
  readonly tenant_id: string;
  readonly owner: Owner;
}

/** Returns the caller as an owner of keys. Throws `forbidden` for every other caller, and for keys. */
export function selfOf({ actor }: ActorContext): Self {
  const { type, tenant_id, user_id, service_identity_id } = actor;
  if (type !== 'api_key' && tenant_id !== null && (user_id !== null || service_identity_id !== null))
    return { tenant_id, owner: { user_id, service_identity_id } };
  throw kernelErrors.forbidden({
    detail: 'Only a user or a service identity of a tenant, and no key of theirs, makes and ends keys of its own.',
  });
}

interface Place {
  readonly tenant_id: string;
  readonly project_id?: string | undefined;
}

/**
 * Returns the project of a key that is made for the owner: one that is bound to a project has its keys there. Throws
 * `api_key_owner_not_found`, `service_identity_disabled`, `invalid_input`.
 */
export async function projectWithin(
  ctx: ActorContext,
  { tenant_id, project_id }: Place,
  { service_identity_id }: Owner,
): Promise<string | undefined> {
  if (service_identity_id === null) return project_id;
  const found = await findKeyOwner(ctx, tenant_id, service_identity_id);
  if (found === undefined) throw apiKeyErrors.ownerNotFound();
  if (found.project_id === null || project_id === found.project_id) return project_id;
  if (project_id === undefined) return found.project_id;
  const message = 'must be the project that the service identity is bound to';
  throw kernelErrors.invalidInput({ errors: [{ pointer: '/project_id', message }] });
}

/**
 * Throws `forbidden` for the key of a service identity for which the caller makes no keys, because it lies beyond the
 * project of the caller: whoever replaces a key holds the new plaintext.
 */
export async function requireOwnerInReach(
  ctx: ActorContext,
  { tenant_id, service_identity_id }: Pick<ApiKey, 'tenant_id' | 'service_identity_id'>,
): Promise<void> {
  if (service_identity_id === null || service_identity_id === ctx.actor.service_identity_id) return;
  if ((await findKeyOwner(ctx, tenant_id, service_identity_id)) === undefined)
    throw kernelErrors.forbidden({ detail: 'The key belongs to a service identity for which you make no keys.' });
}

/** Holds the owner until the transaction ends, after its tenant. Throws `api_key_owner_not_found`, `service_identity_disabled`, and `unauthenticated` for a user that was deactivated. */
export async function holdOwner(
  ctx: ActorContext,
  tx: Tx,
  { tenant_id, owner }: { readonly tenant_id: string; readonly owner: Owner },
): Promise<void> {
  const { user_id, service_identity_id } = owner;
  if (service_identity_id !== null && (await holdKeyOwner(ctx, tx, tenant_id, service_identity_id)) === undefined)
    throw apiKeyErrors.ownerNotFound();
  // The tenant is held alone, so no deactivation is under way.
  if (user_id !== null && ((await users.findUser(tx, user_id))?.disabled_at ?? null) !== null)
    throw refusedCredential(DISABLED);
}
