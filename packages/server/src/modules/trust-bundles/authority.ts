/** Trust domain of a tenant → the keys that are believed for it now, remembered while a lease is held. */
import { trustBundles } from '@tenant-registry/db';
import { createLocalJWKSet, type JSONWebKeySet } from 'jose';
import type { KernelDependencies } from '../../kernel/context.ts';
import { createRememberedRead } from '../../kernel/leases/remembered-read.ts';
import type { SvidKeys, TrustBundlesPort } from './port.ts';

/** Bundles that are remembered, of up to 32 KiB each. */
const ENTRIES_MAX = 2_000;

/** Makes the function behind `ctx.trustBundles.keysOf`. */
export function createKeysOf({
  database,
  leases,
}: Pick<KernelDependencies, 'database' | 'leases'>): TrustBundlesPort['keysOf'] {
  const find = trustBundles.prepareFindTrustedKeys(database);
  // Keys are imported once for as long as their facts are remembered.
  const imported = new WeakMap<trustBundles.TrustedKeys, SvidKeys>();
  const read = createRememberedRead(
    leases,
    async ([tenant_id, trust_domain]: readonly [string, string]) => {
      const found = await find({ tenant_id, trust_domain });
      return found === undefined ? null : { facts: found.trusted, marks: found.marks };
    },
    ENTRIES_MAX,
  );
  return async (tenantId, trustDomain) => {
    const facts = await read([tenantId, trustDomain]);
    if (facts === null || facts.keys === null) return null;
    const known = imported.get(facts) ?? createLocalJWKSet(facts.keys as unknown as JSONWebKeySet); // as `svidKeysOf` made them
    imported.set(facts, known);
    return known;
  };
}
