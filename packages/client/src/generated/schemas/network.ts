/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */

/** The input of `client.network.get`. */
export interface GetNetworkInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}

/** The range of addresses of a tenant. */
export interface Network {
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The range of the network, IPv4 or IPv6. */
  cidr: string;
  /** Ranges of one space do not overlap; those of different spaces may. */
  space: string;
  /**
   * How long an address that was given back is handed out again only when nothing else is free. 0: it is free at once.
   */
  rest_seconds: number;
}

/** The input of `client.network.set`. */
export interface SetNetworkInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The range of the network, IPv4 or IPv6. */
  cidr: string;
  /** Ranges of one space do not overlap; those of different spaces may. Absent: as it is, at first `shared`. */
  space?: string | undefined;
  /**
   * How long an address that was given back is handed out again only when nothing else is free. 0: it is free at once.
   * Absent: as it is, at first 0.
   */
  rest_seconds?: number | undefined;
}

/** The input of `client.network.remove`. */
export interface DeleteNetworkInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}

/** The input of `client.network.usage`. */
export interface GetNetworkUsageInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}

/** How much of a network is used. */
export interface NetworkUsage {
  /** The whole network. */
  range: NetworkUsageRange;
  /** The network outside of all sub-ranges. */
  pool: NetworkUsagePool;
  /** Each sub-range that the caller may see, lowest first. */
  sub_ranges: NetworkUsageSubRange[];
}

/** The whole network. */
export interface NetworkUsageRange {
  /** Addresses that are used or can be handed out; 9007199254740991 also stands for more. */
  capacity: number;
  /** Addresses that nodes have. */
  used: number;
  /** Addresses that can be handed out now; 9007199254740991 also stands for more. */
  free: number;
  /** Addresses that were given back and rest: they are handed out only when no other is free. */
  resting: number;
  /** Pieces in which the free addresses lie. */
  fragments: number;
  /** The prefix length of the largest sub-range that there is room for; null: there is room for none. */
  largest_prefix: number | null;
}

/** The network outside of all sub-ranges. */
export interface NetworkUsagePool {
  /** Addresses that are used or can be handed out; 9007199254740991 also stands for more. */
  capacity: number;
  /** Addresses that nodes have. */
  used: number;
  /** Addresses that can be handed out now; 9007199254740991 also stands for more. */
  free: number;
  /** Addresses that were given back and rest: they are handed out only when no other is free. */
  resting: number;
  /** Pieces in which the free addresses lie. */
  fragments: number;
  /** The prefix length of the largest sub-range that there is room for; null: there is room for none. */
  largest_prefix: number | null;
}

/** How much of a sub-range is used. */
export interface NetworkUsageSubRange {
  /** The project that it belongs to. */
  project_id: string;
  /** The sub-range. */
  cidr: string;
  /** Whether the project gets an address of the sub-range or none; otherwise the rest of the network follows. */
  strict: boolean;
  /** Addresses that are used or can be handed out; 9007199254740991 also stands for more. */
  capacity: number;
  /** Addresses that nodes have. */
  used: number;
  /** Addresses that can be handed out now; 9007199254740991 also stands for more. */
  free: number;
  /** Addresses that were given back and rest: they are handed out only when no other is free. */
  resting: number;
  /** Pieces in which the free addresses lie. */
  fragments: number;
  /** The prefix length of the largest sub-range that there is room for; null: there is room for none. */
  largest_prefix: number | null;
}

/** The input of `client.network.getSubRange`. */
export interface GetSubRangeInput {
  /** The project. */
  id: string;
}

/** The part of the network of a tenant that one project has for itself. */
export interface SubRange {
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The project that it belongs to. */
  project_id: string;
  /** The sub-range. */
  cidr: string;
  /** Whether the project gets an address of the sub-range or none; otherwise the rest of the network follows. */
  strict: boolean;
  /** When it was created. */
  created_at: string;
}

/** The input of `client.network.setSubRange`. */
export interface SetSubRangeInput {
  /** The project. */
  id: string;
  /** Exactly this sub-range. Either this or `prefix_length`. */
  cidr?: string | undefined;
  /** Any sub-range of this length: the lowest that is free. Either this or `cidr`. */
  prefix_length?: number | undefined;
  /**
   * Whether the project gets an address of the sub-range or none; otherwise the rest of the network follows. Absent: as
   * it is, at first true.
   */
  strict?: boolean | undefined;
}

/** The input of `client.network.removeSubRange`. */
export interface DeleteSubRangeInput {
  /** The project. */
  id: string;
}

/** The input of `client.network.listAddresses`. */
export interface ListMeshAddressesInput {
  /** The tenant. */
  id: string;
  /** Items at most. A page also ends at 1 MiB, with at least one item and a `next_cursor`. */
  limit?: number | undefined;
  /** `next_cursor` of the page before, for the same filters. */
  cursor?: string | undefined;
  /** Only the addresses of nodes of this project. */
  project_id?: string | undefined;
}

/** A page of addresses, lowest first. */
export interface MeshAddressPage {
  /** The rows of this page. */
  items: MeshAddress[];
  /** Send it as `cursor` to get the next page; null on the last one. */
  next_cursor: string | null;
}

/** An address of a network that a node has. */
export interface MeshAddress {
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The project that it belongs to. */
  project_id: string;
  /** The address. */
  ip: string;
  /** The node that has it. */
  node_id: string;
  /** The name of the node. */
  node_name: string;
  /** When the node got it. */
  allocated_at: string;
}

/** The input of `client.network.getAddress`. */
export interface GetMeshAddressInput {
  /** The tenant. */
  id: string;
  /** The address. */
  ip: string;
  /** The time that is asked about. Absent: now. */
  at?: string | undefined;
}

/** Which node had an address at a time. */
export interface MeshAddressHolder {
  /** The address. */
  ip: string;
  /** The time that is told about. */
  at: string;
  /** Whether a node had the address then. */
  held: boolean;
  /** The project of the node that had it, or had it last; null: none ever did. */
  project_id: string | null;
  /** The node that had it, or had it last; null: none ever did. */
  node_id: string | null;
  /** The name that the node had when it got it. */
  node_name: string | null;
  /** When that node got it. */
  allocated_at: string | null;
  /** When it gave it back; null: not until the time that is told about. */
  released_at: string | null;
}
