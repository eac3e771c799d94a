/** Role bindings that begin and end with something else: with a project, a user, a service identity or a group. */
import { roleBindings, type Tx } from '@tenant-registry/db';
import type { RecordEvent } from '../../../kernel/transact.ts';
import { type RoleBinding, roleBinding, roleBindingEvents } from '../schema.ts';

type Principal = roleBindings.BoundPrincipal;

/** Records that whoever made a project is its admin. */
export async function recordOwnerBinding(record: RecordEvent, row: roleBindings.RoleBindingRow): Promise<void> {
  await record(roleBindingEvents.set, shown(row));
}

/** Deletes the bindings of the principals and those in the projects, with an event for each. */
export async function endRoleBindings(
  { tx, record }: { readonly tx: Tx; readonly record: RecordEvent },
  which: roleBindings.RoleBindingsToEnd,
): Promise<void> {
  for (const row of await roleBindings.deleteRoleBindings(tx, which))
    await record(roleBindingEvents.removed, shown(row));
}

/** Returns the row as callers see it. */
export function shown({ user_id, service_identity_id, group_id, ...row }: roleBindings.RoleBindingRow): RoleBinding {
  return roleBinding.parse({ ...row, principal: principalOf({ user_id, service_identity_id, group_id }) });
}

type Columns = Pick<roleBindings.RoleBindingRow, 'user_id' | 'service_identity_id' | 'group_id'>;

function principalOf({ user_id, service_identity_id, group_id }: Columns): Principal {
  if (user_id !== null) return { type: 'user', id: user_id };
  if (service_identity_id !== null) return { type: 'service_identity', id: service_identity_id };
  if (group_id !== null) return { type: 'group', id: group_id };
  throw new Error('a check of the database demands a principal');
}
