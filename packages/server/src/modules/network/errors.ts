import { defineError } from '../../kernel/errors.ts';

export const networkErrors = {
  rangeOverlaps: defineError({
    code: 'range_overlaps',
    status: 'CONFLICT',
    detail: 'The range overlaps with that of another tenant in the same space: choose another range, or another space.',
    constraint: 'tenants_mesh_cidr_excl',
    pointer: '/cidr',
  }),
  rangeInUse: defineError({
    code: 'range_in_use',
    status: 'CONFLICT',
    detail: 'Addresses or sub-ranges would lie outside of the range: see outside.',
    constraint: 'tenants_mesh_cidr_in_use_check',
    pointer: '/cidr',
    members: {
      outside: {
        type: 'array',
        minItems: 0,
        maxItems: 100,
        description:
          'With `range_in_use`: the sub-ranges and the addresses in use that would lie outside of the range, or be its first or last address, which no node has. The first hundred.',
        items: {
          type: 'string',
          minLength: 2,
          maxLength: 43,
          pattern: '^[0-9a-f:./]*$',
          description: 'An address or a sub-range.',
        },
      },
    },
    example: { members: { outside: ['10.20.4.0/27', '10.20.9.14'] } },
  }),
  networkNotSet: defineError({
    code: 'network_not_set',
    status: 'CONFLICT',
    detail: 'The tenant has no network: an operator sets its range with PUT /v1/tenants/{id}/network.',
  }),
  subRangeOverlaps: defineError({
    code: 'sub_range_overlaps',
    status: 'CONFLICT',
    detail: 'The sub-range overlaps with that of another project: choose another one, or a prefix_length.',
    constraint: 'project_mesh_ip_reservations_sub_range_excl',
    pointer: '/cidr',
  }),
  subRangeOutsideRange: defineError({
    code: 'sub_range_outside_range',
    status: 'CONFLICT',
    detail: 'The sub-range does not lie inside the range of the tenant: see cidr of GET /v1/tenants/{id}/network.',
    constraint: 'project_mesh_ip_reservations_inside_check',
    pointer: '/cidr',
  }),
  subRangeInUse: defineError({
    code: 'sub_range_in_use',
    status: 'CONFLICT',
    detail:
      'Nodes of other projects have addresses of the sub-range: choose another one, or deregister those nodes first.',
    constraint: 'project_mesh_ip_reservations_in_use_check',
    pointer: '/cidr',
  }),
  noSubRangeFits: defineError({
    code: 'no_sub_range_fits',
    status: 'CONFLICT',
    detail: 'No sub-range of that length is free: see pool.largest_prefix of GET /v1/tenants/{id}/network/usage.',
    pointer: '/prefix_length',
  }),
  poolExhausted: defineError({
    code: 'pool_exhausted',
    status: 'CONFLICT',
    detail:
      'The network has no free address left outside of its sub-ranges: deregister nodes, or have an operator set a larger range.',
  }),
  subrangeExhausted: defineError({
    code: 'subrange_exhausted',
    status: 'CONFLICT',
    detail:
      'The sub-range of the project has no free address left, and it is strict: deregister nodes, or set a larger one or one that is not strict.',
  }),
  addressTaken: defineError({
    code: 'address_taken',
    status: 'CONFLICT',
    detail: 'Another node has that address: name another one, or none.',
    constraint: 'domain_mesh_ip_allocations_pkey',
    pointer: '/ip',
  }),
  addressNotUsable: defineError({
    code: 'address_not_usable',
    status: 'CONFLICT',
    detail:
      'No node of the project can have that address: it lies outside of the network, in the sub-range of another project, or is the first or last of its range.',
    constraint: ['domain_mesh_ip_allocations_inside_check', 'domain_mesh_ip_allocations_sub_range_check'],
    pointer: '/ip',
  }),
  allocatorContention: defineError({
    code: 'allocator_contention',
    status: 'SERVICE_UNAVAILABLE',
    detail: 'Too many changes of this network were waiting: try again.',
  }),
} as const;
