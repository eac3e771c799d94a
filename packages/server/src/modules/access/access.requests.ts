import { defineRequests } from '../../../test/support/requests.ts';

export const requests = defineRequests({
  operations: {
    get_me: {
      namesNoTenant: 'it tells of the caller alone',
      withoutRows: 'the credential says everything',
      request: () => ({}),
    },
    check_access: {
      needs: ['project'],
      request: ({ project }) => ({ body: { permission: 'projects:read', resource: { type: 'project', id: project } } }),
    },
    check_access_batch: {
      namesNoTenant: 'what a check names in vain refuses that check alone, which a test of the module shows',
      needs: ['project'],
      request: ({ project }) => ({
        body: { checks: [{ permission: 'projects:read', resource: { type: 'project', id: project } }] },
      }),
    },
  },
});
