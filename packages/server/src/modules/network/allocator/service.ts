/**
 * Which machine has which address. Every change of a network runs in the turn of its tenant and holds the lock of the network,
 * which is the last one of the order tenant, project, node, network.
 */
import { networks, type Tx } from '@tenant-registry/db';
import type { ActorContext } from '../../../kernel/context.ts';
import { type RecordEvent, transact, type Work } from '../../../kernel/transact.ts';
import { networkErrors } from '../errors.ts';
import type { MeshAddress } from '../schema.ts';

// https://www.postgresql.org/docs/16/errcodes-appendix.html
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Runs the work like `transact`, when all changes of the network of the tenant before it are done in this process; waiting
 * holds no connection. Throws `allocator_contention` when turn and locks together take longer than MESH_WAIT_MS.
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
        if (typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === LOCK_NOT_AVAILABLE)
          throw networkErrors.allocatorContention({ cause, retryAfter: 1 });
        throw cause;
      }
    },
    ctx.signal,
  );
}

/** The node that gets an address or gives it back. */
export interface AddressHolder {
  readonly tenant_id: string;
  readonly project_id: string;
  readonly node_id: string;
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
  _ctx: ActorContext,
  _tx: Tx,
  _record: RecordEvent,
  _asked: Asked,
): Promise<MeshAddress> {
  throw new Error('not built yet');
}

/**
 * Takes the address of the node back, and returns it; undefined when it has none, and nothing is recorded then. To be called
 * like `allocateAddress`; it works in a tenant of any status.
 */
export async function releaseAddress(
  _ctx: ActorContext,
  _tx: Tx,
  _record: RecordEvent,
  _holder: AddressHolder,
): Promise<MeshAddress | undefined> {
  throw new Error('not built yet');
}

/**
 * Makes what is free anew from range, sub-ranges and addresses; addresses that rest go on resting. To be called after a
 * change of range or sub-ranges, with the lock of the network held.
 */
export async function rebuildFreeRanges(_ctx: ActorContext, _tx: Tx, _tenantId: string): Promise<void> {
  throw new Error('not built yet');
}
