/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { CatalogRequest } from '../schemas/catalog.ts';
import type { EventEnvelope } from './access.ts';

/** An operator gave a tenant the product that it asked for. */
export interface CatalogRequestGrantedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'catalog.request_granted';
  /** A product that a tenant asked for. */
  data: CatalogRequest;
}

/** An operator refused a tenant the product that it asked for. */
export interface CatalogRequestRejectedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'catalog.request_rejected';
  /** A product that a tenant asked for. */
  data: CatalogRequest;
}

/** A tenant asked for a product. */
export interface CatalogRequestedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'catalog.requested';
  /** A product that a tenant asked for. */
  data: CatalogRequest;
}

/** A tenant started its one trial of a product. */
export interface CatalogTrialStartedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'catalog.trial_started';
  /** What `catalog.trial_started` tells. */
  data: CatalogTrialStartedData;
}

/** What `catalog.trial_started` tells. */
export interface CatalogTrialStartedData {
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
  /** When the trial ends by itself. */
  ends_at: string | null;
}
