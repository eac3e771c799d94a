/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { Resource } from '../schemas/resources.ts';
import type { EventEnvelope } from './access.ts';

/** A resource was created. */
export interface ResourceCreatedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'resource.created';
  /** Something of a project that runs machines: a server, a cluster, a site. */
  data: Resource;
}

/** A resource was deleted. */
export interface ResourceDeletedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'resource.deleted';
  /** Something of a project that runs machines: a server, a cluster, a site. */
  data: Resource;
}

/** Kind, name or reference of a resource changed. */
export interface ResourceUpdatedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'resource.updated';
  /** Something of a project that runs machines: a server, a cluster, a site. */
  data: Resource;
}
