import { defineRequests } from '../../../test/support/requests.ts';

export const requests = defineRequests({
  operations: {
    get_me: {
      namesNoTenant: 'it tells of the caller alone',
      withoutRows: 'the credential says everything',
      request: () => ({}),
    },
  },
});
