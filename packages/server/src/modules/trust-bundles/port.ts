/** The members that trust bundles add to `ctx`. */
import type { createLocalJWKSet } from 'jose';

/** Finds the key that the header of a JWT-SVID names. */
export type SvidKeys = ReturnType<typeof createLocalJWKSet>;

export interface TrustBundlesPort {
  /** Resolves to the keys that a tenant believes for a trust domain now; null: it believes none. Rejects with `unavailable`. */
  keysOf(tenantId: string, trustDomain: string): Promise<SvidKeys | null>;
}

declare module '../../kernel/context.ts' {
  interface Ports {
    readonly trustBundles: TrustBundlesPort;
  }
}
