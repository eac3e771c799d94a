/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */

/** The input of `client.nodes.create`. */
export interface CreateNodeInput {
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The project that it belongs to. */
  project_id: string;
  /** What it is a machine of: a resource of the project. */
  resource_id: string;
  /** A DNS label, unique among the nodes of the tenant that are not deregistered. */
  name: string;
}

/** A machine of a resource, with an address of the network of its tenant. */
export interface Node {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The project that it belongs to. */
  project_id: string;
  /** What it is a machine of. */
  resource_id: string;
  /** A DNS label, unique among the nodes of the tenant that are not deregistered. */
  name: string;
  /**
   * Where it is in its life: `pending`, `enrolling` with an address, `ready`, `deregistered` for good. Others may come.
   */
  state: 'pending' | 'enrolling' | 'ready' | 'deregistered';
  /** Why it took its last step. */
  reason: string | null;
  /** Its address; null: it has none. */
  ip: string | null;
  /** When it was enrolled. */
  enrolled_at: string | null;
  /** When it became ready. */
  ready_at: string | null;
  /** When it was deregistered. */
  deregistered_at: string | null;
  /** When it was created. */
  created_at: string;
  /** When it last changed. */
  updated_at: string;
}

/** The input of `client.nodes.list`. */
export interface ListNodesInput {
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** Items at most. A page also ends at 1 MiB, with at least one item and a `next_cursor`. */
  limit?: number | undefined;
  /** `next_cursor` of the page before, for the same filters. */
  cursor?: string | undefined;
  /** Only the nodes of this project. */
  project_id?: string | undefined;
  /** Only the nodes of this resource. */
  resource_id?: string | undefined;
  /** Only those in this state. */
  state?: 'pending' | 'enrolling' | 'ready' | 'deregistered' | undefined;
}

/** A page of nodes. */
export interface NodePage {
  /** The rows of this page. */
  items: Node[];
  /** Send it as `cursor` to get the next page; null on the last one. */
  next_cursor: string | null;
}

/** The input of `client.nodes.get`. */
export interface GetNodeInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}

/** The input of `client.nodes.update`. */
export interface UpdateNodeInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** A DNS label, unique among the nodes of the tenant that are not deregistered. */
  name?: string | undefined;
}

/** The input of `client.nodes.delete`. */
export interface DeleteNodeInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}

/** The input of `client.nodes.enroll`. */
export interface EnrollNodeInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** Why it took its last step. */
  reason?: string | undefined;
}

/** The input of `client.nodes.ready`. */
export interface MarkNodeReadyInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** Why it took its last step. */
  reason?: string | undefined;
}

/** The input of `client.nodes.deregister`. */
export interface DeregisterNodeInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** Why it took its last step. */
  reason?: string | undefined;
}

/** The input of `client.nodes.takeAddress`. */
export interface TakeNodeAddressInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** Exactly this address. Absent: the lowest that is free for its project. */
  ip?: string | undefined;
}

/** The input of `client.nodes.giveBackAddress`. */
export interface GiveBackNodeAddressInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}
