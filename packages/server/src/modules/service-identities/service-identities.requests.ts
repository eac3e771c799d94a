import { newProgram } from '../../../test/support/programs.ts';
import { byId, defineRequests } from '../../../test/support/requests.ts';
import { madeIn } from '../../../test/support/server.ts';

declare module '../../../test/support/requests.ts' {
  interface Things {
    /** The id of a service identity of the whole tenant. */
    readonly serviceIdentity: string;
    /** The token of another one; it comes with X-Tenant-Id. */
    readonly programToken: string;
  }
}

const fields = { display_name: 'Exporter', federation_kind: 'api_token' };

export const requests = defineRequests({
  things: {
    serviceIdentity: {
      make: async (server, { tenant_id }) => (await madeIn(server, tenant_id, 'service-identities', fields)).id,
    },
    programToken: {
      make: async (server, { tenant_id }) => (await newProgram(server, tenant_id)).token(),
      unknown: 'e30.e30.e30',
    },
  },
  operations: {
    create_service_identity: { request: ({ tenant_id }) => ({ body: { tenant_id, ...fields } }) },
    list_service_identities: {
      needs: ['serviceIdentity'],
      request: ({ tenant_id }) => ({ query: `?tenant_id=${tenant_id}` }),
    },
    get_service_identity: { needs: ['serviceIdentity'], request: ({ serviceIdentity }) => byId(serviceIdentity) },
    list_service_identity_groups: {
      needs: ['serviceIdentity'],
      request: ({ serviceIdentity }) => byId(serviceIdentity),
    },
    update_service_identity: {
      needs: ['serviceIdentity'],
      request: ({ serviceIdentity }) => ({ ...byId(serviceIdentity), body: { display_name: 'Other' } }),
    },
    deactivate_service_identity: {
      needs: ['serviceIdentity'],
      whenFrozen: 'taking access away must always be possible',
      request: ({ serviceIdentity }) => byId(serviceIdentity),
    },
    activate_service_identity: { needs: ['serviceIdentity'], request: ({ serviceIdentity }) => byId(serviceIdentity) },
    delete_service_identity: { needs: ['serviceIdentity'], request: ({ serviceIdentity }) => byId(serviceIdentity) },
  },
});
