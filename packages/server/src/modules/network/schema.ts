/** The shapes of networks: what comes in, what goes out, what happened. */
import { z } from 'zod';
import { defineEvent } from '../../kernel/events.ts';
import { addressInput, rangeInput, subRangeInput } from '../../kernel/ip-input.ts';
import { pageInput, pageOf } from '../../kernel/pagination.ts';
import { dashed, id, textUpTo, timestamp, timestampInput } from '../../kernel/schema.ts';
import { tenantOwnId } from '../tenants/schema.ts';

const CIDR_LENGTH_MAX = 43;
const ADDRESS_LENGTH_MAX = 39;
const NODE_NAME_LENGTH_MAX = 63;
const REST_SECONDS_MAX = 604_800;

const about = {
  cidr: 'The range of the network, IPv4 or IPv6.',
  space: 'Ranges of one space do not overlap; those of different spaces may.',
  rest_seconds:
    'How long an address that was given back is handed out again only when nothing else is free. 0: it is free at once.',
  strict: 'Whether the project gets an address of the sub-range or none; otherwise the rest of the network follows.',
} as const;

const cidr = textUpTo(CIDR_LENGTH_MAX).meta({ description: about.cidr, examples: ['10.20.0.0/16'] });
const ip = textUpTo(ADDRESS_LENGTH_MAX).meta({ description: 'The address.', examples: ['10.20.4.7'] });

export const network = z
  .object({
    tenant_id: id,
    cidr,
    space: textUpTo(63).meta({ description: about.space, examples: ['shared'] }),
    rest_seconds: z.int().min(0).max(REST_SECONDS_MAX).describe(about.rest_seconds),
  })
  .meta({ id: 'Network', description: 'The range of addresses of a tenant.' });
export type Network = z.infer<typeof network>;

export const networkOf = z.strictObject({ id: tenantOwnId });

export const setNetworkInput = z.strictObject({
  id: tenantOwnId,
  cidr: rangeInput.describe(about.cidr),
  space: dashed.optional().meta({
    description: `${about.space} Absent: as it is, at first \`shared\`.`,
    minLength: 1,
    maxLength: 63,
    examples: ['shared'],
  }),
  rest_seconds: z
    .int()
    .min(0)
    .max(REST_SECONDS_MAX)
    .optional()
    .describe(`${about.rest_seconds} Absent: as it is, at first 0.`),
});
export type SetNetwork = z.output<typeof setNetworkInput>;

export const subRange = z
  .object({
    tenant_id: id,
    project_id: id,
    cidr: textUpTo(CIDR_LENGTH_MAX).meta({ description: 'The sub-range.', examples: ['10.20.4.0/27'] }),
    strict: z.boolean().describe(about.strict),
    created_at: timestamp,
  })
  .meta({ id: 'SubRange', description: 'The part of the network of a tenant that one project has for itself.' });
export type SubRange = z.infer<typeof subRange>;

export const subRangeOf = z.strictObject({ id: id.describe('The project.') });

export const setSubRangeInput = z
  .strictObject({
    id: id.describe('The project.'),
    cidr: subRangeInput.optional().describe('Exactly this sub-range. Either this or `prefix_length`.'),
    prefix_length: z
      .int()
      .min(8)
      .max(126)
      .optional()
      .meta({
        description: 'Any sub-range of this length: the lowest that is free. Either this or `cidr`.',
        examples: [27],
      }),
    strict: z.boolean().optional().describe(`${about.strict} Absent: as it is, at first true.`),
  })
  .superRefine(({ cidr, prefix_length }, context) => {
    if ((cidr === undefined) !== (prefix_length === undefined)) return;
    const message =
      cidr === undefined ? 'must be given, or prefix_length in its place' : 'must not be given beside prefix_length';
    context.addIssue({ code: 'custom', path: ['cidr'], message });
  });
export type SetSubRange = z.output<typeof setSubRangeInput>;

const count = (description: string) => z.int().min(0).max(Number.MAX_SAFE_INTEGER).describe(description);
const usage = {
  capacity: count('Addresses that are used or can be handed out; 9007199254740991 also stands for more.'),
  used: count('Addresses that nodes have.'),
  free: count('Addresses that can be handed out now; 9007199254740991 also stands for more.'),
  resting: count('Addresses that were given back and rest: they are handed out only when no other is free.'),
  fragments: count('Pieces in which the free addresses lie.'),
  largest_prefix: z
    .int()
    .min(8)
    .max(128)
    .nullable()
    .describe('The prefix length of the largest sub-range that there is room for; null: there is room for none.'),
};

