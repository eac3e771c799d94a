/** The statements that make a user's memberships equal to what a provider's claim says. */
import { sql } from 'kysely';
import type { Db, Tx } from '../handles.ts';

/** The values of the claim of groups, as one configuration receives them. */
export interface ClaimedGroups {
  readonly tenant_id: string;
  readonly idp_config_id: string;
  readonly values: readonly string[];
}

export interface MirroredGroup {
  readonly id: string;
  readonly slug: string;
  readonly idp_claim_value: string;
}

/** The groups that stand for the values, in the order of their ids. A value that has no group is ignored. */
export async function listMirroredGroups(db: Db, claimed: ClaimedGroups): Promise<MirroredGroup[]> {
  const { rows } = await sql<MirroredGroup>`select id, slug, idp_claim_value ${ofClaim(claimed)} order by id`.execute(
    db,
  );
  return rows;
}

/** Returns the ids of those groups, and holds them against their deletion until the transaction ends. */
export async function lockMirroredGroups(tx: Tx, claimed: ClaimedGroups): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`select id ${ofClaim(claimed)} order by id for key share`.execute(tx);
  return rows.map(({ id }) => id);
}

function ofClaim({ tenant_id, idp_config_id, values }: ClaimedGroups) {
  return sql`
    from groups where tenant_id = ${tenant_id} and idp_config_id = ${idp_config_id}
      and idp_claim_value = any(${values}::text[])`;
}

export interface MirroredMemberships {
  readonly tenant_id: string;
  readonly user_id: string;
  readonly created_at: Date;
  /** The id of each membership, and its group. */
  readonly memberships: readonly { readonly id: string; readonly group_id: string }[];
}

/** Adds the memberships that are not there yet, and returns the ids of their groups. */
export async function insertMirroredMemberships(
  tx: Tx,
  { tenant_id, user_id, created_at, memberships }: MirroredMemberships,
): Promise<string[]> {
  if (memberships.length === 0) return [];
  const [ids, groups] = [memberships.map(({ id }) => id), memberships.map(({ group_id }) => group_id)];
  const { rows } = await sql<{ group_id: string }>`
    insert into group_memberships (id, tenant_id, group_id, principal_user_id, source, created_at)
    select m.id, ${tenant_id}::uuid, m.group_id, ${user_id}::uuid, 'idp', ${created_at.toISOString()}::timestamptz
    from unnest(${ids}::uuid[], ${groups}::uuid[]) as m (id, group_id)
    on conflict do nothing
    returning group_id`.execute(tx);
  return rows.map(({ group_id }) => group_id);
}

interface Left {
  readonly tenant_id: string;
  readonly idp_config_id: string;
  readonly user_id: string;
  /** The ids of the groups that the user stays in. */
  readonly keep: readonly string[];
}

/** Ends the user's memberships in all other groups of the configuration, and returns the ids of the groups. */
export async function deleteMirroredMemberships(tx: Tx, { tenant_id, idp_config_id, user_id, keep }: Left) {
  const { rows } = await sql<{ group_id: string }>`
    delete from group_memberships m using groups g
    where m.principal_user_id = ${user_id} and m.tenant_id = ${tenant_id}
      and g.id = m.group_id and g.idp_config_id = ${idp_config_id} and m.group_id <> all(${keep}::uuid[])
    returning m.group_id`.execute(tx);
  return rows.map(({ group_id }) => group_id);
}
