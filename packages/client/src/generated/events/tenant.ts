/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { Tenant } from '../schemas/tenants.ts';
import type { EventEnvelope } from './access.ts';

/** A tenant became active. */
export interface TenantActivatedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'tenant.activated';
  /** A company that uses the products. */
  data: Tenant;
}

/** A tenant was archived. */
export interface TenantArchivedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'tenant.archived';
  /** A company that uses the products. */
  data: Tenant;
}

/** A tenant was frozen on request. */
export interface TenantCanceledEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'tenant.canceled';
  /** What `tenant.canceled` tells. */
  data: TenantCanceledData;
}

/** What `tenant.canceled` tells. */
export interface TenantCanceledData {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** Chosen at creation, unique, never changes. */
  slug: string;
  /** The name, for people. */
  name: string;
  /** The stage of a tenant in its life. `frozen` is read-only; `archived` answers only audit reads. Others may come. */
  status: 'demo' | 'trial' | 'active' | 'frozen' | 'archived';
  /** A `demo` neither pays nor ends, and takes no transition. Others may come. */
  kind: 'customer' | 'demo';
  /** The plan that it is on. */
  plan: string | null;
  /** The tenant in the ERP system. */
  erp_id: string | null;
  /** The customer at Stripe. */
  stripe_id: string | null;
  /** The end of its trial; it freezes then unless it was activated. */
  trial_ends_at: string | null;
  /** The first day of the contract. */
  contract_starts_on: string | null;
  /** The last day of the contract. */
  contract_ends_on: string | null;
  /** The person in sales who looks after it. */
  sales_owner: string | null;
  /** Where its things run, in a word of yours. */
  region: string | null;
  /** The range of its network; null: it has none. */
  mesh_cidr: string | null;
  /** The time of its freeze; 30 days later it is archived. */
  frozen_at: string | null;
  /** The time of its archiving. */
  archived_at: string | null;
  /** When it was created. */
  created_at: string;
  /** When it last changed. */
  updated_at: string;
  /** Why, for the audit log. */
  reason: string | null;
}

/** A tenant was created. */
export interface TenantCreatedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'tenant.created';
  /** A company that uses the products. */
  data: Tenant;
}

/** An archived tenant and all it held was deleted. */
export interface TenantDeletedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'tenant.deleted';
  /** A company that uses the products. */
  data: Tenant;
}

/** A tenant was frozen because its trial ended. */
export interface TenantFrozenEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'tenant.frozen';
  /** A company that uses the products. */
  data: Tenant;
}

/** Terms or name of a tenant changed. */
export interface TenantUpdatedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'tenant.updated';
  /** A company that uses the products. */
  data: Tenant;
}
