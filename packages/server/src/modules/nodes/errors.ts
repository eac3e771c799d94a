import { defineError } from '../../kernel/errors.ts';

export const nodeErrors = {
  nodeNameTaken: defineError({
    code: 'node_name_taken',
    status: 'CONFLICT',
    detail: 'That name already belongs to a node of the tenant that is not deregistered.',
    constraint: 'nodes_tenant_id_name_key',
    pointer: '/name',
  }),
  resourceNotFound: defineError({
    code: 'resource_not_found',
    status: 'NOT_FOUND',
    detail: 'The project has no such resource.',
    pointer: '/resource_id',
  }),
  nodeNeedsAddress: defineError({
    code: 'node_needs_address',
    status: 'CONFLICT',
    detail: 'A node that is enrolling or ready needs its address: deregister the node to give it back.',
  }),
} as const;
