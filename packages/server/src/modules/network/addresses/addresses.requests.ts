import { defineRequests } from '../../../../test/support/requests.ts';

export const requests = defineRequests({
  operations: {
    list_mesh_addresses: { request: ({ tenant_id: id }) => ({ path: { id } }) },
    get_mesh_address: { request: ({ tenant_id: id }) => ({ path: { id, ip: '10.20.4.7' } }) },
  },
});
