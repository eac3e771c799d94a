import { newTrustDomain } from '../../../test/support/programs.ts';
import { defineRequests } from '../../../test/support/requests.ts';

declare module '../../../test/support/requests.ts' {
  interface Things {
    /** The name of a trust domain that the tenant believes. */
    readonly trustDomain: string;
  }
}

const { bundle } = await newTrustDomain();
const TRUSTED = 'trusted.example';

export const requests = defineRequests({
  things: {
    trustDomain: {
      make: async (server, { tenant_id }) => {
        const body = { tenant_id, trust_domain: TRUSTED, keys: bundle };
        const { status } = await server.call('PUT /v1/trust-bundles', { body });
        if (status !== 200) throw new Error(`could not set a trust bundle: ${status}`);
        return TRUSTED;
      },
      unknown: TRUSTED,
    },
  },
  operations: {
    set_trust_bundle: {
      request: ({ tenant_id }) => ({ body: { tenant_id, trust_domain: 'other.example', keys: bundle } }),
    },
    list_trust_bundles: { needs: ['trustDomain'], request: ({ tenant_id }) => ({ query: `?tenant_id=${tenant_id}` }) },
    remove_trust_bundle: {
      needs: ['trustDomain'],
      request: ({ tenant_id, trustDomain }) => ({ query: `?tenant_id=${tenant_id}&trust_domain=${trustDomain}` }),
    },
  },
});
