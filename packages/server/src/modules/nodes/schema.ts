/** The shapes of nodes: what comes in, what goes out, what happened. */
import { z } from 'zod';
import { defineEvent } from '../../kernel/events.ts';
import { addressInput } from '../../kernel/ip-input.ts';
import { pageInput, pageOf } from '../../kernel/pagination.ts';
import { id, textUpTo, timestamp } from '../../kernel/schema.ts';

export { meshAddress } from '../network/schema.ts';

const NAME_LENGTH_MAX = 63;
const REASON_LENGTH_MAX = 1_000;

export const nodeStates = ['pending', 'enrolling', 'ready', 'deregistered'] as const;
export type NodeState = (typeof nodeStates)[number];

/** The steps of the life of a node: the last segments of their paths. */
export const nodeSteps = ['enroll', 'ready', 'deregister'] as const;
export type NodeStep = (typeof nodeSteps)[number];

const state = z
  .enum(nodeStates)
  .describe('Where it is in its life: `pending`, `enrolling` with an address, `ready`, `deregistered` for good.');

const about = {
  name: {
    description: 'A DNS label, unique among the nodes of the tenant that are not deregistered.',
    examples: ['edge-1'],
  },
  reason: { description: 'Why it took its last step.', examples: ['The machine was replaced.'] },
} as const;

const nodeName = z
  .string()
  .max(NAME_LENGTH_MAX)
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'must be lower case letters, digits and inner dashes')
  .meta({ ...about.name, minLength: 1 });

export const node = z
  .object({
    id,
    tenant_id: id,
    project_id: id,
    resource_id: id.describe('What it is a machine of.'),
    name: textUpTo(NAME_LENGTH_MAX).meta(about.name),
    state,
    reason: textUpTo(REASON_LENGTH_MAX).nullable().meta(about.reason),
    ip: textUpTo(39)
      .nullable()
      .meta({ description: 'Its address; null: it has none.', examples: ['10.20.4.7'] }),
    enrolled_at: timestamp.nullable().describe('When it was enrolled.'),
    ready_at: timestamp.nullable().describe('When it became ready.'),
    deregistered_at: timestamp.nullable().describe('When it was deregistered.'),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'Node', description: 'A machine of a resource, with an address of the network of its tenant.' });
export type Node = z.infer<typeof node>;

export const nodeId = z.strictObject({ id });

export const createNodeInput = z.strictObject({
  tenant_id: id,
  project_id: id,
  resource_id: id.describe('What it is a machine of: a resource of the project.'),
  name: nodeName,
});
export type CreateNode = z.output<typeof createNodeInput>;

export const listNodesInput = z.strictObject({
  ...pageInput,
  tenant_id: id,
  project_id: id.optional().describe('Only the nodes of this project.'),
  resource_id: id.optional().describe('Only the nodes of this resource.'),
  state: state.optional().describe('Only those in this state.'),
});
export type ListNodes = z.output<typeof listNodesInput>;
export const nodePage = pageOf(node).meta({ id: 'NodePage', description: 'A page of nodes.' });

export const updateNodeInput = z.strictObject({ id, name: nodeName.optional() });
export type UpdateNode = z.output<typeof updateNodeInput>;

export const stepNodeInput = z.strictObject({
  id,
  reason: z.string().min(1).max(REASON_LENGTH_MAX).optional().meta(about.reason),
});
export type StepNode = z.output<typeof stepNodeInput>;

export const takeNodeAddressInput = z.strictObject({
  id,
  ip: addressInput.optional().describe('Exactly this address. Absent: the lowest that is free for its project.'),
});
export type TakeNodeAddress = z.output<typeof takeNodeAddressInput>;

const subject = ({ id, tenant_id, project_id, name }: Node) => ({
  tenant_id,
  project_id,
  target: { type: 'node', id, name },
});
const event = <const Type extends string>(type: Type, description: string) =>
  defineEvent({ type, description, payload: node, subject });

export const nodeEvents = {
  created: event('node.created', 'A node was created.'),
  updated: event('node.updated', 'The name of a node changed.'),
  enrolling: event('node.enrolling', 'A node is being enrolled, and has an address.'),
  ready: event('node.ready', 'A node is ready.'),
  deregistered: event('node.deregistered', 'A node was deregistered, and has no address any more.'),
  deleted: event('node.deleted', 'A node was deleted.'),
} as const;
