import { defineRequests } from '../../../../test/support/requests.ts';

const at = (project: string) => ({ project_id: project, key: 'limits' });

export const requests = defineRequests({
  operations: {
    register_config_reader: {
      needs: ['project'],
      request: ({ project }) => ({
        path: { ...at(project), reader: 'billing' },
        body: { schema: { type: 'object' } },
      }),
    },
    list_config_readers: { needs: ['project'], request: ({ project }) => ({ path: at(project) }) },
  },
});
