/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { MutationOptions, QueryOptions } from '../../calls/options.ts';
import type { List } from '../../list.ts';
import type { Result } from '../../result.ts';
import type { MeshAddress } from '../schemas/network.ts';
import type {
  CreateNodeInput,
  DeleteNodeInput,
  DeregisterNodeInput,
  EnrollNodeInput,
  GetNodeInput,
  GiveBackNodeAddressInput,
  ListNodesInput,
  MarkNodeReadyInput,
  Node,
  NodePage,
  TakeNodeAddressInput,
  UpdateNodeInput,
} from '../schemas/nodes.ts';

/** The operations of `client.nodes`. */
export interface NodesOperations {
  /**
   * Create a node.
   *
   * It is pending and has no address: the enrolment gives it one.
   *
   * Requires the permission `nodes:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:nodes:write`. In a project it is also held by the level admin there.
   */
  create(input: CreateNodeInput, options?: MutationOptions): Result<Node>;
  /**
   * List the nodes of a tenant.
   *
   * Newest first, filtered by project, resource and state; the deregistered ones too.
   *
   * Requires the permission `nodes:read`. It is held by the roles operator, support, admin, member; API keys with the
   * scope `registry:nodes:read`. In a project it is also held by the level viewer there.
   */
  list(input: ListNodesInput, options?: QueryOptions): List<NodePage>;
  /**
   * Get a node.
   *
   * By id, with its address.
   *
   * Requires the permission `nodes:read`. It is held by the roles operator, support, admin, member; API keys with the
   * scope `registry:nodes:read`. In a project it is also held by the level viewer there.
   */
  get(input: GetNodeInput, options?: QueryOptions): Result<Node>;
  /**
   * Change the name of a node.
   *
   * Project and resource never change, and its state by its steps alone.
   *
   * Requires the permission `nodes:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:nodes:write`. In a project it is also held by the level admin there.
   */
  update(input: UpdateNodeInput, options?: MutationOptions): Result<Node>;
  /**
   * Delete a node.
   *
   * For good, also in an archived project: a deregistered one, or a pending one, which gives an address that it has
   * back.
   *
   * Requires the permission `nodes:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:nodes:write`. In a project it is also held by the level admin there.
   */
  delete(input: DeleteNodeInput, options?: MutationOptions): Result<void>;
  /**
   * Enroll a node.
   *
   * A pending node takes its address, or keeps the one that it has, and is enrolling. Enrolling it again changes
   * nothing.
   *
   * Requires the permission `nodes:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:nodes:write`. In a project it is also held by the level admin there.
   */
  enroll(input: EnrollNodeInput, options?: MutationOptions): Result<Node>;
  /**
   * Mark a node as ready.
   *
   * One that is enrolling. Doing it again changes nothing.
   *
   * Requires the permission `nodes:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:nodes:write`. In a project it is also held by the level admin there.
   */
  ready(input: MarkNodeReadyInput, options?: MutationOptions): Result<Node>;
  /**
   * Deregister a node.
   *
   * For good: it gives its address back, and another node may have its name. Works in an archived project, and in a
   * frozen and an archived tenant too. Deregistering it again changes nothing.
   *
   * Requires the permission `nodes:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:nodes:write`. In a project it is also held by the level admin there.
   */
  deregister(input: DeregisterNodeInput, options?: MutationOptions): Result<Node>;
  /**
   * Take an address for a node.
   *
   * For one that is not deregistered: the address named, or the lowest that is free for its project. A node that has
   * one keeps it, and nothing changes.
   *
   * Requires the permission `nodes:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:nodes:write`. In a project it is also held by the level admin there.
   */
  takeAddress(input: TakeNodeAddressInput, options?: MutationOptions): Result<MeshAddress>;
  /**
   * Give the address of a node back.
   *
   * Of a pending node, also in an archived project. A node that has none stays as it is.
   *
   * Requires the permission `nodes:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:nodes:write`. In a project it is also held by the level admin there.
   */
  giveBackAddress(input: GiveBackNodeAddressInput, options?: MutationOptions): Result<void>;
}
