import { defineRequests } from '../../../test/support/requests.ts';

export const requests = defineRequests({
  operations: {
    get_limits: {
      withoutRows: 'quotas are counted on the whole tenant, which a key that is bound to a project does not see',
      request: ({ tenant_id }) => ({ query: `?tenant_id=${tenant_id}` }),
    },
  },
});
