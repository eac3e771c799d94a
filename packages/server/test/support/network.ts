/** Networks of tenants. */
import { sql } from 'kysely';
import type { TestServer } from './server.ts';

/** Gives the tenant a network, in a space of its own. */
export async function newNetwork({ app }: TestServer, tenant_id: string, cidr = '10.20.0.0/24'): Promise<void> {
  const { db } = app.deps;
  await sql`update tenants set mesh_cidr = ${cidr}::cidr, mesh_space = id::text where id = ${tenant_id}`.execute(db);
  await sql`
    insert into mesh_free_ranges (tenant_id, first, last)
    values (${tenant_id}, mesh_first(${cidr}) + 1, mesh_last(${cidr}) - 1)`.execute(db);
}
