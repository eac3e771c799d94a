/** Every statement about role bindings: the level of a user, a service identity or a group in a project. */
import { type Selectable, sql } from 'kysely';
import type { DatabaseHandle } from '../database.ts';
import type { Db, Tx } from '../handles.ts';
import { keyset, type PageRequest } from '../keyset.ts';
import type { RoleBindings, RoleLevel } from '../schema.ts';
import type { TenantRole } from '../types.ts';
import { OPEN_MARKS } from './principals.ts';
import type { PlacedMark } from './replica-leases.ts';

const shown = [
  'id',
  'tenant_id',
  'project_id',
  'user_id',
  'service_identity_id',
  'group_id',
  'level',
  'created_at',
  'updated_at',
] as const;

export type RoleBindingRow = Pick<Selectable<RoleBindings>, (typeof shown)[number]>;

export interface BoundPrincipal {
  readonly type: 'user' | 'service_identity' | 'group';
  readonly id: string;
}

/** Names one binding. */
export interface RoleBindingKey {
  readonly project_id: string;
  readonly principal: BoundPrincipal;
}

export interface NewRoleBinding extends RoleBindingKey {
  readonly id: string;
  readonly tenant_id: string;
  readonly level: RoleLevel;
  readonly created_at: Date;
}

const columnOf = ({ type }: BoundPrincipal) => `${type}_id` as const;

export function lockRoleBinding(
  tx: Tx,
  { project_id, principal }: RoleBindingKey,
): Promise<RoleBindingRow | undefined> {
  return tx
    .selectFrom('role_bindings')
    .select(shown)
    .where('project_id', '=', project_id)
    .where(columnOf(principal), '=', principal.id)
    .forUpdate()
    .executeTakeFirst();
}

export interface RoleBindingFilter {
  readonly project_id: string;
  readonly principal?: BoundPrincipal | undefined;
}

export function listRoleBindings(
  db: Db,
  { project_id, principal }: RoleBindingFilter,
  page: PageRequest,
): Promise<RoleBindingRow[]> {
  const bindings = keyset(db.selectFrom('role_bindings').select(shown), ['id'], page).where(
    'project_id',
    '=',
    project_id,
  );
  return (principal === undefined ? bindings : bindings.where(columnOf(principal), '=', principal.id)).execute();
}

/**
 * Binds the principal, or changes the level that it has, also of a binding that another transaction makes at this moment.
 * Resolves to undefined when it has that level already.
 */
export function insertOrUpdateRoleBinding(
  tx: Tx,
  { principal, ...binding }: NewRoleBinding,
): Promise<RoleBindingRow | undefined> {
  const column = columnOf(principal);
  return tx
    .insertInto('role_bindings')
    .values({ ...binding, [column]: principal.id, updated_at: binding.created_at })
    .onConflict((conflict) =>
      conflict
        .columns(['project_id', column])
        .doUpdateSet((eb) => ({ level: eb.ref('excluded.level') }))
        .whereRef('role_bindings.level', '<>', (eb) => eb.ref('excluded.level')),
    )
    .returning(shown)
    .executeTakeFirst();
}

export function deleteRoleBinding(
  tx: Tx,
  { project_id, principal }: RoleBindingKey,
): Promise<RoleBindingRow | undefined> {
  return tx
    .deleteFrom('role_bindings')
    .where('project_id', '=', project_id)
    .where(columnOf(principal), '=', principal.id)
    .returning(shown)
    .executeTakeFirst();
}

/** Whose level in which project of which tenant is asked for. */
export interface LevelQuestion {
  readonly tenant_id: string;
  readonly project_id: string;
  readonly user_id: string | null;
  readonly service_identity_id: string | null;
}

/** The level of a principal in a project of its tenant, and the marks of changes that it may already show. */
export interface FoundLevel {
  readonly level: RoleLevel | null;
  readonly marks: readonly PlacedMark[];
}

const LEVEL = `
  select (
    select max(b.level) from (
      select level from role_bindings where project_id = p.id and user_id = $3::uuid
      union all
      select level from role_bindings where project_id = p.id and service_identity_id = $4::uuid
      union all
      select g.level from groups_of_principal($3::uuid, $4::uuid) r
      join role_bindings g on g.project_id = p.id and g.group_id = r.group_id
    ) b
  ) as level, ${OPEN_MARKS} as marks
  from tenant_projects p join tenants t on t.id = p.tenant_id
  where p.id = $2::uuid and t.id = $1::uuid`;

/** Prepares the read of the highest level of a principal in a project. It gives undefined when the tenant has no such project. */
export function prepareFindLevel(database: Pick<DatabaseHandle, 'prepare'>) {
  const find = database.prepare<{ level: RoleLevel | null; marks: PlacedMark[] | null }>({
    name: 'find_project_level',
    text: LEVEL,
  });
  return async ({ tenant_id, project_id, ...principal }: LevelQuestion): Promise<FoundLevel | undefined> => {
    const [row] = await find([tenant_id, project_id, principal.user_id, principal.service_identity_id]);
    return row && { level: row.level, marks: row.marks ?? [] };
  };
}

