/** Networks, nodes and their addresses, straight in the tables, and what the registry would have recorded of them. */
import { randomUUID } from 'node:crypto';
import { entries } from '@tenant-registry/db';
import { systemContext } from '../../src/kernel/system-context.ts';
import { entryOf } from '../../src/kernel/transact/entry.ts';
import { type MeshAddress, networkEvents } from '../../src/modules/network/schema.ts';
import { type TestServer, uniqueSlug } from './server.ts';

/** Gives the tenant a range, in a space of its own. */
export async function newRange({ app }: TestServer, tenant_id: string, mesh_cidr: string): Promise<void> {
  await app.deps.db
    .updateTable('tenants')
    .set({ mesh_cidr, mesh_space: tenant_id })
    .where('id', '=', tenant_id)
    .execute();
}

interface Place {
  readonly tenant_id: string;
  readonly project_id: string;
}

/** Makes so many nodes of one resource. */
export async function newNodes(
  { app }: TestServer,
  place: Place,
  count: number,
): Promise<{ id: string; name: string }[]> {
  const resource = { id: randomUUID(), ...place, kind: 'site', name: 'Hall B', origin: 'adopted' } as const;
  await app.deps.db.insertInto('resources').values(resource).execute();
  const nodes = Array.from({ length: count }, (_, n) => ({
    id: randomUUID(),
    ...place,
    resource_id: resource.id,
    name: `${uniqueSlug()}-${n}`,
  }));
  await app.deps.db.insertInto('nodes').values(nodes).execute();
  return nodes;
}

/** Gives nodes their addresses, and records nothing. */
export async function giveAddresses({ app }: TestServer, addresses: readonly MeshAddress[]): Promise<void> {
  const rows = addresses.map(({ node_name: _, ...row }) => row);
  await app.deps.db.insertInto('domain_mesh_ip_allocations').values(rows).execute();
}

export interface Change {
  readonly happened: 'allocated' | 'released';
  readonly address: MeshAddress;
  /** When it is recorded. */
  readonly at: Date;
}

/** Records the changes in their order, as one process of the registry does. */
export async function recordChanges({ app }: TestServer, changes: readonly Change[]): Promise<void> {
  const ctx = systemContext(app.deps, { name: 'test' });
  const recorded = changes.map(({ happened, address, at }) => {
    const event = happened === 'allocated' ? networkEvents.addressAllocated : networkEvents.addressReleased;
    return entryOf({ ...ctx, clock: () => at }, { event, payload: address });
  });
  await app.deps.db.transaction().execute((tx) => entries.appendEntries(tx, recorded));
}
