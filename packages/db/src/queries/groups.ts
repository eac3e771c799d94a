/** Every statement about groups themselves. */
import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import { fixedRow } from '../fixed.ts';
import type { Db, Tx } from '../handles.ts';
import { keyset, type PageRequest } from '../keyset.ts';
import { columns, type Groups, type GroupsSource, type TenantIdpConfig } from '../schema.ts';
import type { TenantRole } from '../types.ts';

export type GroupRow = Selectable<Groups>;

export interface GroupFilter {
  readonly tenant_id: string;
  readonly source?: GroupsSource | undefined;
}

export const findGroup = fixedRow('find_group', (db, id: string) =>
  db.selectFrom('groups').select(columns.groups).where('id', '=', id),
);

export function lockGroup(tx: Tx, id: string): Promise<GroupRow | undefined> {
  return tx.selectFrom('groups').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
}

/** Locks the row against changes, but not against other shared locks: for changes of who is in the group. */
export function lockGroupShared(tx: Tx, id: string): Promise<GroupRow | undefined> {
  return tx.selectFrom('groups').selectAll().where('id', '=', id).forShare().executeTakeFirst();
}

/** Locks the group of the tenant that has the slug, as `lockGroupShared` does: for things that belong to it. */
export function lockGroupOfSlugShared(tx: Tx, tenantId: string, slug: string): Promise<GroupRow | undefined> {
  return tx
    .selectFrom('groups')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('slug', '=', slug)
    .forShare()
    .executeTakeFirst();
}

export function listGroups(db: Db, { tenant_id, source }: GroupFilter, page: PageRequest): Promise<GroupRow[]> {
  return keyset(db.selectFrom('groups').selectAll(), ['id'], page)
    .where('tenant_id', '=', tenant_id)
    .$if(source !== undefined, (query) => query.where('source', '=', source as GroupsSource))
    .execute();
}

/** Counts the groups of the tenant, whatever their source. */
export async function findGroupsInUse(db: Db, tenantId: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`select count(*) as n from groups where tenant_id = ${tenantId}`.execute(db);
  return rows[0]?.n ?? 0;
}

export function insertGroup(tx: Tx, group: Insertable<Groups>): Promise<GroupRow> {
  return tx
    .insertInto('groups')
    .values({ ...group, updated_at: group.created_at })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export type GroupChanges = Pick<Updateable<Groups>, 'slug' | 'display_name' | 'tenant_role'>;

export function updateGroup(tx: Tx, id: string, changes: GroupChanges): Promise<GroupRow> {
  return tx.updateTable('groups').set(changes).where('id', '=', id).returningAll().executeTakeFirstOrThrow();
}

/** Deletes the group with its memberships, its edges and its role bindings. */
export async function deleteGroup(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('groups').where('id', '=', id).execute();
}

/** Locks a configuration of the tenant against changes, but not against other groups that begin to mirror it. */
export function lockMirroredConfig(
  tx: Tx,
  tenantId: string,
  id: string,
): Promise<Pick<Selectable<TenantIdpConfig>, 'kind' | 'status'> | undefined> {
  return tx
    .selectFrom('tenant_idp_config')
    .select(['kind', 'status'])
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .forShare()
    .executeTakeFirst();
}

/** A user or a service identity of a tenant. */
export interface PrincipalInTenant {
  readonly tenant_id: string;
  readonly user_id: string | null;
  readonly service_identity_id: string | null;
}

/** A group that a principal is in. */
export interface EffectiveGroupRow {
  readonly group_id: string;
  readonly slug: string;
  readonly display_name: string;
  readonly tenant_role: TenantRole | null;
  /** 1: a member itself; 2: through one group; and so on. */
  readonly depth: number;
}

/** The groups that the principal is in, itself and through other groups, each once with its least distance. */
export async function listGroupsOfPrincipal(
  db: Db,
  { tenant_id, user_id, service_identity_id }: PrincipalInTenant,
  { limit, after }: PageRequest,
): Promise<EffectiveGroupRow[]> {
  const start = after === undefined ? sql`` : sql`and g.id < ${after[0]}::uuid`;
  const { rows } = await sql<EffectiveGroupRow>`
    select g.id as group_id, g.slug, g.display_name, g.tenant_role, r.depth
    from groups_of_principal(${user_id}::uuid, ${service_identity_id}::uuid) r
      -- Each is probed for: how few the function returns is more than the planner knows.
      cross join lateral (select * from groups where id = r.group_id offset 0) g
    where g.tenant_id = ${tenant_id} ${start}
    order by g.id desc limit ${limit + 1}`.execute(db);
  return rows;
}
