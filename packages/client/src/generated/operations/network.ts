/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { MutationOptions, QueryOptions } from '../../calls/options.ts';
import type { List } from '../../list.ts';
import type { Result } from '../../result.ts';
import type {
  DeleteNetworkInput,
  DeleteSubRangeInput,
  GetMeshAddressInput,
  GetNetworkInput,
  GetNetworkUsageInput,
  GetSubRangeInput,
  ListMeshAddressesInput,
  MeshAddressHolder,
  MeshAddressPage,
  Network,
  NetworkUsage,
  SetNetworkInput,
  SetSubRangeInput,
  SubRange,
} from '../schemas/network.ts';

/** The operations of `client.network`. */
export interface NetworkOperations {
  /**
   * Get the network of a tenant.
   *
   * Its range of addresses, the space that the range is in, and how long addresses rest. Not found while the tenant has
   * none.
   *
   * Requires the permission `network:read`. It is held by the roles operator, support, admin, member; API keys with the
   * scope `registry:network:read`.
   */
  get(input: GetNetworkInput, options?: QueryOptions): Result<Network>;
  /**
   * Set the network of a tenant.
   *
   * Gives the tenant a range of addresses, in place of the one that it has. Every address and every sub-range stays: a
   * range that would leave some of them outside is refused, and one that contains the present one never is because of
   * them. Equal to what is there, it changes nothing.
   *
   * Requires the permission `network:assign`. It is held by the roles operator.
   */
  set(input: SetNetworkInput, options?: MutationOptions): Result<Network>;
  /**
   * Remove the network of a tenant.
   *
   * Refused while a node has an address of it, or a project a sub-range.
   *
   * Requires the permission `network:assign`. It is held by the roles operator.
   */
  remove(input: DeleteNetworkInput, options?: MutationOptions): Result<void>;
  /**
   * Tell how much of a network is used.
   *
   * Of the whole network, of what lies outside of all sub-ranges, and of each sub-range that the caller may see. Not
   * found while the tenant has no network.
   *
   * Requires the permission `network:read`. It is held by the roles operator, support, admin, member; API keys with the
   * scope `registry:network:read`.
   */
  usage(input: GetNetworkUsageInput, options?: QueryOptions): Result<NetworkUsage>;
  /**
   * Get the sub-range of a project.
   *
   * The part of the network that the project has for itself. Not found while it has none.
   *
   * Requires the permission `network:read`. It is held by the roles operator, support, admin, member; API keys with the
   * scope `registry:network:read`. In a project it is also held by the level viewer there.
   */
  getSubRange(input: GetSubRangeInput, options?: QueryOptions): Result<SubRange>;
  /**
   * Give a project a sub-range.
   *
   * In place of the one that it has. With `prefix_length` it is the lowest one whose addresses are all free; if there
   * is none, the lowest one without an address of a node and without a part of another sub-range. A project that has
   * one of that length keeps it. Equal to what is there, it changes nothing.
   *
   * Requires the permission `network:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:network:write`.
   */
  setSubRange(input: SetSubRangeInput, options?: MutationOptions): Result<SubRange>;
  /**
   * Take the sub-range of a project away.
   *
   * The nodes of the project keep their addresses; those that are free are for all projects again.
   *
   * Requires the permission `network:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:network:write`.
   */
  removeSubRange(input: DeleteSubRangeInput, options?: MutationOptions): Result<void>;
  /**
   * List the addresses of a network.
   *
   * Those that nodes have, lowest first.
   *
   * Requires the permission `network:read`. It is held by the roles operator, support, admin, member; API keys with the
   * scope `registry:network:read`. In a project it is also held by the level viewer there.
   */
  listAddresses(input: ListMeshAddressesInput, options?: QueryOptions): List<MeshAddressPage>;
  /**
   * Tell who has an address, or had it.
   *
   * At a time, or now: the node that had it then, or had it last before. Nodes and projects that are gone are told too,
   * and addresses that are outside of the range by now, also in an archived tenant. A time to come is answered as now.
   *
   * Requires the permission `network:read`. It is held by the roles operator, support, admin, member; API keys with the
   * scope `registry:network:read`. In a project it is also held by the level viewer there.
   */
  getAddress(input: GetMeshAddressInput, options?: QueryOptions): Result<MeshAddressHolder>;
}
