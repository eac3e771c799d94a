import { byId, defineRequests } from '../../../test/support/requests.ts';
import { madeIn } from '../../../test/support/server.ts';

declare module '../../../test/support/requests.ts' {
  interface Things {
    /** The id of an open request for the product `compliance`. */
    readonly catalogRequest: string;
  }
}

export const requests = defineRequests({
  things: {
    catalogRequest: {
      make: async (server, { tenant_id }) =>
        (await madeIn(server, tenant_id, 'catalog/request', { product: 'compliance' })).id,
    },
  },
  operations: {
    list_catalog: {
      namesNoTenant: 'the catalog is the same for every tenant',
      withoutRows: 'the catalog comes from a file',
      request: () => ({}),
    },
    request_product: { request: ({ tenant_id }) => ({ body: { tenant_id, product: 'certifai' } }) },
    request_trial: { request: ({ tenant_id }) => ({ body: { tenant_id, product: 'compliance' } }) },
    list_catalog_requests: {
      needs: ['catalogRequest'],
      request: ({ tenant_id }) => ({ query: `?tenant_id=${tenant_id}` }),
    },
    grant_catalog_request: { needs: ['catalogRequest'], request: ({ catalogRequest }) => byId(catalogRequest) },
    reject_catalog_request: { needs: ['catalogRequest'], request: ({ catalogRequest }) => byId(catalogRequest) },
  },
});
