/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { JsonObject } from './catalog.ts';

/** The input of `client.trustBundles.set`. */
export interface SetTrustBundleInput {
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The trust domain, as SPIFFE IDs name it. */
  trust_domain: string;
  /**
   * The bundle in the SPIFFE format, a JSON Web Key Set: its `jwt-svid` keys are kept. Absent: it is fetched from
   * `url`.
   */
  keys?: JsonObject | undefined;
  /** Where the trust domain publishes its bundle. */
  url?: string | undefined;
}

/** The keys of a SPIFFE trust domain that a tenant believes. */
export interface TrustBundle {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** As SPIFFE IDs name it. */
  trust_domain: string;
  /** The `kid` of each key that is believed. */
  key_ids: string[];
  /** From where the keys were fetched, or are published. */
  url: string | null;
  /** When it was created. */
  created_at: string;
  /** When it last changed. */
  updated_at: string;
}

/** The input of `client.trustBundles.list`. */
export interface ListTrustBundlesInput {
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** Items at most. A page also ends at 1 MiB, with at least one item and a `next_cursor`. */
  limit?: number | undefined;
  /** `next_cursor` of the page before, for the same filters. */
  cursor?: string | undefined;
}

/** A page of trust bundles. */
export interface TrustBundlePage {
  /** The rows of this page. */
  items: TrustBundle[];
  /** Send it as `cursor` to get the next page; null on the last one. */
  next_cursor: string | null;
}

/** The input of `client.trustBundles.remove`. */
export interface RemoveTrustBundleInput {
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The trust domain, as SPIFFE IDs name it. */
  trust_domain: string;
}
