/** Makes tenants with rows in every table, and takes away those that keep a tenant from being deleted. */
import { randomUUID } from 'node:crypto';
import type { Db } from '../src/handles.ts';
import { inOrderOfForeignKeys } from './tenant-tables.ts';

/** Makes a tenant with rows in every table: in two projects, of which one is named, and in none. */
export async function populatedTenant(db: Db): Promise<{ id: string; project: string }> {
  const [tenant_id, project, other] = [randomUUID(), randomUUID(), randomUUID()];
  for (const { insertRows } of await inOrderOfForeignKeys(db)) {
    await insertRows(db, { tenant_id, projects: [project, other] });
  }
  return { id: tenant_id, project };
}

/**
 * Deletes the people, programs, groups, databases and machines of the tenant, with all that goes with them: while they exist
 * it cannot go.
 */
export async function deleteIdentities(db: Db, tenantId: string): Promise<void> {
  for (const table of [
    'nodes',
    'resources',
    'databases',
    'groups',
    'service_identities',
    'users',
    'spiffe_trust_bundles',
    'sign_in_flows',
  ] as const) {
    await db.deleteFrom(table).where('tenant_id', '=', tenantId).execute();
  }
}
