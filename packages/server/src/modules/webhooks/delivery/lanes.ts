/**
 * The places for attempts of one process. Endpoints that answer fast have a lane of their own, so that those that do not
 * cannot take its places, and a tenant has a quarter of a lane at most. The platform counts as one tenant.
 */
import type { webhookQueue } from '@tenant-registry/db';

export type LaneName = webhookQueue.Lane;
type Tenant = string | null;

export interface LaneSizes {
  readonly fast: number;
  readonly slow: number;
}

export const LANES: LaneSizes = { fast: 48, slow: 256 };
const TENANT_SHARE = 4;

/** One attempt's place. */
export interface Place {
  lane(): LaneName;
  /**
   * Gives the place in the fast lane back for one in the slow lane, which may then have more attempts than places, and
   * begins no other until it has fewer. The tenant's share of the slow lane holds all the same: beyond it the attempt
   * stays where it is, at the cost of the tenant's own share of the fast lane.
   */
  slowDown(): void;
  /** Gives the place back. Calling it again changes nothing. */
  leave(): void;
}

export interface Lanes {
  /** Places that are free. */
  room(lane: LaneName): number;
  /** Places that one tenant may have. */
  tenantMax(lane: LaneName): number;
  /** The places that tenants have. */
  taken(lane: LaneName): ReadonlyMap<Tenant, number>;
  /** Takes a place for an endpoint that was claimed while the lane was held. */
  admit(lane: LaneName, tenant: Tenant): Place;
  /** Takes a further place for an endpoint that has one; undefined when there is none to spare. */
  tryTake(lane: LaneName, tenant: Tenant): Place | undefined;
  /** Lets no `tryTake` succeed in the lane, so that places which were counted stay free, until the result is called. */
  hold(lane: LaneName): () => void;
}

/** Makes lanes whose places are all free. They remember a tenant only while it has a place. */
export function createLanes(sizes: LaneSizes = LANES): Lanes {
  const lanes = { fast: createLane(sizes.fast), slow: createLane(sizes.slow) };
  function place(first: LaneName, tenant: Tenant): Place {
    let current: LaneName | undefined = first;
    lanes[first].add(tenant, 1);
    return {
      lane: () => current ?? first,
      slowDown() {
        if (current !== 'fast' || lanes.slow.of(tenant) >= lanes.slow.tenantMax) return;
        lanes.fast.add(tenant, -1);
        lanes.slow.add(tenant, 1);
        current = 'slow';
      },
      leave() {
        if (current !== undefined) lanes[current].add(tenant, -1);
        current = undefined;
      },
    };
  }
  return {
    room: (lane) => Math.max(0, lanes[lane].size - lanes[lane].total()),
    tenantMax: (lane) => lanes[lane].tenantMax,
    taken: (lane) => lanes[lane].byTenant,
    admit: place,
    tryTake: (lane, tenant) => (lanes[lane].isFree(tenant) ? place(lane, tenant) : undefined),
    hold: (lane) => lanes[lane].hold(),
  };
}

function createLane(size: number) {
  const byTenant = new Map<Tenant, number>();
  const tenantMax = Math.ceil(size / TENANT_SHARE);
  let total = 0;
  let held = 0;
  const of = (tenant: Tenant) => byTenant.get(tenant) ?? 0;
  return {
    size,
    tenantMax,
    byTenant,
    of,
    total: () => total,
    isFree: (tenant: Tenant) => held === 0 && total < size && of(tenant) < tenantMax,
    add(tenant: Tenant, places: 1 | -1): void {
      total += places;
      const rest = of(tenant) + places;
      if (rest > 0) byTenant.set(tenant, rest);
      else byTenant.delete(tenant);
    },
    hold(): () => void {
      held += 1;
      return () => {
        held -= 1;
      };
    },
  };
}
