import { defineRequests } from '../../../test/support/requests.ts';

export const requests = defineRequests({
  operations: {
    stream_events: { request: ({ tenant_id }) => ({ query: `?tenant_id=${tenant_id}&types=tenant.*` }) },
    stream_all_events: { namesNoTenant: 'it is about all of them', request: () => ({}) },
    list_events: { request: ({ tenant_id }) => ({ query: `?tenant_id=${tenant_id}&types=tenant.*` }) },
  },
});
