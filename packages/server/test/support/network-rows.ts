/** Makes machines and what they have of a network by plain inserts, past every service. */
import { randomUUID } from 'node:crypto';
import type { TestServer } from './server.ts';

interface Place {
  readonly tenant_id: string;
  readonly project_id: string;
}

/** Makes a resource of the project with one node; `ip` is its address, in the range that the tenant has. */
export async function newMachine(
  { app }: Pick<TestServer, 'app'>,
  { tenant_id, project_id }: Place,
  ip?: string,
): Promise<{ readonly resource_id: string; readonly node_id: string }> {
  const { db } = app.deps;
  const [resource_id, node_id] = [randomUUID(), randomUUID()];
  const place = { tenant_id, project_id };
  await db
    .insertInto('resources')
    .values({ ...place, id: resource_id, kind: 'vm', name: 'Edge', origin: 'adopted' })
    .execute();
  await db
    .insertInto('nodes')
    .values({ ...place, id: node_id, resource_id, name: `node-${node_id}` })
    .execute();
  if (ip !== undefined)
    await db
      .insertInto('domain_mesh_ip_allocations')
      .values({ ...place, node_id, ip })
      .execute();
  return { resource_id, node_id };
}
