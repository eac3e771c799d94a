import { defineRequests } from '../../../../test/support/requests.ts';

export const requests = defineRequests({
  operations: {
    // One key is one line, which is also one JSON text.
    export_configs: {
      needs: ['project', 'config'],
      request: ({ project }) => ({ path: { project_id: project } }),
    },
    import_configs: {
      needs: ['project'],
      request: ({ project }) => ({
        path: { project_id: project },
        body: { items: [{ key: 'imported', content: true }] },
      }),
    },
  },
});
