import { byId, defineRequests } from '../../../test/support/requests.ts';
import { madeIn } from '../../../test/support/server.ts';

declare module '../../../test/support/requests.ts' {
  interface Things {
    /** The id of a key of the whole tenant. */
    readonly apiKey: string;
    /** The plaintext of another key of the tenant. */
    readonly keySecret: string;
  }
}

export const requests = defineRequests({
  things: {
    apiKey: { make: async (server, { tenant_id }) => (await madeIn(server, tenant_id, 'api-keys', { name: 'ci' })).id },
    keySecret: {
      make: async (server, { tenant_id }) => (await madeIn(server, tenant_id, 'api-keys', { name: 'ci' })).key,
      unknown: `bp_${'A'.repeat(22)}`,
    },
  },
  operations: {
    create_api_key: { request: ({ tenant_id }) => ({ body: { tenant_id, name: 'other' } }) },
    list_api_keys: { needs: ['apiKey'], request: ({ tenant_id }) => ({ query: `?tenant_id=${tenant_id}` }) },
    revoke_api_key: {
      needs: ['apiKey'],
      whenFrozen: 'taking access away must always be possible',
      request: ({ apiKey }) => byId(apiKey),
    },
    rotate_api_key: { needs: ['apiKey'], request: ({ apiKey }) => byId(apiKey) },
    verify_api_key: {
      needs: ['keySecret'],
      withoutRows: "what it is asked for is decided by a key's own secret, and no tenant may call it",
      request: ({ keySecret }) => ({ body: { key: keySecret } }),
    },
  },
});
