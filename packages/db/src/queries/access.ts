/** The facts behind questions about access. One statement reads them, for one question or a hundred. */
import { sql } from 'kysely';
import type { DatabaseHandle } from '../database.ts';
import type { Db } from '../handles.ts';
import type { RoleLevel, TenantProjectStatus, TenantStatus } from '../schema.ts';
import type { TenantRole } from '../types.ts';
import type { PlacedMark } from './replica-leases.ts';

/** Who is asked about, null for one that no row tells of, and where. */
export interface AccessQuestion {
  readonly principal: { readonly type: 'user' | 'service_identity' | 'api_key'; readonly id: string } | null;
  readonly resource: { readonly type: 'tenant' | 'project'; readonly id: string };
}

/** The rows behind the questions: of what does not exist, or is not seen, there is none. */
export interface AccessFacts {
  readonly tenants: readonly { readonly id: string; readonly status: TenantStatus }[];
  readonly projects: readonly {
    readonly id: string;
    readonly tenant_id: string;
    readonly status: TenantProjectStatus;
  }[];
  readonly users: readonly UserFacts[];
  readonly service_identities: readonly ServiceIdentityFacts[];
  readonly api_keys: readonly ApiKeyFacts[];
  readonly groups: readonly ReachedGroup[];
  readonly bindings: readonly BindingFacts[];
}

interface Known {
  readonly id: string;
  readonly tenant_id: string;
  readonly name: string;
}

export interface UserFacts extends Known {
  readonly roles: readonly TenantRole[];
  readonly disabled: boolean;
}

export interface ServiceIdentityFacts extends Known {
  readonly project_id: string | null;
  readonly disabled: boolean;
}

export interface ApiKeyFacts extends Known {
  readonly project_id: string | null;
  readonly scopes: readonly string[];
  /** RFC 3339 with an offset. */
  readonly expires_at: string | null;
  readonly revoked: boolean;
  readonly user_id: string | null;
  readonly service_identity_id: string | null;
}

/** A group that a user or a service identity is in. */
export interface ReachedGroup {
  /** Who is in it. */
  readonly type: 'user' | 'service_identity';
  readonly id: string;
  readonly group_id: string;
  readonly name: string;
  readonly tenant_role: TenantRole | null;
  /** The steps of the shortest way to it; 1: a direct member. */
  readonly depth: number;
  /** The group before it on a shortest way; null for a direct member. */
  readonly via: string | null;
}

/** A binding of a principal that was asked about, in the project that was asked about. */
export interface BindingFacts {
  readonly id: string;
  readonly project_id: string;
  readonly level: RoleLevel;
  /** Who has the level by it. */
  readonly holder_type: 'user' | 'service_identity';
  readonly holder_id: string;
  /** The group that it binds; null: it binds the holder. */
  readonly group_id: string | null;
}

// The way to a group is built from steps that are kept one for each group: the ways themselves would be 2^31 for 31
// diamonds on top of each other. Pairs keep many questions from reading the bindings of each in the projects of all. Each
// limit of one row is a probe of a unique index, which the planner would otherwise take for a reason to read the table.
const FACTS_OF = `with asked as materialized (
    select distinct principal_type, principal_id, resource_type, resource_id
    from jsonb_to_recordset(`;
