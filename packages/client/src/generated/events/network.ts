/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { Network, SubRange } from '../schemas/network.ts';
import type { EventEnvelope } from './access.ts';

/** A tenant has no network any more. */
export interface NetworkRangeRemovedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'network.range_removed';
  /** The range of addresses of a tenant. */
  data: Network;
}

/** A tenant got a network, or its range, its space or its time of rest changed. */
export interface NetworkRangeSetEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'network.range_set';
  /** The range of addresses of a tenant. */
  data: Network;
}

/** A project has no sub-range any more; its addresses stay. */
export interface NetworkSubRangeReleasedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'network.sub_range_released';
  /** The part of the network of a tenant that one project has for itself. */
  data: SubRange;
}

/** A project got a sub-range, or another one than before, or whether it is strict changed. */
export interface NetworkSubRangeReservedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'network.sub_range_reserved';
  /** The part of the network of a tenant that one project has for itself. */
  data: SubRange;
}
