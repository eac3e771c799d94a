/** Nodes on the wire: one expression per endpoint. */
import { z } from 'zod';
import { kernelErrors } from '../../kernel/errors.ts';
import { routes } from '../../kernel/routes.ts';
import { procedure, router } from '../../kernel/trpc.ts';
import { apiKeyErrors } from '../api-keys/errors.ts';
import { networkErrors } from '../network/errors.ts';
import { meshAddress } from '../network/schema.ts';
import { projectErrors } from '../projects/errors.ts';
import { tenancyErrors } from '../tenants/errors.ts';
import { nodeErrors } from './errors.ts';
import {
  createNodeInput,
  listNodesInput,
  node,
  nodeId,
  nodePage,
  stepNodeInput,
  takeNodeAddressInput,
  updateNodeInput,
} from './schema.ts';
import {
  createNode,
  deleteNode,
  deregisterNode,
  enrollNode,
  getNode,
  giveBackNodeAddress,
  listNodes,
  markNodeReady,
  projectOfNode,
  takeNodeAddress,
  updateNode,
} from './service.ts';

const on = routes({ tag: 'Nodes', tenancy: tenancyErrors });
const named = { project: 'project_id' };
const ofRow = { project: projectOfNode };
const pending = {
  state: 'pending',
  reason: null,
  ip: null,
  enrolled_at: null,
  ready_at: null,
  deregistered_at: null,
};
const { illegalTransition } = kernelErrors;
const { networkNotSet, poolExhausted, subrangeExhausted, allocatorContention } = networkErrors;
const ofTaking = [projectErrors.projectArchived, networkNotSet, poolExhausted, subrangeExhausted, allocatorContention];

export const nodesRouter = router({
  create: procedure('nodes:write', named)
    .meta({
      rest: on.create('/v1/nodes', {
        operation: 'create_node',
        summary: 'Create a node',
        description: 'It is pending and has no address: the enrolment gives it one.',
        errors: [
          kernelErrors.quotaExceeded,
          kernelErrors.boundToProject,
          apiKeyErrors.projectNotFound,
          projectErrors.projectArchived,
          nodeErrors.resourceNotFound,
          nodeErrors.nodeNameTaken,
        ],
        inTenant: 'write',
        example: { response: pending },
      }),
    })
    .input(createNodeInput)
    .output(node)
    .mutation(({ ctx, input }) => createNode(ctx, input)),

  list: procedure('nodes:read', named)
    .meta({
      rest: on.list('/v1/nodes', {
        operation: 'list_nodes',
        summary: 'List the nodes of a tenant',
        description: 'Newest first, filtered by project, resource and state; the deregistered ones too.',
        inTenant: 'read',
      }),
    })
    .input(listNodesInput)
    .output(nodePage)
    .query(({ ctx, input }) => listNodes(ctx, input)),

  get: procedure('nodes:read', ofRow)
    .meta({
      rest: on.get('/v1/nodes/{id}', {
        operation: 'get_node',
        summary: 'Get a node',
        description: 'By id, with its address.',
        inTenant: 'read',
      }),
    })
    .input(nodeId)
    .output(node)
    .query(({ ctx, input }) => getNode(ctx, input.id)),

  update: procedure('nodes:write', ofRow)
    .meta({
      rest: on.update('/v1/nodes/{id}', {
        operation: 'update_node',
        summary: 'Change the name of a node',
        description: 'Project and resource never change, and its state by its steps alone.',
        errors: [nodeErrors.nodeNameTaken, projectErrors.projectArchived],
        inTenant: 'write',
      }),
    })
    .input(updateNodeInput)
    .output(node)
    .mutation(({ ctx, input }) => updateNode(ctx, input)),

  delete: procedure('nodes:write', ofRow)
    .meta({
      rest: on.remove('/v1/nodes/{id}', {
        operation: 'delete_node',
        summary: 'Delete a node',
        description:
          'For good, also in an archived project: a deregistered one, or a pending one, which gives an address that it has back.',
        errors: [illegalTransition, allocatorContention],
        inTenant: 'write',
      }),
    })
    .input(nodeId)
    .output(z.void())
    .mutation(({ ctx, input }) => deleteNode(ctx, input.id)),

  enroll: procedure('nodes:write', ofRow)
    .meta({
      rest: on.step('/v1/nodes/{id}/enroll', {
        operation: 'enroll_node',
        summary: 'Enroll a node',
        description:
          'A pending node takes its address, or keeps the one that it has, and is enrolling. Enrolling it again changes nothing.',
        errors: [illegalTransition, ...ofTaking],
        inTenant: 'write',
        example: { response: { state: 'enrolling', ready_at: null, deregistered_at: null } },
      }),
    })
    .input(stepNodeInput)
    .output(node)
    .mutation(({ ctx, input }) => enrollNode(ctx, input)),

  ready: procedure('nodes:write', ofRow)
    .meta({
      rest: on.step('/v1/nodes/{id}/ready', {
        operation: 'mark_node_ready',
        summary: 'Mark a node as ready',
        description: 'One that is enrolling. Doing it again changes nothing.',
        errors: [illegalTransition, projectErrors.projectArchived],
        inTenant: 'write',
        example: { response: { state: 'ready', deregistered_at: null } },
      }),
    })
    .input(stepNodeInput)
    .output(node)
    .mutation(({ ctx, input }) => markNodeReady(ctx, input)),

  deregister: procedure('nodes:write', ofRow)
    .meta({
      rest: on.step('/v1/nodes/{id}/deregister', {
        operation: 'deregister_node',
        summary: 'Deregister a node',
        description:
          'For good: it gives its address back, and another node may have its name. Works in an archived project, and in a frozen and an archived tenant too. Deregistering it again changes nothing.',
        errors: [allocatorContention],
        example: { response: { state: 'deregistered', ip: null } },
      }),
    })
    .input(stepNodeInput)
    .output(node)
    .mutation(({ ctx, input }) => deregisterNode(ctx, input)),

  takeAddress: procedure('nodes:write', ofRow)
    .meta({
      rest: on.ask('/v1/nodes/{id}/address', {
        operation: 'take_node_address',
        summary: 'Take an address for a node',
        description:
          'For one that is not deregistered: the address named, or the lowest that is free for its project. A node that has one keeps it, and nothing changes.',
        errors: [illegalTransition, networkErrors.addressTaken, networkErrors.addressNotUsable, ...ofTaking],
        inTenant: 'write',
      }),
    })
    .input(takeNodeAddressInput)
    .output(meshAddress)
    .mutation(({ ctx, input }) => takeNodeAddress(ctx, input)),

  giveBackAddress: procedure('nodes:write', ofRow)
    .meta({
      rest: on.remove('/v1/nodes/{id}/address', {
        operation: 'give_back_node_address',
        summary: 'Give the address of a node back',
        description: 'Of a pending node, also in an archived project. A node that has none stays as it is.',
        errors: [nodeErrors.nodeNeedsAddress, allocatorContention],
        inTenant: 'write',
      }),
    })
    .input(nodeId)
    .output(z.void())
    .mutation(({ ctx, input }) => giveBackNodeAddress(ctx, input.id)),
});
