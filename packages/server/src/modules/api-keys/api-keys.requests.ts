import { byId, defineRequests } from '../../../test/support/requests.ts';
import { madeIn } from '../../../test/support/server.ts';

declare module '../../../test/support/requests.ts' {
  interface Things {
    /** The id of a key of the whole tenant. */
    readonly apiKey: string;
    /** The plaintext of another key of the tenant. */
    readonly keySecret: string;
    /** The id of a key that the program of `programToken` owns. */
    readonly ownApiKey: string;
  }
}

const selfOnly = 'it is about the keys of the caller, and neither people of the platform nor keys have any';
const by = (tenant_id: string, token: string) => ({ token, headers: { 'x-tenant-id': tenant_id } });

export const requests = defineRequests({
  things: {
    apiKey: { make: async (server, { tenant_id }) => (await madeIn(server, tenant_id, 'api-keys', { name: 'ci' })).id },
    keySecret: {
      make: async (server, { tenant_id }) => (await madeIn(server, tenant_id, 'api-keys', { name: 'ci' })).key,
      unknown: `bp_${'A'.repeat(22)}`,
    },
    ownApiKey: {
      needs: ['programToken'],
      make: async (server, { tenant_id, programToken }) => {
        const body = { name: 'own' };
        return (await server.call('POST /v1/me/api-keys', { ...by(tenant_id, programToken), body })).body.id;
      },
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
    create_own_api_key: {
      needs: ['programToken'],
      selfOnly,
      request: ({ tenant_id, programToken }) => ({ ...by(tenant_id, programToken), body: { name: 'own' } }),
    },
    list_own_api_keys: {
      needs: ['programToken'],
      selfOnly,
      request: ({ tenant_id, programToken }) => by(tenant_id, programToken),
    },
    revoke_own_api_key: {
      needs: ['programToken', 'ownApiKey'],
      selfOnly,
      whenFrozen: 'taking access away must always be possible',
      request: ({ tenant_id, programToken, ownApiKey }) => ({ ...by(tenant_id, programToken), ...byId(ownApiKey) }),
    },
    verify_api_key: {
      needs: ['keySecret'],
      withoutRows: "what it is asked for is decided by a key's own secret, and no tenant may call it",
      request: ({ keySecret }) => ({ body: { key: keySecret } }),
    },
    verify_api_keys: {
      needs: ['keySecret'],
      withoutRows: "what it is asked for is decided by a key's own secret, and no tenant may call it",
      request: ({ keySecret }) => ({ body: { questions: [{ key: keySecret }, { key: 'none' }] } }),
    },
  },
});
