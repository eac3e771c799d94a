import { defineRequests } from '../../../test/support/requests.ts';
import { entitle } from '../../../test/support/server.ts';

declare module '../../../test/support/requests.ts' {
  interface Things {
    /** The product that the tenant is entitled to; it supports projects. */
    readonly entitlement: string;
  }
}

export const requests = defineRequests({
  things: {
    entitlement: {
      make: async (server, { tenant_id }) => (await entitle(server, tenant_id)).product,
      unknown: 'certifai',
    },
  },
  operations: {
    list_entitlements: { needs: ['entitlement'], request: ({ tenant_id }) => ({ query: `?tenant_id=${tenant_id}` }) },
    set_entitlement: { request: ({ tenant_id }) => ({ body: { tenant_id, product: 'compliance' } }) },
    revoke_entitlement: {
      needs: ['entitlement'],
      request: ({ tenant_id, entitlement }) => ({ query: `?tenant_id=${tenant_id}&product=${entitlement}` }),
    },
    check_entitlement: {
      needs: ['entitlement'],
      request: ({ tenant_id, entitlement }) => ({ query: `?tenant_id=${tenant_id}&product=${entitlement}` }),
    },
  },
});
