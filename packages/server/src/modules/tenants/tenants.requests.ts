import { byId, defineRequests } from '../../../test/support/requests.ts';
import { uniqueSlug } from '../../../test/support/server.ts';

const LIFECYCLE = 'the lifecycle decides';

export const requests = defineRequests({
  operations: {
    create_tenant: {
      whenFrozen: 'there is no tenant yet',
      request: () => ({ body: { slug: uniqueSlug(), name: 'New' } }),
    },
    list_tenants: {
      namesNoTenant: 'its answer is limited to what the caller may see',
      request: () => ({ query: '?limit=1' }),
    },
    get_tenant: { request: ({ tenant_id }) => byId(tenant_id) },
    get_tenant_by_slug: { request: ({ tenant_slug }) => ({ path: { slug: tenant_slug } }) },
    update_tenant: { request: ({ tenant_id }) => ({ ...byId(tenant_id), body: { name: 'Other' } }) },
    activate_tenant: { after: ['cancel'], whenFrozen: LIFECYCLE, request: ({ tenant_id }) => byId(tenant_id) },
    cancel_tenant: { whenFrozen: LIFECYCLE, request: ({ tenant_id }) => byId(tenant_id) },
    archive_tenant: { after: ['cancel'], whenFrozen: LIFECYCLE, request: ({ tenant_id }) => byId(tenant_id) },
    delete_tenant: { after: ['cancel', 'archive'], whenFrozen: LIFECYCLE, request: ({ tenant_id }) => byId(tenant_id) },
  },
});
