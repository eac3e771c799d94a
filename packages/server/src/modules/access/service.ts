/** Access: who a caller is, and what the audit log keeps of who came in and who did not. */
import { isIP } from 'node:net';
import { anonymousActor } from '../../kernel/actor.ts';
import type { AccessEntry } from '../../kernel/buffered/access-log.ts';
import type { ActorContext } from '../../kernel/context.ts';
import { violates } from '../../kernel/errors/from-database.ts';
import { transact } from '../../kernel/transact.ts';
import { accessEvents } from './record/schema.ts';
import type { Caller } from './schema.ts';

export { checkAccess, checkAccessBatch } from './check.ts';

/** Returns the caller's identity and permissions. */
export async function whoAmI({ actor, grants }: ActorContext): Promise<Caller> {
  const { type, id, name, tenant_id, project_id, user_id, service_identity_id, roles } = actor;
  if (type === 'anonymous' || type === 'system') throw new Error('behind authentication every caller has a credential');
  const held = grants.permissions.filter((permission) => actor.permissions.has(permission));
  const who = { type, id, name, tenant_id, project_id, user_id, service_identity_id };
  return { ...who, roles: [...roles], permissions: held };
}

/** Writes one entry into the audit log, under the name of whom it tells of; of no tenant, when theirs does not exist. */
export async function recordAccess(ctx: ActorContext, entry: AccessEntry): Promise<void> {
  try {
    await write(ctx, entry);
  } catch (error) {
    const { note } = entry;
    if (note.kind === 'failed' || !violates(error, 'audit_log_tenant_id_fkey')) throw error;
    // Deleted meanwhile, or known to the identity provider alone.
    const { actor } = note;
    const description = `There is no tenant ${actor.tenant_id}, which the credential names.`;
    await write(ctx, { ...entry, note: { ...note, actor: { ...actor, tenant_id: null } } }, description);
  }
}

async function write(
  ctx: ActorContext,
  { note, count, first_at, last_at }: AccessEntry,
  description?: string,
): Promise<string> {
  const many = { count, first_at: first_at.toISOString(), last_at: last_at.toISOString() };
  switch (note.kind) {
    case 'failed': {
      const { credential, reason, source_ip } = note;
      const address = isIP(source_ip) === 0 ? null : source_ip; // 'many', or not known
      const actor = anonymousActor(source_ip);
      return transact({ ...ctx, actor, sourceIp: address }, (_, record) =>
        record(accessEvents.signInFailed, { credential, reason, source_ip, ...many }),
      );
    }
    case 'denied': {
      const { actor, permission, procedure } = note;
      const { tenant_id } = actor;
      return transact({ ...ctx, actor }, (_, record) =>
        record(accessEvents.denied, { tenant_id, permission, procedure, ...many }, { description }),
      );
    }
    case 'used': {
      const { actor } = note;
      const { tenant_id, project_id, type: credential, id: actor_id, name: actor_name, roles } = actor;
      const payload = { tenant_id, project_id, credential, actor_id, actor_name, roles: [...roles] };
      return transact({ ...ctx, actor }, (_, record) => record(accessEvents.credentialUsed, payload, { description }));
    }
    default:
      return note satisfies never;
  }
}
