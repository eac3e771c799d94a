import { defineError } from '../../kernel/errors.ts';

export const resourceErrors = {
  resourceInUse: defineError({
    code: 'resource_in_use',
    status: 'CONFLICT',
    detail: 'The resource has nodes: delete them first.',
    constraint: 'nodes_tenant_id_project_id_resource_id_fkey',
  }),
} as const;
