/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { TrustBundle } from '../schemas/trust-bundles.ts';
import type { EventEnvelope } from './access.ts';

/** A SPIFFE trust domain is believed no more. */
export interface TrustBundleRemovedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'trust_bundle.removed';
  /** The keys of a SPIFFE trust domain that a tenant believes. */
  data: TrustBundle;
}

/** The keys of a SPIFFE trust domain were set. */
export interface TrustBundleSetEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'trust_bundle.set';
  /** The keys of a SPIFFE trust domain that a tenant believes. */
  data: TrustBundle;
}
