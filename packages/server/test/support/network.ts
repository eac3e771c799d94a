/** Networks and sub-ranges as the API makes them. */
import { meshFreeRanges, networks } from '@tenant-registry/db';
import { sql } from 'kysely';
import type { TestServer } from './server.ts';

let made = 0;

/** A range of 254 addresses that no other network of the file has: those of two tenants in one space may not overlap. */
export function nextRange(): string {
  made += 1;
  return `10.${100 + Math.floor(made / 256)}.${made % 256}.0/24`;
}

/** Gives the tenant a network: a range of its own unless told otherwise. */
export async function newNetwork(
  server: TestServer,
  tenant_id: string,
  cidr = nextRange(),
  fields: Record<string, unknown> = {},
) {
  const { status, body } = await server.call(`PUT /v1/tenants/${tenant_id}/network`, { body: { cidr, ...fields } });
  if (status !== 200) throw new Error(`could not make a network: ${JSON.stringify(body)}`);
  return body;
}

/** Gives the project a sub-range: one of 16 addresses unless told otherwise. */
export async function newSubRange(
  server: TestServer,
  project_id: string,
  fields: Record<string, unknown> = { prefix_length: 28 },
) {
  const { status, body } = await server.call(`PUT /v1/projects/${project_id}/sub-range`, { body: fields });
  if (status !== 200) throw new Error(`could not make a sub-range: ${JSON.stringify(body)}`);
  return body;
}

interface Nodes {
  readonly tenant_id: string;
  readonly project_id: string;
  readonly count: number;
}

interface NodeRow {
  readonly id: string;
  readonly name: string;
}

/** Makes nodes of the project without addresses, past every check of the application. */
export async function addNodes({ app }: TestServer, { tenant_id, project_id, count }: Nodes): Promise<NodeRow[]> {
  const { rows } = await sql<NodeRow>`
    with resource as (
      insert into resources (tenant_id, project_id, kind, name, origin)
      values (${tenant_id}, ${project_id}, 'vm', 'vm', 'adopted') returning id
    )
    insert into nodes (tenant_id, project_id, resource_id, name)
    select ${tenant_id}, ${project_id}, resource.id, 'n' || substr(gen_random_uuid()::text, 25)
    from resource, generate_series(1, ${count}::int) returning id, name`.execute(app.deps.db);
  return rows;
}

interface Holding {
  readonly tenant_id: string;
  readonly project_id: string;
  readonly ips: readonly string[];
}

/** Gives the addresses to nodes of the project, past every check of the application, and makes what is free anew. */
export async function holdAddresses(server: TestServer, { tenant_id, project_id, ips }: Holding): Promise<void> {
  const nodes = (await addNodes(server, { tenant_id, project_id, count: ips.length })).map(({ id }) => id);
  await server.app.deps.db.transaction().execute(async (tx) => {
    await networks.lockNetwork(tx, tenant_id);
    await sql`
      insert into domain_mesh_ip_allocations (tenant_id, ip, project_id, node_id)
      select ${tenant_id}, ip::inet, ${project_id}, node from unnest(${ips}::text[], ${nodes}::uuid[]) given (ip, node)`.execute(
      tx,
    );
    await meshFreeRanges.insertFreeRangesAnew(tx, tenant_id);
  });
}

/** Lets free addresses rest for a long time, as if nodes had given them back. */
export async function restAddresses({ app }: TestServer, tenant_id: string, ips: readonly string[]): Promise<void> {
  await app.deps.db.transaction().execute(async (tx) => {
    await networks.lockNetwork(tx, tenant_id);
    await sql`delete from mesh_free_ranges where tenant_id = ${tenant_id} and not_before is null`.execute(tx);
    await sql`
      insert into mesh_free_ranges (tenant_id, first, last, not_before)
      select ${tenant_id}, ip::inet, ip::inet, '2999-01-01' from unnest(${ips}::text[]) ip`.execute(tx);
    await meshFreeRanges.insertFreeRangesAnew(tx, tenant_id);
  });
}

/** The free ranges of the tenant, the lowest first: `10.0.0.1-10.0.0.9`, with `~` before those that rest. */
export async function freeRanges({ app }: TestServer, tenant_id: string): Promise<string[]> {
  const { rows } = await sql<{ range: string }>`
    select case when not_before is null then '' else '~' end || host(first) || '-' || host(last) as range
    from mesh_free_ranges where tenant_id = ${tenant_id} order by first`.execute(app.deps.db);
  return rows.map(({ range }) => range);
}
