/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */

/** The input of `client.limits.get`. */
export interface GetLimitsInput {
  /** The tenant, named by a caller of the platform; absent: the tenant of the caller. */
  tenant_id?: string | undefined;
}

/** What a caller and its tenant may have, spend and send. */
export interface Limits {
  /** The tenant that quotas and budgets are of; null: the caller has none and named none. */
  tenant_id: string | null;
  /** What may be in use at once. */
  quotas: QuotaStanding[];
  /** What may be spent in a minute. A budget without a limit is absent. */
  budgets: BudgetStanding[];
  /** The bytes of an answer that one unit of cost pays for. */
  cost_bytes_per_unit: number;
  /** Items of a page, unless `limit` says another number. */
  page_items_default: number;
  /** Items of a page at most. */
  page_items_max: number;
  /** Bytes of a page at most, unless its one item is larger. */
  page_bytes_max: number;
  /** Bytes of a body at most, where an operation does not say another number. */
  body_bytes_max: number;
  /** Bytes of the body of a bulk append to the audit log at most. */
  audit_bulk_bytes_max: number;
  /** Events of a bulk append at most. */
  audit_bulk_events_max: number;
}

/** How many of its things a tenant may have in use, and how many it has. */
export interface QuotaStanding {
  /** The things that it limits. */
  quota: string;
  /** How many may be in use; null: no limit. */
  limit: number | null;
  /** How many are in use; null: no tenant was named. */
  used: number | null;
}

/** What may be spent in a minute, counted by the process that answers. */
export interface BudgetStanding {
  /**
   * Requests of the caller (`principal_requests`), or requests or units of cost of the tenant (`tenant_requests`,
   * `tenant_cost`).
   */
  budget: string;
  /** How much may be spent in a minute. */
  limit: number;
  /** How much of it is left, this request taken off. */
  remaining: number;
  /** After how many seconds all of it is there again. */
  reset_seconds: number;
}
