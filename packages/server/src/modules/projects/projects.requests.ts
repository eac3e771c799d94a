import { byId, defineRequests } from '../../../test/support/requests.ts';
import { newProject, uniqueSlug } from '../../../test/support/server.ts';

declare module '../../../test/support/requests.ts' {
  interface Things {
    /** The id of an active project. */
    readonly project: string;
  }
}

export const requests = defineRequests({
  things: {
    project: {
      needs: ['entitlement'],
      make: async (server, { tenant_id }) => (await newProject(server, tenant_id)).id,
    },
  },
  operations: {
    create_project: {
      needs: ['entitlement'],
      request: ({ tenant_id }) => ({ body: { tenant_id, slug: uniqueSlug(), name: 'Other' } }),
    },
    list_projects: { needs: ['project'], request: ({ tenant_id }) => ({ query: `?tenant_id=${tenant_id}` }) },
    get_project: { needs: ['project'], request: ({ project }) => byId(project) },
    update_project: { needs: ['project'], request: ({ project }) => ({ ...byId(project), body: { name: 'Other' } }) },
    archive_project: { needs: ['project'], request: ({ project }) => byId(project) },
  },
});
