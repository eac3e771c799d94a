/**
 * The places of versions that wait for the database. There are 10,000, and one tenant has 2,000 of them at most, so that a
 * tenant that writes while the relay stands takes no place from the others.
 */
import type { EtcdKeys } from './keys.ts';
import { type Link, storeUnavailable } from './link.ts';

export interface WaitingPlaces {
  /** Takes places for so many versions of the tenant. Throws `unavailable` when there are not so many. */
  take(tenantId: string, versions: number): Promise<void>;
}

/** Versions that may wait for their place in the database, of all tenants. */
export const WAITING_MAX = 10_000;
/** Of them, those of one tenant. */
export const TENANT_WAITING_MAX = 2_000;

/** A count in etcd is asked for so often. Between two answers a process counts what it lets through itself. */
const COUNT_EVERY_MS = 250;
const TENANTS_MAX = 1_000;

interface Count {
  /** When it was last asked for. */
  askedAt: number;
  /** What etcd answered, and what was let through since: also writes that were refused then, until the next answer. */
  versions: number;
  asking: Promise<void> | undefined;
}

/**
 * Makes them. While fewer versions wait than one tenant may have, nothing is counted by tenants. What other processes
 * let through within a quarter of a second is not known, so the bounds can be exceeded by that.
 */
export function createWaitingPlaces({ link, keys }: { readonly link: Link; readonly keys: EtcdKeys }): WaitingPlaces {
  const all = newCount();
  const tenants = new Map<string, Count>();
  const refresh = (count: Count, prefix: string) => {
    if (performance.now() - count.askedAt >= COUNT_EVERY_MS) count.asking ??= ask(link, count, prefix);
    return count.asking;
  };
  return {
    async take(tenantId, versions) {
      await refresh(all, keys.intents);
      if (all.versions + versions > WAITING_MAX)
        throw storeUnavailable('Too many changes of configurations wait for the database: try again.');
      if (all.versions + versions > TENANT_WAITING_MAX) {
        if (tenants.size > TENANTS_MAX) tenants.clear();
        const own = tenants.get(tenantId) ?? newCount();
        tenants.set(tenantId, own);
        await refresh(own, keys.intentsOfTenant(tenantId));
        if (own.versions + versions > TENANT_WAITING_MAX)
          throw storeUnavailable('Too many changes of configurations of this tenant wait for the database: try again.');
      }
      for (const count of [all, tenants.get(tenantId)]) if (count !== undefined) count.versions += versions;
    },
  };
}

function newCount(): Count {
  return { askedAt: Number.NEGATIVE_INFINITY, versions: 0, asking: undefined };
}

async function ask(link: Link, count: Count, prefix: string): Promise<void> {
  const before = count.versions;
  const askedAt = performance.now();
  try {
    const answer = await link.ask((etcd) => etcd.range({ prefix }, { countOnly: true }));
    // What was let through meanwhile may be in the answer or not.
    count.versions = answer.count + (count.versions - before);
    count.askedAt = askedAt;
  } finally {
    count.asking = undefined;
  }
}
