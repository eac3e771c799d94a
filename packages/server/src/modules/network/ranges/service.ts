/** The range of the network of a tenant: set, grown, shrunk and removed, and no address of a node is ever lost by it. */
import { networks, type Tx } from '@tenant-registry/db';
import type { ActorContext } from '../../../kernel/context.ts';
import { kernelErrors } from '../../../kernel/errors.ts';
import { requireMatchOrAbsence } from '../../../kernel/etag.ts';
import { sameCidr } from '../../../kernel/ip.ts';
import { lockWritableTenantAlone, readableTenant } from '../../tenants/service.ts';
import { rebuildFreeRanges, transactInNetwork } from '../allocator/service.ts';
import { networkErrors } from '../errors.ts';
import { type Network, network, networkEvents, type SetNetwork } from '../schema.ts';

/** As many as `outside` of `range_in_use` names. */
const OUTSIDE_MAX = 100;

/** Throws `not_found`, also when the tenant has no network, and `tenant_archived`. */
export async function getNetwork(ctx: ActorContext, tenantId: string): Promise<Network> {
  await readableTenant(ctx, tenantId);
  return found(await networks.findNetwork(ctx.db, tenantId));
}

/**
 * Sets the range, the space and the time of rest; those that are absent stay as they are, and what equals what is there changes
 * nothing. Every address of a node and every sub-range stays. Addresses that rest already do so until the time that was
 * theirs when they were given back, whatever the time of rest is now. Throws `range_overlaps`, `range_in_use` with `outside`,
 * `allocator_contention`, `not_found`, `tenant_frozen`, `tenant_archived`, `precondition_failed`.
 */
export async function setNetwork(ctx: ActorContext, { id, ...asked }: SetNetwork): Promise<Network> {
  return transactInNetwork(ctx, id, async (tx, record, nothingChanged) => {
    const current = await lockNetworkAlone(ctx, tx, id);
    requireMatchOrAbsence(ctx, current && network.parse(current));
    const { cidr, space = current?.space ?? 'shared', rest_seconds = current?.rest_seconds ?? 0 } = asked;
    const sameRange = current !== undefined && sameCidr(current.cidr, cidr);
    const sameSpace = current?.space === space;
    if (sameRange && sameSpace && current.rest_seconds === rest_seconds) {
      nothingChanged();
      return current;
    }
    if (!sameRange) await requireNothingOutside(tx, { tenant_id: id, cidr });
    if (!sameRange || !sameSpace) await networks.lockSpaces(tx, [current?.space ?? space, space]);
    const row = await networks.updateNetwork(tx, { tenant_id: id, cidr, space, rest_seconds });
    if (!sameRange) await rebuildFreeRanges(ctx, tx, id);
    await record(networkEvents.rangeSet, row);
    return row;
  });
}

/**
 * Leaves the tenant without a network. Throws `range_in_use` with `outside` while a node has an address or a project a
 * sub-range, `not_found` when there is no network, `allocator_contention`, `tenant_frozen`, `tenant_archived`.
 */
export async function removeNetwork(ctx: ActorContext, tenantId: string): Promise<void> {
  return transactInNetwork(ctx, tenantId, async (tx, record) => {
    const current = found(await lockNetworkAlone(ctx, tx, tenantId));
    await requireNothingOutside(tx, { tenant_id: tenantId, cidr: null });
    await networks.deleteNetwork(tx, tenantId);
    await rebuildFreeRanges(ctx, tx, tenantId);
    await record(networkEvents.rangeRemoved, current);
  });
}

/** The network, locked after its tenant: no other write in the tenant goes on meanwhile. */
async function lockNetworkAlone(ctx: ActorContext, tx: Tx, tenantId: string): Promise<Network | undefined> {
  await lockWritableTenantAlone(ctx, tx, tenantId);
  await networks.lockNetwork(tx, tenantId);
  return networks.findNetwork(tx, tenantId);
}

async function requireNothingOutside(tx: Tx, range: networks.RangeOfTenant): Promise<void> {
  const outside = await networks.listOutsideRange(tx, range, OUTSIDE_MAX);
  if (outside.length === 0) return;
  // Without a range there is no field at fault.
  const removal = { detail: 'Nodes have addresses of the network, or projects sub-ranges: see outside.', errors: [] };
  throw networkErrors.rangeInUse({ members: { outside }, ...(range.cidr === null ? removal : {}) });
}

function found(row: Network | undefined): Network {
  if (row === undefined) throw kernelErrors.notFound();
  return row;
}
