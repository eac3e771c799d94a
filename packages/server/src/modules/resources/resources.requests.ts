import { newResource } from '../../../test/support/nodes.ts';
import { byId, defineRequests } from '../../../test/support/requests.ts';

declare module '../../../test/support/requests.ts' {
  interface Things {
    /** The id of a resource without nodes. */
    readonly resource: string;
  }
}

export const requests = defineRequests({
  things: {
    resource: {
      needs: ['project'],
      make: async (server, { tenant_id, project }) =>
        (await newResource(server, { tenant_id, project_id: project })).id,
    },
  },
  operations: {
    create_resource: {
      needs: ['project'],
      request: ({ tenant_id, project: project_id }) => ({
        body: { tenant_id, project_id, kind: 'vm', name: 'Edge', origin: 'adopted', external_ref: 'i-0abc' },
      }),
    },
    list_resources: { needs: ['resource'], request: ({ tenant_id }) => ({ query: `?tenant_id=${tenant_id}` }) },
    get_resource: { needs: ['resource'], request: ({ resource }) => byId(resource) },
    update_resource: {
      needs: ['resource'],
      request: ({ resource }) => ({ ...byId(resource), body: { name: 'Other' } }),
    },
    delete_resource: { needs: ['resource'], request: ({ resource }) => byId(resource) },
  },
});
