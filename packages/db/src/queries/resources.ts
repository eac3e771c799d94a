/** Every statement about resources: what runs the machines of a project. */
import type { Insertable, Selectable, Updateable } from 'kysely';
import { fixedRow } from '../fixed.ts';
import type { Db, Tx } from '../handles.ts';
import { keyset, type PageRequest } from '../keyset.ts';
import { columns, type Resources } from '../schema.ts';

export type ResourceRow = Selectable<Resources>;

export const findResource = fixedRow('find_resource', (db, id: string) =>
  db.selectFrom('resources').select(columns.resources).where('id', '=', id),
);

export function lockResource(tx: Tx, id: string): Promise<ResourceRow | undefined> {
  return tx.selectFrom('resources').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
}

/** Locks the row against its deletion alone: nodes are made of it meanwhile. Undefined when the project has none such. */
export function lockResourceOfProject(
  tx: Tx,
  { tenant_id, project_id, id }: Pick<ResourceRow, 'tenant_id' | 'project_id' | 'id'>,
): Promise<Pick<ResourceRow, 'id'> | undefined> {
  return tx
    .selectFrom('resources')
    .select('id')
    .where('tenant_id', '=', tenant_id)
    .where('project_id', '=', project_id)
    .where('id', '=', id)
    .forKeyShare()
    .executeTakeFirst();
}

export interface ResourceFilter {
  readonly tenant_id: string;
  readonly project_id?: string | undefined;
  readonly kind?: string | undefined;
}

/** Lists newest first. */
export function listResources(db: Db, filter: ResourceFilter, page: PageRequest): Promise<ResourceRow[]> {
  let query = keyset(db.selectFrom('resources').selectAll(), ['id'], page).where('tenant_id', '=', filter.tenant_id);
  for (const column of ['project_id', 'kind'] as const) {
    const value = filter[column];
    if (value !== undefined) query = query.where(column, '=', value);
  }
  return query.execute();
}

export function insertResource(tx: Tx, resource: Insertable<Resources>): Promise<ResourceRow> {
  return tx
    .insertInto('resources')
    .values({ ...resource, updated_at: resource.created_at })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export type ResourceChanges = Pick<Updateable<Resources>, 'kind' | 'name' | 'external_ref'>;

export function updateResource(tx: Tx, id: string, changes: ResourceChanges): Promise<ResourceRow> {
  return tx.updateTable('resources').set(changes).where('id', '=', id).returningAll().executeTakeFirstOrThrow();
}

/** A resource that still has nodes is refused by their foreign key. */
export async function deleteResource(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('resources').where('id', '=', id).execute();
}
