import { byId, defineRequests } from '../../../test/support/requests.ts';
import { madeIn } from '../../../test/support/server.ts';

declare module '../../../test/support/requests.ts' {
  interface Things {
    /** The id of an active OIDC configuration. */
    readonly idpConfig: string;
  }
}

const oidc = { kind: 'oidc', alias: 'Main', issuer: 'https://login.example', client_id: 'c' };

export const requests = defineRequests({
  things: {
    idpConfig: { make: async (server, { tenant_id }) => (await madeIn(server, tenant_id, 'idp-configs', oidc)).id },
  },
  operations: {
    create_idp_config: {
      request: ({ tenant_id }) => ({ body: { ...oidc, tenant_id, alias: 'Other', issuer: 'https://other.example' } }),
    },
    list_idp_configs: { needs: ['idpConfig'], request: ({ tenant_id }) => ({ query: `?tenant_id=${tenant_id}` }) },
    get_idp_config: { needs: ['idpConfig'], request: ({ idpConfig }) => byId(idpConfig) },
    update_idp_config: {
      needs: ['idpConfig'],
      request: ({ idpConfig }) => ({ ...byId(idpConfig), body: { alias: 'Other' } }),
    },
    deactivate_idp_config: { needs: ['idpConfig'], request: ({ idpConfig }) => byId(idpConfig) },
    rehearse_idp_config: { needs: ['idpConfig'], request: ({ idpConfig }) => byId(idpConfig) },
    verify_idp_config: { needs: ['idpConfig'], request: ({ idpConfig }) => byId(idpConfig) },
  },
});
