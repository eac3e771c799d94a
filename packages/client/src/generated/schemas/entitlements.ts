/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { Entitlement, JsonObject } from './catalog.ts';

/** The input of `client.entitlements.list`. */
export interface ListEntitlementsInput {
  /** The tenant that it belongs to. */
  tenant_id: string;
}

/** The products that a tenant may use or might use. */
export interface EntitlementList {
  /** One for each product. */
  items: Entitlement[];
}

/** The input of `client.entitlements.set`. */
export interface SetEntitlementInput {
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The key of a product of the catalog. */
  product: string;
  /** Settings of the product for this tenant, at most 32 KiB of JSON. Absent: `{}`. */
  config?: JsonObject | undefined;
  /** Why the tenant has it. */
  source?: 'contract' | 'trial' | 'demo' | undefined;
  /** In the future; absent: it has no end. A trial needs one. */
  ends_at?: string | null | undefined;
}

/** The input of `client.entitlements.revoke`. */
export interface RevokeEntitlementInput {
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The key of a product of the catalog. */
  product: string;
}

/** The input of `client.entitlements.check`. */
export interface CheckEntitlementInput {
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The key of a product of the catalog. */
  product: string;
  /** The moment asked about; absent: now. The state of the tenant is always that of now. */
  at?: string | undefined;
}

/** Whether a tenant may use a product, and why. */
export interface EntitlementVerdict {
  /** Whether the tenant may use the product. */
  allowed: boolean;
  /** Why. Others may come. */
  reason: 'entitled' | 'not_entitled' | 'trial_ended' | 'tenant_frozen' | 'tenant_archived';
  /** Null when the tenant never had it, or no longer has it. Others may come. */
  source: 'contract' | 'trial' | 'demo' | null;
  /** The time of its end, past or future; null: it has no end. */
  ends_at: string | null;
}
