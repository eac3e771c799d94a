import { randomUUID } from 'node:crypto';
import { byId, defineRequests } from '../../../test/support/requests.ts';
import { madeIn } from '../../../test/support/server.ts';

declare module '../../../test/support/requests.ts' {
  interface Things {
    /** The id of an active user with no role and a password of its own to set. */
    readonly user: string;
  }
}

const newUser = () => ({ email: `${randomUUID()}@example.com`, display_name: 'Jane Doe' });
const TAKES_ACCESS = 'access can be taken away at any time';

export const requests = defineRequests({
  things: {
    user: { make: async (server, { tenant_id }) => (await madeIn(server, tenant_id, 'users', newUser())).id },
  },
  operations: {
    create_user: { request: ({ tenant_id }) => ({ body: { tenant_id, ...newUser() } }) },
    list_users: { needs: ['user'], request: ({ tenant_id }) => ({ query: `?tenant_id=${tenant_id}` }) },
    get_user: { needs: ['user'], request: ({ user }) => byId(user) },
    update_user: { needs: ['user'], request: ({ user }) => ({ ...byId(user), body: { display_name: 'Other' } }) },
    deactivate_user: { needs: ['user'], request: ({ user }) => byId(user), whenFrozen: TAKES_ACCESS },
    activate_user: { needs: ['user'], request: ({ user }) => byId(user) },
    issue_password_link: {
      needs: ['user'],
      request: ({ user }) => byId(user),
      whenFrozen: 'people read what is theirs in a frozen tenant, and whoever lost a password must be able to come in',
    },
    delete_user: { needs: ['user'], request: ({ user }) => byId(user) },
    list_user_sessions: { needs: ['user'], request: ({ user }) => byId(user) },
    end_user_sessions: { needs: ['user'], request: ({ user }) => byId(user), whenFrozen: TAKES_ACCESS },
    list_user_groups: { needs: ['user'], request: ({ user }) => byId(user) },
  },
});
