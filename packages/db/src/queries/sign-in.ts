/** The statements of sign-in, before the caller is known. Their handles must not be confined to a tenant. */
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