/** A user or a service identity. */
export interface Holder {
  readonly type: 'user' | 'service_identity';
  readonly id: string;
}

/** The holders whose levels a change of these groups, and of these holders themselves, can touch. */
export interface AffectedPrincipals {
  readonly tenant_id: string;
  readonly users?: readonly string[];
  readonly service_identities?: readonly string[];
  readonly groups?: readonly string[];
}

/** Lists those holders once each by their ids, members of members included, and at most `limit` of them. */
export async function listAffectedHolders(
  db: Db,
  { tenant_id, users = [], service_identities = [], groups = [] }: AffectedPrincipals,
  limit: number,
): Promise<Holder[]> {
  const { rows } = await sql<Holder>`
    with recursive below (group_id) as (
      select id from groups where tenant_id = ${tenant_id} and id = any(${[...groups]}::uuid[])
      union
      select e.child_id from below b cross join lateral (
        select m.principal_group_id as child_id from group_memberships m
        where m.group_id = b.group_id and m.principal_group_id is not null
        union all
        select p.child_id from group_parents p where p.parent_id = b.group_id
      ) e
    ), member as (
      select m.principal_user_id as user_id, m.principal_service_identity_id as service_identity_id
      from below b join group_memberships m on m.group_id = b.group_id
    )
    select 'user' as type, u.id from users u
    where u.tenant_id = ${tenant_id} and u.id in (
      select unnest(${[...users]}::uuid[]) union select user_id from member where user_id is not null)
    union all
    select 'service_identity', s.id from service_identities s
    where s.tenant_id = ${tenant_id} and s.id in (
      select unnest(${[...service_identities]}::uuid[])
      union select service_identity_id from member where service_identity_id is not null)
    order by type, id
    limit ${limit}`.execute(db);
  return rows;
}

/** What a holder has that decides its levels, wherever it is. */
export interface HolderStanding extends Holder {
  /** Its own roles, and those of its groups. */
  readonly roles: readonly TenantRole[];
  /** Disabled or deleted: it may do nothing. */
  readonly disabled: boolean;
  /** The project that a service identity is bound to. */
  readonly project_id: string | null;
}

/** Lists the standings of those of the holders that there are. */
export async function listHolderStandings(db: Db, holders: readonly Holder[]): Promise<HolderStanding[]> {
  const { rows } = await sql<HolderStanding>`
    select 'user' as type, u.id, null::uuid as project_id,
      u.disabled_at is not null or u.deleted_at is not null as disabled,
      array(
        select unnest(u.roles)
        union
        select g.tenant_role from groups_of_principal(u.id, null) r join groups g on g.id = r.group_id
        where g.tenant_role is not null
      ) as roles
    from users u where u.id = any(${idsOf(holders, 'user')}::uuid[])
    union all
    select 'service_identity', s.id, s.project_id, s.disabled_at is not null, array(
      select distinct g.tenant_role from groups_of_principal(null, s.id) r join groups g on g.id = r.group_id
      where g.tenant_role is not null
    )
    from service_identities s where s.id = any(${idsOf(holders, 'service_identity')}::uuid[])`.execute(db);
  return rows;
}

/** The highest level that role bindings give a holder in a project. */
export interface BoundLevel extends Holder {
  readonly project_id: string;
  readonly level: RoleLevel;
}

/**
 * Lists the levels that role bindings give the holders, in one project or in all that the handle sees, by the type and the
 * id of the holder, and at most `limit` of them.
 */
export async function listBoundLevels(
  db: Db,
  holders: readonly Holder[],
  { project_id, limit }: { readonly project_id?: string | undefined; readonly limit?: number },
): Promise<BoundLevel[]> {
  const inProject = project_id === undefined ? sql`` : sql`and b.project_id = ${project_id}`;
  const { rows } = await sql<BoundLevel>`
    with holder as (
      select 'user' as type, id, id as user_id, null::uuid as service_identity_id
      from unnest(${idsOf(holders, 'user')}::uuid[]) as u (id)
      union all
      select 'service_identity', id, null, id from unnest(${idsOf(holders, 'service_identity')}::uuid[]) as s (id)
    )
    select h.type, h.id, l.project_id, max(l.level) as level
    from holder h cross join lateral (
      select b.project_id, b.level from role_bindings b where b.user_id = h.user_id ${inProject}
      union all
      select b.project_id, b.level from role_bindings b
      where b.service_identity_id = h.service_identity_id ${inProject}
      union all
      select b.project_id, b.level from groups_of_principal(h.user_id, h.service_identity_id) r
      join role_bindings b on b.group_id = r.group_id ${inProject}
    ) l
    group by h.type, h.id, l.project_id
    order by h.type, h.id, l.project_id
    limit ${limit ?? null}`.execute(db);
  return rows;
}

function idsOf(holders: readonly Holder[], type: Holder['type']): string[] {
  return holders.filter((holder) => holder.type === type).map(({ id }) => id);
}
