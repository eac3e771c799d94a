/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { JsonObject } from '../schemas/catalog.ts';
import type { EventEnvelope } from './access.ts';

/** A tenant got a product, or other terms for one that it had. */
export interface EntitlementGrantedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'entitlement.granted';
  /** The terms on which a tenant has, or had, a product. */
  data: EntitlementTerms;
}

/** The terms on which a tenant has, or had, a product. */
export interface EntitlementTerms {
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The key of a product of the catalog. */
  product: string;
  /** Why the tenant has it. Others may come. */
  source: 'contract' | 'trial' | 'demo';
  /** Settings of the product for this tenant, at most 32 KiB of JSON. */
  config: JsonObject;
  /** Since when the tenant has it. */
  starts_at: string;
  /** From this moment on it is over; null: it has no end. */
  ends_at: string | null;
  /** When it was created. */
  created_at: string;
  /** When it last changed. */
  updated_at: string;
}

/** A product was taken from a tenant. */
export interface EntitlementRevokedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'entitlement.revoked';
  /** The terms on which a tenant has, or had, a product. */
  data: EntitlementTerms;
}

/** The trial of a product ended by itself. */
export interface EntitlementTrialEndedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'entitlement.trial_ended';
  /** The terms on which a tenant has, or had, a product. */
  data: EntitlementTerms;
}
