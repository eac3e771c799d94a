/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { Node } from '../schemas/nodes.ts';
import type { EventEnvelope } from './access.ts';

/** A node was created. */
export interface NodeCreatedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'node.created';
  /** A machine of a resource, with an address of the network of its tenant. */
  data: Node;
}

/** A node was deleted. */
export interface NodeDeletedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'node.deleted';
  /** A machine of a resource, with an address of the network of its tenant. */
  data: Node;
}

/** A node was deregistered, and has no address any more. */
export interface NodeDeregisteredEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'node.deregistered';
  /** A machine of a resource, with an address of the network of its tenant. */
  data: Node;
}

/** A node is being enrolled, and has an address. */
export interface NodeEnrollingEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'node.enrolling';
  /** A machine of a resource, with an address of the network of its tenant. */
  data: Node;
}

/** A node is ready. */
export interface NodeReadyEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'node.ready';
  /** A machine of a resource, with an address of the network of its tenant. */
  data: Node;
}

/** The name of a node changed. */
export interface NodeUpdatedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'node.updated';
  /** A machine of a resource, with an address of the network of its tenant. */
  data: Node;
}