export const networkUsage = z
  .object({
    range: z.object(usage).describe('The whole network.'),
    pool: z.object(usage).describe('The network outside of all sub-ranges.'),
    sub_ranges: z
      .array(
        z
          .object({
            project_id: id,
            cidr: textUpTo(CIDR_LENGTH_MAX).meta({ description: 'The sub-range.', examples: ['10.20.4.0/27'] }),
            strict: z.boolean().describe(about.strict),
            ...usage,
          })
          .describe('How much of a sub-range is used.'),
      )
      .max(1_000_000)
      .describe('Each sub-range that the caller may see, lowest first.'),
  })
  .meta({ id: 'NetworkUsage', description: 'How much of a network is used.' });
export type NetworkUsage = z.infer<typeof networkUsage>;

/** An address, and the node that has it. */
const allocation = {
  tenant_id: id,
  project_id: id,
  ip,
  node_id: id.describe('The node that has it.'),
  node_name: textUpTo(NODE_NAME_LENGTH_MAX).meta({ description: 'The name of the node.', examples: ['edge-1'] }),
  allocated_at: timestamp.describe('When the node got it.'),
};
export const meshAddress = z
  .object(allocation)
  .meta({ id: 'MeshAddress', description: 'An address of a network that a node has.' });
export type MeshAddress = z.infer<typeof meshAddress>;

export const listMeshAddressesInput = z.strictObject({
  ...pageInput,
  id: tenantOwnId.describe('The tenant.'),
  project_id: id.optional().describe('Only the addresses of nodes of this project.'),
});
export type ListMeshAddresses = z.output<typeof listMeshAddressesInput>;
export const meshAddressPage = pageOf(meshAddress).meta({
  id: 'MeshAddressPage',
  description: 'A page of addresses, lowest first.',
});

export const getMeshAddressInput = z.strictObject({
  id: tenantOwnId.describe('The tenant.'),
  ip: addressInput.describe('The address.'),
  at: timestampInput.optional().describe('The time that is asked about. Absent: now.'),
});
export type GetMeshAddress = z.output<typeof getMeshAddressInput>;

export const meshAddressHolder = z
  .object({
    ip,
    at: timestamp.describe('The time that is told about.'),
    held: z.boolean().describe('Whether a node had the address then.'),
    project_id: id.nullable().describe('The project of the node that had it, or had it last; null: none ever did.'),
    node_id: id.nullable().describe('The node that had it, or had it last; null: none ever did.'),
    node_name: textUpTo(NODE_NAME_LENGTH_MAX)
      .nullable()
      .meta({ description: 'The name that the node had when it got it.', examples: ['edge-1'] }),
    allocated_at: timestamp.nullable().describe('When that node got it.'),
    released_at: timestamp.nullable().describe('When it gave it back; null: not until the time that is told about.'),
  })
  .meta({ id: 'MeshAddressHolder', description: 'Which node had an address at a time.' });
export type MeshAddressHolder = z.infer<typeof meshAddressHolder>;

const ofNetwork = ({ tenant_id, cidr: name }: Network) => ({
  tenant_id,
  target: { type: 'network', id: tenant_id, name },
});
const ofSubRange = ({ tenant_id, project_id, cidr: name }: SubRange) => ({
  tenant_id,
  project_id,
  target: { type: 'sub_range', id: project_id, name },
});
const ofAddress = ({ tenant_id, project_id, ip, node_name: name }: MeshAddress) => ({
  tenant_id,
  project_id,
  target: { type: 'mesh_address', id: meshAddressKey(tenant_id, ip), name },
});

/** The id of an address in the audit log and in events. */
export function meshAddressKey(tenantId: string, ip: string): string {
  return `${tenantId}/${ip}`;
}

export const networkEvents = {
  rangeSet: defineEvent({
    type: 'network.range_set',
    description: 'A tenant got a network, or its range, its space or its time of rest changed.',
    payload: network,
    subject: ofNetwork,
  }),
  rangeRemoved: defineEvent({
    type: 'network.range_removed',
    description: 'A tenant has no network any more.',
    payload: network,
    subject: ofNetwork,
  }),
  subRangeReserved: defineEvent({
    type: 'network.sub_range_reserved',
    description: 'A project got a sub-range, or another one than before, or whether it is strict changed.',
    payload: subRange,
    subject: ofSubRange,
  }),
  subRangeReleased: defineEvent({
    type: 'network.sub_range_released',
    description: 'A project has no sub-range any more; its addresses stay.',
    payload: subRange,
    subject: ofSubRange,
  }),
  addressAllocated: defineEvent({
    type: 'mesh_address.allocated',
    description: 'A node got an address.',
    payload: meshAddress,
    subject: ofAddress,
  }),
  addressReleased: defineEvent({
    type: 'mesh_address.released',
    description: 'A node gave its address back.',
    payload: meshAddress,
    subject: ofAddress,
  }),
} as const;
