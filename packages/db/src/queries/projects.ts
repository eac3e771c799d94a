/** Every statement about projects. */
import type { Insertable, Selectable, Updateable } from 'kysely';
import { fixedRow } from '../fixed.ts';
import type { Db, Tx } from '../handles.ts';
import { keyset, type PageRequest } from '../keyset.ts';
import { columns, type RoleBindings, type TenantProjectStatus, type TenantProjects } from '../schema.ts';

export type ProjectRow = Selectable<TenantProjects>;

export interface ProjectFilter {
  readonly tenant_id: string;
  readonly id?: string | undefined;
  readonly status?: TenantProjectStatus | undefined;
}

export const findProject = fixedRow('find_project', (db, id: string) =>
  db.selectFrom('tenant_projects').select(columns.tenant_projects).where('id', '=', id),
);

export function lockProject(tx: Tx, id: string): Promise<ProjectRow | undefined> {
  return tx.selectFrom('tenant_projects').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
}

/**
 * Locks the row against changes, but not against other shared locks: the archiving of the project waits for writes
 * inside it.
 */
export function lockProjectShared(tx: Tx, tenantId: string, id: string): Promise<ProjectRow | undefined> {
  return tx
    .selectFrom('tenant_projects')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .forShare()
    .executeTakeFirst();
}

export function listProjects(
  db: Db,
  { tenant_id, id, status }: ProjectFilter,
  page: PageRequest,
): Promise<ProjectRow[]> {
  return keyset(db.selectFrom('tenant_projects').selectAll(), ['id'], page)
    .where('tenant_id', '=', tenant_id)
    .$if(id !== undefined, (query) => query.where('id', '=', id as string))
    .$if(status !== undefined, (query) => query.where('status', '=', status as TenantProjectStatus))
    .execute();
}

export function insertProject(tx: Tx, project: Insertable<TenantProjects>): Promise<ProjectRow> {
  return tx
    .insertInto('tenant_projects')
    .values({ ...project, updated_at: project.created_at })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export function updateProject(tx: Tx, id: string, changes: Updateable<TenantProjects>): Promise<ProjectRow> {
  return tx.updateTable('tenant_projects').set(changes).where('id', '=', id).returningAll().executeTakeFirstOrThrow();
}

/** Makes the owner of a new project its admin. */
export function insertOwnerBinding(
  tx: Tx,
  binding: Pick<Insertable<RoleBindings>, 'id' | 'tenant_id' | 'project_id' | 'user_id' | 'created_at'>,
): Promise<Selectable<RoleBindings>> {
  return tx
    .insertInto('role_bindings')
    .values({ ...binding, level: 'admin', updated_at: binding.created_at })
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Locks the projects that the user owns, in the order of their ids: they are deleted with it. */
export function lockOwnedProjects(
  tx: Tx,
  { tenant_id, user_id }: { readonly tenant_id: string; readonly user_id: string },
): Promise<ProjectRow[]> {
  return tx
    .selectFrom('tenant_projects')
    .selectAll()
    .where('tenant_id', '=', tenant_id)
    .where('owner_user_id', '=', user_id)
    .orderBy('id')
    .forUpdate()
    .execute();
}
