/** What those may do whom a provider, or a trust domain, of a tenant proves: the power of whoever decides what it says. */
import { sql } from 'kysely';
import type { Db } from '../handles.ts';
import type { RoleLevel } from '../schema.ts';
import type { TenantRole } from '../types.ts';

/** Whom a tenant knows by somebody else's word. Absent or null: nobody of that kind. */
export interface Federated {
  readonly tenant_id: string;
  /** The configuration that service identities and mirrored groups refer to. */
  readonly idp_config_id?: string | null;
  /** The issuer of users. */
  readonly issuer?: string | null;
  /** Whether users count who were provisioned and have not signed in yet. */
  readonly unlinked?: boolean;
  /** The SPIFFE trust domain of service identities. */
  readonly trust_domain?: string | null;
}

export interface FederatedPowers {
  /** Their own, and those of the groups that they are in. */
  readonly roles: readonly TenantRole[];
  /** The levels that they are bound to in any project. */
  readonly levels: readonly RoleLevel[];
}

/** Reads what all of them may do together. Each group is visited once, however many people and ways lead to it. */
export async function findFederatedPowers(
  db: Db,
  { tenant_id, idp_config_id = null, issuer = null, unlinked = false, trust_domain = null }: Federated,
): Promise<FederatedPowers> {
  const subjects = issuer === null ? null : `${issuer}|`;
  const workloads = trust_domain === null ? null : `spiffe://${trust_domain}/`;
  const { rows } = await sql<FederatedPowers>`
    with recursive person as materialized (
      select id, roles from users
      where tenant_id = ${tenant_id} and deleted_at is null and (
        starts_with(external_subject, ${subjects}) or (${unlinked} and starts_with(external_subject, 'scim:')))
    ), program as materialized (
      select id from service_identities
      where tenant_id = ${tenant_id} and (
        idp_config_id = ${idp_config_id}::uuid
        or (federation_kind = 'spiffe_svid' and starts_with(subject, ${workloads})))
    ), reached (group_id) as (
      select f.group_id from (
        select id as group_id from groups where tenant_id = ${tenant_id} and idp_config_id = ${idp_config_id}::uuid
        union
        select m.group_id from person p join group_memberships m on m.principal_user_id = p.id
        union
        select m.group_id from program p join group_memberships m on m.principal_service_identity_id = p.id
      ) f
      union
      select e.parent_id from reached r cross join lateral (
        select group_id as parent_id from group_memberships where principal_group_id = r.group_id
        union all
        select parent_id from group_parents where child_id = r.group_id
      ) e
    )
    select
      array(
        select unnest(roles) from person
        union
        select g.tenant_role from reached r join groups g on g.id = r.group_id where g.tenant_role is not null
      ) as roles,
      array(
        select distinct level::text from role_bindings
        where tenant_id = ${tenant_id} and (
          user_id in (select id from person)
          or service_identity_id in (select id from program)
          or group_id in (select group_id from reached))
      ) as levels`.execute(db);
  const [powers] = rows;
  if (powers === undefined) throw new Error('a select without a from gives one row');
  return powers;
}