const FACTS = `::jsonb) as a (principal_type text, principal_id uuid, resource_type text, resource_id uuid)
  ), project as materialized (
    select p.id, p.tenant_id, p.status from tenant_projects p
    where p.id in (select resource_id from asked where resource_type = 'project')
  ), tenant as materialized (
    select t.id, t.status from tenants t
    where t.id in (
      select resource_id from asked where resource_type = 'tenant' union select tenant_id from project)
  ), key as materialized (
    select k.id, k.tenant_id, k.name, k.project_id, k.scopes, k.expires_at, k.revoked_at is not null as revoked,
      k.user_id, k.service_identity_id
    from api_keys k where k.id in (select principal_id from asked where principal_type = 'api_key')
  ), person as materialized (
    select u.id, u.tenant_id, u.display_name as name, u.roles,
      u.disabled_at is not null or u.deleted_at is not null as disabled
    from users u where u.id in (
      select principal_id from asked where principal_type = 'user' union select user_id from key)
  ), program as materialized (
    select s.id, s.tenant_id, s.display_name as name, s.project_id, s.disabled_at is not null as disabled
    from service_identities s where s.id in (
      select principal_id from asked where principal_type = 'service_identity' union select service_identity_id from key)
  ), holder as materialized (
    select 'user' as type, id, id as user_id, null::uuid as service_identity_id from person
    union all
    select 'service_identity', id, null, id from program
  ), reached as materialized (
    select h.type, h.id, r.group_id, r.depth
    from holder h cross join lateral groups_of_principal(h.user_id, h.service_identity_id) r
  ), step as materialized (
    select c.type, c.id, e.parent_id, c.depth + 1 as depth, min(c.group_id::text)::uuid as child_id
    from reached c cross join lateral (
      select m.group_id as parent_id from group_memberships m where m.principal_group_id = c.group_id
      union all
      select p.parent_id from group_parents p where p.child_id = c.group_id
    ) e
    group by c.type, c.id, e.parent_id, c.depth
  ), placed as materialized (
    select r.type, r.id, r.group_id, r.depth, g.display_name as name, g.tenant_role, s.child_id as via
    from reached r
    cross join lateral (select display_name, tenant_role from groups where id = r.group_id limit 1) g
    left join step s on s.type = r.type and s.id = r.id and s.parent_id = r.group_id and s.depth = r.depth
  ), pair as materialized (
    select distinct p.id as project_id, h.type, h.id
    from asked a join project p on a.resource_type = 'project' and p.id = a.resource_id
    left join key k on a.principal_type = 'api_key' and k.id = a.principal_id
    join holder h on h.id = case when k.id is null then a.principal_id else coalesce(k.user_id, k.service_identity_id) end
  ), binding as materialized (
    select b.id, q.project_id, b.level, q.type as holder_type, q.id as holder_id, null::uuid as group_id
    from pair q cross join lateral (
      select id, level from role_bindings where project_id = q.project_id and user_id = q.id limit 1
    ) b
    where q.type = 'user'
    union all
    select b.id, q.project_id, b.level, q.type, q.id, null
    from pair q cross join lateral (
      select id, level from role_bindings where project_id = q.project_id and service_identity_id = q.id limit 1
    ) b
    where q.type = 'service_identity'
    union all
    select b.id, q.project_id, b.level, q.type, q.id, r.group_id
    from pair q join reached r on r.type = q.type and r.id = q.id
    cross join lateral (
      select id, level from role_bindings where project_id = q.project_id and group_id = r.group_id limit 1
    ) b
  )
  select
    (select coalesce(json_agg(t), '[]') from tenant t) as tenants,
    (select coalesce(json_agg(p), '[]') from project p) as projects,
    (select coalesce(json_agg(u), '[]') from person u) as users,
    (select coalesce(json_agg(s), '[]') from program s) as service_identities,
    (select coalesce(json_agg(k), '[]') from key k) as api_keys,
    (select coalesce(json_agg(g), '[]') from placed g) as groups,
    (select coalesce(json_agg(b), '[]') from binding b) as bindings`;

const MARKS = `, (
    select json_agg(json_build_object('id', m.id, 'replica_id', m.replica_id, 'lease_ms', l.lease_ms))
    from replica_marks m join replica_leases l on l.id = m.replica_id
    where m.tenant_ids && array(select id from tenant)
  ) as marks`;

/** Reads the facts as far as the handle sees them: in the scope of a tenant, of that tenant alone. */
export async function findAccessFacts(db: Db, questions: readonly AccessQuestion[]): Promise<AccessFacts> {
  const { rows } = await sql<AccessFacts>`${sql.raw(FACTS_OF)}${asJson(questions)}${sql.raw(FACTS)}`.execute(db);
  const [facts] = rows;
  if (facts === undefined) throw new Error('the statement gives one row');
  return facts;
}

/** Facts, and the marks of changes that they may already show. */
export interface FoundAccessFacts {
  readonly facts: AccessFacts;
  readonly marks: readonly PlacedMark[];
}

/** Prepares the read for callers that see every tenant. */
export function prepareFindAccessFacts(database: Pick<DatabaseHandle, 'prepare'>) {
  const find = database.prepare<AccessFacts & { marks: PlacedMark[] | null }>({
    name: 'find_access_facts',
    text: `${FACTS_OF}$1${FACTS}${MARKS}`,
  });
  return async (questions: readonly AccessQuestion[]): Promise<FoundAccessFacts> => {
    const [row] = await find([asJson(questions)]);
    if (row === undefined) throw new Error('the statement gives one row');
    const { marks, ...facts } = row;
    return { facts, marks: marks ?? [] };
  };
}

/** Lists the marks of the tenants that a replica has not acknowledged yet. Tenants may not read them. */
export async function listOpenMarks(db: Db, tenantIds: readonly string[]): Promise<PlacedMark[]> {
  const { rows } = await sql<PlacedMark>`
    select m.id, m.replica_id, l.lease_ms from replica_marks m join replica_leases l on l.id = m.replica_id
    where m.tenant_ids && ${[...tenantIds]}::uuid[]`.execute(db);
  return rows;
}

function asJson(questions: readonly AccessQuestion[]): string {
  return JSON.stringify(
    questions.map(({ principal, resource }) => ({
      principal_type: principal?.type ?? null,
      principal_id: principal?.id ?? null,
      resource_type: resource.type,
      resource_id: resource.id,
    })),
  );
}
