/**
 * Which machine has which address. Every change of a network runs in the turn of its tenant and holds the lock of the network,
 * which is the last one of the order tenant, project, node, network.
 */
import { acrossProjects, isLockTimeout, meshAddresses, meshFreeRanges, networks, type Tx } from '@tenant-registry/db';
import type { ActorContext } from '../../../kernel/context.ts';
import { type RecordEvent, transact, type Work } from '../../../kernel/transact.ts';
import { networkErrors } from '../errors.ts';
import { type MeshAddress, networkEvents } from '../schema.ts';
import { requireSame, requireUsable } from './named.ts';
import { takeAddress } from './take.ts';

/**
 * Runs the work like `transact`, when all changes of the network of the tenant before it are done in this process; waiting
 * holds no connection. Throws `allocator_contention` when the turn and any of the locks take longer than MESH_WAIT_MS.
 */
export async function transactInNetwork<T>(ctx: ActorContext, tenantId: string, work: Work<T>): Promise<T> {
  return ctx.networkTurns.run(
    tenantId,
    async (leftMs) => {
      try {
        return await transact(ctx, async (tx, record, nothingChanged) => {
          await networks.lockNoLongerThan(tx, leftMs());
          return work(tx, record, nothingChanged);
        });
      } catch (cause) {
        throw contentionOr(cause);
      }
    },
    ctx.signal,
  );
}

/** Returns `allocator_contention` for a lock that took too long, and every other error as it is. */
export function contentionOr(cause: unknown): unknown {
  return isLockTimeout(cause) ? networkErrors.allocatorContention({ cause, retryAfter: 1 }) : cause;
}

/** The node that gets an address or gives it back. */
export interface AddressHolder extends meshAddresses.AddressOwner {
  readonly node_name: string;
}

/** What is asked for: exactly this address, or the lowest one that the project of the node can have. */
export interface Asked {
  readonly holder: AddressHolder;
  readonly ip?: string | undefined;
}

/**
 * Gives the node an address, or returns the one that it has and records nothing. To be called in `transactInNetwork`, after
 * tenant, project and node are locked: it takes the lock of the network. Throws `network_not_set`, `pool_exhausted`,
 * `subrange_exhausted`, `address_taken`, `address_not_usable`.
 */
export async function allocateAddress(
  ctx: ActorContext,
  tx: Tx,
  record: RecordEvent,
  { holder, ip }: Asked,
): Promise<MeshAddress> {
  const { tenant_id, project_id, node_id, node_name } = holder;
  const owner = { tenant_id, project_id, node_id };
  await networks.lockNetwork(tx, tenant_id);
  const place = await meshAddresses.findAddressPlace(tx, owner);
  if (typeof place?.mesh_cidr !== 'string') throw networkErrors.networkNotSet();
  if (place.ip !== null && place.allocated_at !== null) {
    if (ip !== undefined) requireSame(place.ip, ip);
    return { ...owner, node_name, ip: place.ip, allocated_at: place.allocated_at };
  }
  const now = ctx.clock();
  const strict = place.strict === true;
  if (ip !== undefined) await requireUsable(tx, { owner, ip, strict });
  const given = await takeAddress(tx, { owner, now, ip, pool: !strict });
  const address = { ...owner, node_name, ip: given, allocated_at: now.toISOString() };
  await record(networkEvents.addressAllocated, address);
  return address;
}

/**
 * Takes the address of the node back, and returns it; undefined when it has none, and nothing is recorded then. To be called
 * like `allocateAddress`; it works in a tenant of any status.
 */
export async function releaseAddress(
  ctx: ActorContext,
  tx: Tx,
  record: RecordEvent,
  { tenant_id, project_id, node_id, node_name }: AddressHolder,
): Promise<MeshAddress | undefined> {
  const owner = { tenant_id, project_id, node_id };
  await networks.lockNetwork(tx, tenant_id);
  const released = await meshAddresses.deleteAddress(tx, owner);
  if (released === undefined) return undefined;
  const { ip, allocated_at, rest_seconds } = released;
  const not_before = rest_seconds === 0 ? null : new Date(ctx.clock().getTime() + rest_seconds * 1_000);
  await meshFreeRanges.insertFreeAddress(tx, { tenant_id, project_id, ip, not_before });
  const address = { ...owner, node_name, ip, allocated_at };
  await record(networkEvents.addressReleased, address);
  return address;
}

/**
 * Makes what is free anew from range, sub-ranges and addresses; addresses that rest go on resting. To be called after a
 * change of range or sub-ranges, with the lock of the network held.
 */
export async function rebuildFreeRanges(_ctx: ActorContext, tx: Tx, tenantId: string): Promise<void> {
  await acrossProjects(tx, () => meshFreeRanges.insertFreeRangesAnew(tx, tenantId));
}
