/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */

/** The input of `client.tenants.create`. */
export interface CreateTenantInput {
  /** A short name for addresses: unique, and it never changes. */
  slug: string;
  /** The name, for people. */
  name: string;
  /** A `demo` neither pays nor ends, and takes no transition. */
  kind?: 'customer' | 'demo' | undefined;
  /** The plan that it is on. */
  plan?: string | null | undefined;
  /** The tenant in the ERP system. */
  erp_id?: string | null | undefined;
  /** The customer at Stripe. */
  stripe_id?: string | null | undefined;
  /** The end of its trial; it freezes then unless it was activated. */
  trial_ends_at?: string | null | undefined;
  /** The first day of the contract. */
  contract_starts_on?: string | null | undefined;
  /** The last day of the contract. */
  contract_ends_on?: string | null | undefined;
  /** The person in sales who looks after it. */
  sales_owner?: string | null | undefined;
  /** Where its things run, in a word of yours. */
  region?: string | null | undefined;
}

/** A company that uses the products. */
export interface Tenant {
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
}

/** The input of `client.tenants.list`. */
export interface ListTenantsInput {
  /** Items at most. A page also ends at 1 MiB, with at least one item and a `next_cursor`. */
  limit?: number | undefined;
  /** `next_cursor` of the page before, for the same filters. */
  cursor?: string | undefined;
  /** Only those in this status. */
  status?: 'demo' | 'trial' | 'active' | 'frozen' | 'archived' | undefined;
  /** Only those of this kind. */
  kind?: 'customer' | 'demo' | undefined;
  /** Part of the slug or the name, in any case. */
  q?: string | undefined;
}

/** A page of tenants. */
export interface TenantPage {
  /** The rows of this page. */
  items: Tenant[];
  /** Send it as `cursor` to get the next page; null on the last one. */
  next_cursor: string | null;
}

/** The input of `client.tenants.get`. */
export interface GetTenantInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}

/** The input of `client.tenants.getBySlug`. */
export interface GetTenantBySlugInput {
  /** A short name for addresses: unique, and it never changes. */
  slug: string;
}

/** The input of `client.tenants.update`. */
export interface UpdateTenantInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The name, for people. */
  name?: string | undefined;
  /** The plan that it is on. */
  plan?: string | null | undefined;
  /** The tenant in the ERP system. */
  erp_id?: string | null | undefined;
  /** The customer at Stripe. */
  stripe_id?: string | null | undefined;
  /** The end of its trial; it freezes then unless it was activated. */
  trial_ends_at?: string | null | undefined;
  /** The first day of the contract. */
  contract_starts_on?: string | null | undefined;
  /** The last day of the contract. */
  contract_ends_on?: string | null | undefined;
  /** The person in sales who looks after it. */
  sales_owner?: string | null | undefined;
  /** Where its things run, in a word of yours. */
  region?: string | null | undefined;
}

/** The input of `client.tenants.activate`. */
export interface ActivateTenantInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The plan that it is on. */
  plan?: string | undefined;
}

/** The input of `client.tenants.cancel`. */
export interface CancelTenantInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** Why, for the audit log. */
  reason?: string | undefined;
}

/** The input of `client.tenants.archive`. */
export interface ArchiveTenantInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}

/** The input of `client.tenants.delete`. */
export interface DeleteTenantInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}
