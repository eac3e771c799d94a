import { byId, defineRequests } from '../../../test/support/requests.ts';
import { newUser } from '../../../test/support/role-holders.ts';

declare module '../../../test/support/requests.ts' {
  interface Things {
    /** The id of a user that is a viewer of the project. */
    readonly boundUser: string;
  }
}

export const requests = defineRequests({
  things: {
    boundUser: {
      needs: ['project'],
      async make(server, { tenant_id, project }) {
        const user = await newUser(server, tenant_id);
        const body = { principal: { type: 'user', id: user.id }, level: 'viewer' };
        await server.call(`PUT /v1/projects/${project}/role-bindings`, { body });
        return user.id;
      },
    },
  },
  operations: {
    set_role_binding: {
      needs: ['project', 'boundUser'],
      request: ({ project, boundUser }) => ({
        ...byId(project),
        body: { principal: { type: 'user', id: boundUser }, level: 'admin' },
      }),
    },
    list_role_bindings: { needs: ['project', 'boundUser'], request: ({ project }) => byId(project) },
    remove_role_binding: {
      needs: ['project', 'boundUser'],
      request: ({ project, boundUser }) => ({
        ...byId(project),
        query: `?principal_type=user&principal_id=${boundUser}`,
      }),
    },
  },
});
