/**
 * Every statement about who is in groups. Two tables make edges between groups, memberships of groups and group_parents, and
 * both mean one thing: the members of the child are members of the parent.
 */
import { type RawBuilder, type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../handles.ts';
import { keyset, type PageRequest } from '../keyset.ts';
import type { GroupMembershipsSource, GroupParents, Groups, RoleLevel } from '../schema.ts';
import type { TenantRole } from '../types.ts';

/** Groups that a chain has at most: groups_of_principal looks no further. */
export const CHAIN_MAX = 32;

/**
 * Holds the edges between the groups of the tenant of a group until the transaction ends: whoever adds an edge sees all
 * others, and none is added meanwhile. It is taken after the lock of the tenant and before the rows of groups.
 */
export async function lockGroupGraph(tx: Tx, groupId: string): Promise<void> {
  await sql`
    select pg_advisory_xact_lock(hashtextextended('groups ' || tenant_id, 0)) from groups where id = ${groupId}`.execute(
    tx,
  );
}

/** Counts the edges between groups of the tenant, in both tables. */
export async function findGroupEdgesInUse(db: Db, tenantId: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select (select count(*) from group_parents where tenant_id = ${tenantId}) + (
      select count(*) from groups as g join group_memberships as m on m.group_id = g.id
      where g.tenant_id = ${tenantId} and m.principal_group_id is not null) as n`.execute(db);
  return rows[0]?.n ?? 0;
}

/** The kinds of members of a group. */
export interface Principal {
  readonly type: 'user' | 'service_identity' | 'group';
  readonly id: string;
}

export interface GroupMember {
  /** The key of its page. */
  readonly key: string;
  readonly principal: Principal & { readonly name: string };
  readonly source: GroupMembershipsSource;
  /** 1 for who is in the group itself, and one more for each group in between. */
  readonly depth: number;
  readonly created_at: string;
}

export interface NewGroupMember {
  readonly id: string;
  readonly tenant_id: string;
  readonly group_id: string;
  readonly principal: Principal;
  readonly source: GroupMembershipsSource;
  readonly created_at: Date;
}

const columns = {
  user: 'principal_user_id',
  service_identity: 'principal_service_identity_id',
  group: 'principal_group_id',
} as const;

/** SQL: the index group_memberships_unique_edge, in which an absent principal is the zero UUID. */
const NOBODY = sql`'00000000-0000-0000-0000-000000000000'::uuid`;
const uniqueEdge = sql.join([
  sql.ref('group_id'),
  ...Object.values(columns).map((column) => sql`coalesce(${sql.ref(column)}, ${NOBODY})`),
]);

/** Puts the principal into the group; tells whether it was not in it. */
export async function insertGroupMember(tx: Tx, { principal, ...edge }: NewGroupMember): Promise<boolean> {
  const inserted = await tx
    .insertInto('group_memberships')
    .values({ ...edge, [columns[principal.type]]: principal.id })
    .onConflict((conflict) => conflict.expression(uniqueEdge).doNothing())
    .returning('id')
    .executeTakeFirst();
  return inserted !== undefined;
}

export type GroupMemberKey = Pick<NewGroupMember, 'tenant_id' | 'group_id' | 'principal'>;

/** Tells whether the principal is in the group itself. */
export async function findGroupMember(db: Db, { tenant_id, group_id, principal }: GroupMemberKey): Promise<boolean> {
  const found = await db
    .selectFrom('group_memberships')
    .select('id')
    .where('tenant_id', '=', tenant_id)
    .where('group_id', '=', group_id)
    .where(columns[principal.type], '=', principal.id)
    .executeTakeFirst();
  return found !== undefined;
}

/** Takes the principal out of the group; tells whether it was in it. */
export async function deleteGroupMember(tx: Tx, { tenant_id, group_id, principal }: GroupMemberKey): Promise<boolean> {
  const deleted = await tx
    .deleteFrom('group_memberships')
    .where('tenant_id', '=', tenant_id)
    .where('group_id', '=', group_id)
    .where(columns[principal.type], '=', principal.id)
    .returning('id')
    .executeTakeFirst();
  return deleted !== undefined;
}

/** Lists who is in the group itself, the newest first. */
export function listGroupMembers(
  db: Db,
  { tenant_id, group_id }: Omit<GroupMemberKey, 'principal'>,
  page: PageRequest,
) {
  const edges = keyset(db.selectFrom('group_memberships').selectAll(), ['id'], page)
    .where('tenant_id', '=', tenant_id)
    .where('group_id', '=', group_id);
  return listNamed(db, sql`select e.*, e.id as key, 1 as depth from (${edges}) as e`);
}

/**
 * Lists the users and service identities that are in the group or in a group below it, each once, at its least depth. Of
 * each group below only as many rows as a page has are read.
 */
export function listEffectiveMembers(db: Db, groupId: string, { limit, after }: PageRequest) {
  const nearest = (type: 'user' | 'service_identity') => {
    const principal = sql.ref(columns[type]);
    return sql`
    select ${principal} as key, m.* from group_memberships as m
    where m.group_id = g.group_id and ${principal} is not null
      ${after === undefined ? sql`` : sql`and ${principal} < ${after[0]}::uuid`}
    order by ${principal} desc limit ${limit + 1}`;
  };
  return listNamed(
    db,
    sql`
      with recursive ${below(groupId, CHAIN_MAX)}
      select distinct on (m.key) m.*, g.depth
      from (select group_id, min(depth) as depth from below group by group_id) as g
      cross join lateral (
        (${nearest('user')}) union all (${nearest('service_identity')})
      ) as m
      order by m.key desc, g.depth, m.id limit ${limit + 1}`,
  );
}

async function listNamed(db: Db, found: RawBuilder<unknown>): Promise<GroupMember[]> {
  type Row = Omit<GroupMember, 'principal'> & Principal & { readonly name: string };
  const { rows } = await sql<Row>`
    select f.key, f.source, f.depth, f.created_at,
      case when u.id is not null then 'user' when s.id is not null then 'service_identity' else 'group' end as type,
      coalesce(u.id, s.id, g.id) as id, coalesce(u.display_name, s.display_name, g.display_name) as name
    from (${found}) as f
    left join users as u on u.id = f.principal_user_id
    left join service_identities as s on s.id = f.principal_service_identity_id
    left join groups as g on g.id = f.principal_group_id
    order by f.key desc`.execute(db);
  return rows.map(({ type, id, name, ...member }) => ({ ...member, principal: { type, id, name } }));
}

export type GroupEdge = Pick<Selectable<GroupParents>, 'tenant_id' | 'parent_id' | 'child_id'>;

/** Lists the groups that group_parents puts below the group, by id, the newest first. */
export async function listGroupChildren(
  db: Db,
  { tenant_id, parent_id }: Omit<GroupEdge, 'child_id'>,
  page: PageRequest,
): Promise<Selectable<Groups>[]> {
  const edges = keyset(db.selectFrom('group_parents').selectAll(), ['child_id'], page)
    .where('tenant_id', '=', tenant_id)
    .where('parent_id', '=', parent_id);
  const { rows } = await sql<Selectable<Groups>>`
    select g.* from (${edges}) as e join groups as g on g.id = e.child_id order by g.id desc`.execute(db);
  return rows;
}

export function insertGroupChild(tx: Tx, edge: GroupEdge & { readonly created_at: Date }) {
  return tx.insertInto('group_parents').values(edge).returningAll().executeTakeFirstOrThrow();
}

/** Takes the child from below the parent; tells whether it was there. */
export async function deleteGroupChild(tx: Tx, { tenant_id, parent_id, child_id }: GroupEdge): Promise<boolean> {
  const deleted = await tx
    .deleteFrom('group_parents')
    .where('tenant_id', '=', tenant_id)
    .where('parent_id', '=', parent_id)
    .where('child_id', '=', child_id)
    .returning('child_id')
    .executeTakeFirst();
  return deleted !== undefined;
}

/**
 * SQL: the groups below a group, itself at depth 1, down to a depth. A group that is there by ways of several lengths is
 * there once for each length, and not for each way: ways double with every diamond.
 */
function below(groupId: string, depthMax: number): RawBuilder<unknown> {
  return sql`below (group_id, depth) as (
    select ${groupId}::uuid, 1
    union
    select e.child_id, b.depth + 1
    from below as b cross join lateral (
      select principal_group_id as child_id from group_memberships
      where group_id = b.group_id and principal_group_id is not null
      union all
      select child_id from group_parents where parent_id = b.group_id
    ) as e
    where b.depth < ${depthMax}::int
  )`;
}

/** SQL: the groups above a group, as `below` has those below it. */
function above(groupId: string, depthMax: number): RawBuilder<unknown> {
  return sql`above (group_id, depth) as (
    select ${groupId}::uuid, 1
    union
    select e.parent_id, a.depth + 1
    from above as a cross join lateral (
      select group_id as parent_id from group_memberships where principal_group_id = a.group_id
      union all
      select parent_id from group_parents where child_id = a.group_id
    ) as e
    where a.depth < ${depthMax}::int
  )`;
}

export interface GroupChain {
  /** True when the parent is also below the child. */
  readonly circular: boolean;
  /** How many groups the longest chain has that goes from below the child through the parent; counted to CHAIN_MAX + 1 on each side. */
  readonly groups: number;
}

/** Finds what an edge between two groups leads to. */
export async function findChain(db: Db, { parent_id, child_id }: Omit<GroupEdge, 'tenant_id'>): Promise<GroupChain> {
  const { rows } = await sql<GroupChain>`
    with recursive ${above(parent_id, CHAIN_MAX + 1)}, ${below(child_id, CHAIN_MAX + 1)}
    select exists (select from above where group_id = ${child_id}) as circular,
      (select max(depth) from above) + (select max(depth) from below) as groups`.execute(db);
  const [chain] = rows;
  if (chain === undefined) throw new Error('a select without a from gives one row');
  return chain;
}

export interface GroupPowers {
  readonly roles: readonly TenantRole[];
  readonly levels: readonly RoleLevel[];
}

/** Lists the roles and levels that members get from the group and from the groups above it. */
export async function listGroupPowers(db: Db, groupId: string): Promise<GroupPowers> {
  const { rows } = await sql<GroupPowers>`
    with recursive ${above(groupId, CHAIN_MAX)}
    select
      array(select distinct g.tenant_role from above as a join groups as g on g.id = a.group_id
        where g.tenant_role is not null) as roles,
      array(select distinct b.level::text from above as a join role_bindings as b on b.group_id = a.group_id) as levels`.execute(
    db,
  );
  const [powers] = rows;
  if (powers === undefined) throw new Error('a select without a from gives one row');
  return powers;
}

/** An edge that ended, with the group that lost it. */
export interface EndedEdge {
  readonly kind: 'member' | 'child';
  readonly principal: Principal;
  readonly group: Selectable<Groups>;
}

export interface PrincipalsInTenant {
  readonly tenant_id: string;
  readonly principals: readonly Principal[];
}

/** Locks the groups that the principals are in themselves against changes of the groups, in the order of their ids. */
async function lockGroupsOf(
  tx: Tx,
  tenantId: string,
  { users, programs, groups }: IdsByType,
): Promise<Map<string, Selectable<Groups>>> {
  const { rows } = await sql<Selectable<Groups>>`
    select * from groups
    where tenant_id = ${tenantId} and id = any(array(
      select group_id from group_memberships
      where principal_user_id = any(${users}::uuid[])
        or principal_service_identity_id = any(${programs}::uuid[])
        or principal_group_id = any(${groups}::uuid[])
      union
      select parent_id from group_parents where child_id = any(${groups}::uuid[])
    ))
    order by id for share`.execute(tx);
  return new Map(rows.map((row) => [row.id, row]));
}

interface IdsByType {
  readonly users: readonly string[];
  readonly programs: readonly string[];
  readonly groups: readonly string[];
}

/**
 * Takes the principals out of every group that they are in themselves, and groups from below their parents, and returns the
 * edges that ended by group.
 */
export async function deleteEdgesOf(tx: Tx, { tenant_id, principals }: PrincipalsInTenant): Promise<EndedEdge[]> {
  const idsOf = (type: Principal['type']) => principals.filter((each) => each.type === type).map(({ id }) => id);
  const ids = { users: idsOf('user'), programs: idsOf('service_identity'), groups: idsOf('group') };
  const locked = await lockGroupsOf(tx, tenant_id, ids);
  const { rows } = await sql<{ kind: EndedEdge['kind']; type: Principal['type']; id: string; group_id: string }>`
    with members as (
      delete from group_memberships
      where principal_user_id = any(${ids.users}::uuid[])
        or principal_service_identity_id = any(${ids.programs}::uuid[])
        or principal_group_id = any(${ids.groups}::uuid[])
      returning group_id, principal_user_id, principal_service_identity_id, principal_group_id
    ), children as (
      delete from group_parents where child_id = any(${ids.groups}::uuid[]) returning parent_id, child_id
    )
    select 'member' as kind, group_id,
      case when principal_user_id is not null then 'user'
        when principal_service_identity_id is not null then 'service_identity' else 'group' end as type,
      coalesce(principal_user_id, principal_service_identity_id, principal_group_id) as id
    from members
    union all
    select 'child', parent_id, 'group', child_id from children
    order by group_id, id`.execute(tx);
  return rows.flatMap(({ kind, type, id, group_id }) => {
    const group = locked.get(group_id);
    return group === undefined ? [] : [{ kind, principal: { type, id }, group }];
  });
}
