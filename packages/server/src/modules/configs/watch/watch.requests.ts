import { defineRequests } from '../../../../test/support/requests.ts';

export const requests = defineRequests({
  operations: {
    watch_configs: {
      needs: ['project'],
      request: ({ project }) => ({ path: { project_id: project }, query: '?prefix=a' }),
    },
  },
});
