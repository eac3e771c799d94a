/** The statements of the front door, where nobody is known yet. No handle may be confined to a tenant. */
import { sql } from 'kysely';
import type { Db } from '../handles.ts';

/** A tenant as a person names it. An id goes before a slug that looks like it. */
export interface NamedTenant {
  readonly slug: string;
  /** Null: the name is no UUID. */
  readonly id: string | null;
}

export interface SignInProvider {
  readonly id: string;
  readonly tenant_id: string;
  readonly alias: string;
}

/** Returns the OpenID providers through which people of the tenant sign in, in the order in which they were set up. */
export async function listSignInProviders(
  db: Db,
  { slug, id, limit }: NamedTenant & { readonly limit: number },
): Promise<SignInProvider[]> {
  const { rows } = await sql<SignInProvider>`
    select c.id, c.tenant_id, c.alias
    from (
      select id, status from tenants where slug = ${slug} or id = ${id}::uuid order by id = ${id}::uuid desc limit 1
    ) as t join tenant_idp_config c on c.tenant_id = t.id
    where t.status <> 'archived' and c.status = 'active' and c.kind = 'oidc'
    order by c.id limit ${limit}`.execute(db);
  return rows;
}

/** Deletes up to `limit` sign-ins that were not finished by `now`, and returns how many. Rows that another replica is deleting are passed over. */
export async function deleteExpiredSignInFlows(db: Db, now: Date, limit: number): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    delete from sign_in_flows where flow_hash in (
      select flow_hash from sign_in_flows where expires_at <= ${now.toISOString()}::timestamptz
      order by expires_at limit ${limit} for update skip locked)`.execute(db);
  return Number(numAffectedRows);
}
