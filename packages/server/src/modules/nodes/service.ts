/** Nodes: made, enrolled with an address, deregistered without one, and deleted. */
import { nodes, resources, type Tx } from '@tenant-registry/db';
import type { ActorContext, Context } from '../../kernel/context.ts';
import { paginate } from '../../kernel/cursors.ts';
import { kernelErrors } from '../../kernel/errors.ts';
import { requireMatch } from '../../kernel/etag.ts';
import { newId } from '../../kernel/ids.ts';
import { reachable, requireInProject, spanOf } from '../../kernel/reach.ts';
import { transact, type Work } from '../../kernel/transact.ts';
import { apiKeyErrors } from '../api-keys/errors.ts';
import {
  type AddressHolder,
  allocateAddress,
  releaseAddress,
  transactInNetwork,
} from '../network/allocator/service.ts';
import type { MeshAddress } from '../network/schema.ts';
import { holdActiveProject } from '../projects/service.ts';
import { lockOwned, lockTenantWithRoom, readableTenant } from '../tenants/service.ts';
import { nodeErrors } from './errors.ts';
import { allowedSteps, decideStep, needsAddress } from './lifecycle.ts';
import {
  type CreateNode,
  type ListNodes,
  type Node,
  type NodeStep,
  node,
  nodeEvents,
  nodeId,
  type StepNode,
  type TakeNodeAddress,
  type UpdateNode,
} from './schema.ts';

/**
 * Creates a node, pending and without an address, of a resource of its project. Throws `bound_to_project`,
 * `project_not_found`, `project_archived`, `resource_not_found`, `node_name_taken`, `not_found`, `tenant_frozen`,
 * `quota_exceeded`.
 */
export async function createNode(ctx: ActorContext, input: CreateNode): Promise<Node> {
  const { tenant_id, project_id, resource_id } = input;
  requireInProject(ctx, project_id);
  return transact(ctx, async (tx, record) => {
    await lockTenantWithRoom(ctx, tx, { tenant_id, quota: 'nodes' });
    if ((await holdActiveProject(tx, tenant_id, project_id)) === undefined) throw apiKeyErrors.projectNotFound();
    if ((await resources.lockResourceOfProject(tx, { tenant_id, project_id, id: resource_id })) === undefined)
      throw nodeErrors.resourceNotFound();
    const row = await nodes.insertNode(tx, { ...input, id: newId(ctx.clock), created_at: ctx.clock() });
    await record(nodeEvents.created, row);
    return row;
  });
}

/** Throws `not_found`, `tenant_archived`. */
export async function getNode(ctx: ActorContext, id: string): Promise<Node> {
  const row = reachable(ctx, await nodes.findNode(ctx.db, id));
  await readableTenant(ctx, row.tenant_id);
  return row;
}

/**
 * One page of a tenant's nodes, newest first, the deregistered ones too. Throws `invalid_cursor`, `not_found`,
 * `tenant_archived`.
 */
export async function listNodes(ctx: ActorContext, input: ListNodes) {
  const { tenant_id, resource_id, state } = input;
  await readableTenant(ctx, tenant_id);
  const { project_id } = spanOf(ctx, input);
  return paginate(ctx.cursors, {
    list: 'nodes',
    input,
    keyOf: (row: Node) => [row.id],
    fetch: (page) => nodes.listNodes(ctx.db, { tenant_id, project_id, resource_id, state }, page),
  });
}

/** Changes the name. Throws `node_name_taken`, `project_archived`, `not_found`, `tenant_frozen`, `precondition_failed`. */
export async function updateNode(ctx: ActorContext, { id, name }: UpdateNode): Promise<Node> {
  return transact(ctx, async (tx, record, nothingChanged) => {
    const current = await lockNode(ctx, tx, { id, inActiveProject: true });
    requireMatch(ctx, node.parse(current));
    if (name === undefined || name === current.name) {
      nothingChanged();
      return current;
    }
    const row = await nodes.updateNode(tx, id, { name });
    await record(nodeEvents.updated, row);
    return row;
  });
}

/**
 * Deletes a node that is pending or deregistered, also in an archived project; an address that it has is given back. Throws
 * `illegal_transition`, `allocator_contention`, `not_found`, `tenant_frozen`.
 */
export async function deleteNode(ctx: ActorContext, id: string): Promise<void> {
  return transactOnAddress(ctx, id, async (tx, record) => {
    const row = await lockNode(ctx, tx, { id });
    if (needsAddress(row.state)) throw illegalTransition(row);
    await releaseAddress(ctx, tx, record, holderOf(row));
    await nodes.deleteNode(tx, id);
    await record(nodeEvents.deleted, { ...row, ip: null });
  });
}

/**
 * Begins the enrolment of a pending node, which takes its address or keeps the one that it has; again, it changes nothing.
 * Throws `illegal_transition`, `network_not_set`, `pool_exhausted`, `subrange_exhausted`, `allocator_contention`,
 * `project_archived`, `not_found`, `tenant_frozen`, `precondition_failed`.
 */
export function enrollNode(ctx: ActorContext, { id, reason }: StepNode): Promise<Node> {
  return transactOnAddress(
    ctx,
    id,
    taking(ctx, { id, reason, step: 'enroll' }, async (tx, record, row) => {
      await allocateAddress(ctx, tx, record, { holder: holderOf(row) });
      return { enrolled_at: ctx.clock() };
    }),
  );
}

/**
 * Says that a node that is enrolling is ready; again, it changes nothing. Throws `illegal_transition`, `project_archived`,
 * `not_found`, `tenant_frozen`, `precondition_failed`.
 */
