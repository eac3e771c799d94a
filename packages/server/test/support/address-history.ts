/** Addresses of nodes at any time: straight in the table, and as the registry would have recorded them. */
import { entries } from '@tenant-registry/db';
import { systemContext } from '../../src/kernel/system-context.ts';
import { entryOf } from '../../src/kernel/transact/entry.ts';
import { type MeshAddress, networkEvents } from '../../src/modules/network/schema.ts';
import type { TestServer } from './server.ts';

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
