/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { MeshAddress } from '../schemas/network.ts';
import type { EventEnvelope } from './access.ts';

/** A node got an address. */
export interface MeshAddressAllocatedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'mesh_address.allocated';
  /** An address of a network that a node has. */
  data: MeshAddress;
}

/** A node gave its address back. */
export interface MeshAddressReleasedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'mesh_address.released';
  /** An address of a network that a node has. */
  data: MeshAddress;
}
