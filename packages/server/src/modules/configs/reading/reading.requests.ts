import { defineRequests } from '../../../../test/support/requests.ts';

export const requests = defineRequests({
  operations: {
    list_configs: {
      needs: ['project', 'config'],
      request: ({ project }) => ({ path: { project_id: project } }),
    },
    list_tenant_configs: { needs: ['config'], request: ({ tenant_id }) => ({ query: `?tenant_id=${tenant_id}` }) },
    get_config_snapshot: {
      needs: ['project', 'config'],
      request: ({ project }) => ({ path: { project_id: project } }),
    },
    get_config_diff: {
      needs: ['project', 'config'],
      request: ({ project }) => ({ path: { project_id: project }, query: '?from=2026-01-15T09:30:00Z' }),
    },
  },
});
