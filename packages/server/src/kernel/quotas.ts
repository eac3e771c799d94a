/** How many of its things a tenant may have in use at once. Modules declare their quotas; what is declared is enforced and shown. */
import type { Db } from '@tenant-registry/db';
import { kernelErrors } from './errors.ts';

export interface Quota {
  /** The name of the things: `api_keys`. */
  readonly name: string;
  /** 0: no limit. */
  readonly limit: number;
  /** Counts what the tenant has in use. */
  used(db: Db, tenantId: string, now: Date): Promise<number>;
}

export interface Quotas {
  /** Adds a quota, once at start. Throws for a name that is taken. */
  declare(quota: Quota): void;
  list(): readonly Quota[];
  /** Throws when no module declared it. */
  named(name: string): Quota;
}

/** Makes the table of quotas, with none in it. */
export function createQuotas(): Quotas {
  const quotas = new Map<string, Quota>();
  return {
    declare(quota) {
      if (quotas.has(quota.name)) throw new Error(`two modules declare the quota ${quota.name}`);
      quotas.set(quota.name, quota);
    },
    list: () => [...quotas.values()],
    named(name) {
      const quota = quotas.get(name);
      if (quota === undefined) throw new Error(`no module declares the quota ${name}`);
      return quota;
    },
  };
}

/** Throws `quota_exceeded` when a tenant that has so many in use may have no further one. */
export function requireRoom({ name, limit }: Quota, used: number): void {
  if (limit > 0 && used >= limit) throw kernelErrors.quotaExceeded({ members: { quota: name, limit, used } });
}
