/** Makes tenants with rows in every table. */
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
