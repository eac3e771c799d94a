/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */

/** The input of `client.catalog.list`. */
export type ListCatalogInput = Record<string, never>;

/** The products that can be asked for. */
export interface Catalog {
  /** The products. */
  items: CatalogEntry[];
}

/** A product that can be asked for. */
export interface CatalogEntry {
  /** The key that other operations name it by. */
  product: string;
  /** The name, for people. */
  name: string;
  /** Its purpose, for people. */
  description: string;
  /** Whether a tenant entitled to it may have projects. */
  supports_projects: boolean;
  /** The length of a trial in days. */
  trial_days: number;
  /** Of the contract that a customer signs today. */
  contract_version: string;
  /** Its parts. */
  features: string[];
}

/** The input of `client.catalog.request`. */
export interface RequestProductInput {
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The key of a product of the catalog. */
  product: string;
  /** A message to the operator who decides. */
  message?: string | undefined;
}

/** A product that a tenant asked for. */
export interface CatalogRequest {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The key of a product of the catalog. */
  product: string;
  /** A trial is granted at once; a request waits for an operator. Others may come. */
  kind: 'request' | 'trial';
  /** The decision. Others may come. */
  state: 'open' | 'granted' | 'rejected';
  /** A message to the operator who decides. */
  message: string | null;
  /** The id of the actor that asked, as in audit rows. */
  requested_by: string;
  /** The id of the actor that granted or rejected, as in audit rows; null for a trial. */
  decided_by: string | null;
  /** The time of the decision; null while it is open. */
  decided_at: string | null;
  /** When it was created. */
  created_at: string;
  /** When it last changed. */
  updated_at: string;
}

/** The input of `client.catalog.requestTrial`. */
export interface RequestTrialInput {
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The key of a product of the catalog. */
  product: string;
}

/** A product that a tenant may use. */
export interface Entitlement {
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
  /** Whether it is running now, in every status of the tenant. */
  active: boolean;
  /** When it was created. */
  created_at: string;
  /** When it last changed. */
  updated_at: string;
}

/** JSON of any shape. */
export type JsonObject = Record<string, unknown>;

/** The input of `client.catalog.listRequests`. */
export interface ListCatalogRequestsInput {
  /** Items at most. A page also ends at 1 MiB, with at least one item and a `next_cursor`. */
  limit?: number | undefined;
  /** `next_cursor` of the page before, for the same filters. */
  cursor?: string | undefined;
  /** Absent: of all tenants. */
  tenant_id?: string | undefined;
  /** Only those in this state. */
  state?: 'open' | 'granted' | 'rejected' | undefined;
}

/** A page of requests for products. */
export interface CatalogRequestPage {
  /** The rows of this page. */
  items: CatalogRequest[];
  /** Send it as `cursor` to get the next page; null on the last one. */
  next_cursor: string | null;
}

/** The input of `client.catalog.grantRequest`. */
export interface GrantCatalogRequestInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}

/** The input of `client.catalog.rejectRequest`. */
export interface RejectCatalogRequestInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}