export function markNodeReady(ctx: ActorContext, { id, reason }: StepNode): Promise<Node> {
  return transact(
    ctx,
    taking(ctx, { id, reason, step: 'ready' }, async () => ({ ready_at: ctx.clock() })),
  );
}

/**
 * Deregisters a node for good, which gives its address back; again, it changes nothing. Works in an archived project, and in
 * a frozen and an archived tenant too, because taking access away must always be possible. Throws `allocator_contention`,
 * `not_found`, `precondition_failed`.
 */
export function deregisterNode(ctx: ActorContext, { id, reason }: StepNode): Promise<Node> {
  return transactOnAddress(
    ctx,
    id,
    taking(ctx, { id, reason, step: 'deregister' }, async (tx, record, row) => {
      await releaseAddress(ctx, tx, record, holderOf(row));
      return { deregistered_at: ctx.clock() };
    }),
  );
}

/**
 * Gives an address to a node that is not deregistered, or returns the one that it has. Throws `illegal_transition`,
 * `network_not_set`, `pool_exhausted`, `subrange_exhausted`, `address_taken`, `address_not_usable`, `allocator_contention`,
 * `project_archived`, `not_found`, `tenant_frozen`.
 */
export function takeNodeAddress(ctx: ActorContext, { id, ip }: TakeNodeAddress): Promise<MeshAddress> {
  return transactOnAddress(ctx, id, async (tx, record, nothingChanged) => {
    const row = await lockNode(ctx, tx, { id, inActiveProject: true });
    if (row.state === 'deregistered') throw illegalTransition(row);
    const address = await allocateAddress(ctx, tx, record, { holder: holderOf(row), ip });
    if (row.ip !== null) nothingChanged();
    return address;
  });
}

/**
 * Takes the address of a node back, also in an archived project; a node without one stays as it is. Throws
 * `node_needs_address`, `allocator_contention`, `not_found`, `tenant_frozen`.
 */
export async function giveBackNodeAddress(ctx: ActorContext, id: string): Promise<void> {
  return transactOnAddress(ctx, id, async (tx, record, nothingChanged) => {
    const row = await lockNode(ctx, tx, { id });
    if (needsAddress(row.state)) throw nodeErrors.nodeNeedsAddress();
    if ((await releaseAddress(ctx, tx, record, holderOf(row))) === undefined) nothingChanged();
  });
}

/**
 * The project of the node that the input names, for a caller that acts by a level there; null when the caller's tenant has
 * no such node.
 */
export async function projectOfNode(
  { actor, db }: Context,
  { id }: Readonly<Record<string, unknown>>,
): Promise<string | null> {
  const given = nodeId.shape.id.safeParse(id);
  if (!given.success || actor === null) return null;
  const row = await nodes.findNode(db, given.data);
  return row?.tenant_id === actor.tenant_id ? row.project_id : null;
}

/** Runs the work in the turn of the network that the node is in. Throws `not_found`, and like the work. */
async function transactOnAddress<T>(ctx: ActorContext, id: string, work: Work<T>): Promise<T> {
  const { tenant_id } = reachable(ctx, await nodes.findNode(ctx.db, id));
  return transactInNetwork(ctx, tenant_id, work);
}

interface Taking extends StepNode {
  readonly step: NodeStep;
}
/** What a step does beside the change of state; it returns the time of the step in its column. */
type StepWork = (tx: Tx, record: Parameters<Work<Node>>[1], row: Node) => Promise<nodes.NodeChanges>;

const EVENTS = {
  enrolling: nodeEvents.enrolling,
  ready: nodeEvents.ready,
  deregistered: nodeEvents.deregistered,
} as const;

/** Makes the work of a step: locks the node, lets the machine decide, does what the step does, and records it. */
function taking(ctx: ActorContext, { id, reason, step }: Taking, also: StepWork): Work<Node> {
  return async (tx, record, nothingChanged) => {
    const isEnd = step === 'deregister';
    const row = await lockNode(ctx, tx, { id, inActiveProject: !isEnd, whateverStatus: isEnd });
    requireMatch(ctx, node.parse(row));
    const decision = decideStep(row.state, step);
    if (decision.kind === 'refused') throw illegalTransition(row);
    if (decision.kind === 'there') {
      nothingChanged();
      return row;
    }
    const at = await also(tx, record, row);
    const changed = await nodes.updateNode(tx, id, { ...at, state: decision.goal, reason: reason ?? null });
    await record(EVENTS[decision.goal], changed, { description: reason });
    return changed;
  };
}

interface Locking {
  readonly id: string;
  readonly inActiveProject?: boolean;
  readonly whateverStatus?: boolean;
}

/** The node, locked after its tenant, and after its project where that must be active. */
function lockNode(ctx: ActorContext, tx: Tx, { id, inActiveProject = false, whateverStatus = false }: Locking) {
  const lock = async () => {
    const row = inActiveProject ? await nodes.findNode(tx, id) : undefined;
    if (row !== undefined) await holdActiveProject(tx, row.tenant_id, row.project_id);
    return nodes.lockNode(tx, id);
  };
  return lockOwned(ctx, tx, { id, find: nodes.findNode, lock, reach: reachable, whateverStatus });
}

function holderOf({ tenant_id, project_id, id: node_id, name: node_name }: Node): AddressHolder {
  return { tenant_id, project_id, node_id, node_name };
}

function illegalTransition({ state }: Node) {
  return kernelErrors.illegalTransition({ members: { allowed: allowedSteps(state) } });
}
