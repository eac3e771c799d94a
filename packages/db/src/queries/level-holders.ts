/** Statements about holders, which are users and service identities: whom a change touches, and what they have. */
import { sql } from 'kysely';
import type { Db } from '../handles.ts';
import type { RoleLevel } from '../schema.ts';
import type { TenantRole } from '../types.ts';

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
