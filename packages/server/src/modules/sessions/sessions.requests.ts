import { passwordLinks } from '@tenant-registry/db';
import { inSession, newPerson, newSession, PASSWORD } from '../../../test/support/people.ts';
import { byId, defineRequests } from '../../../test/support/requests.ts';
import { DAY_MS } from '../../../test/support/server.ts';
import { digestOf, mintCookie } from './cookie.ts';

declare module '../../../test/support/requests.ts' {
  interface Things {
    /** The id of a user with a password. */
    readonly personId: string;
    /** The e-mail address of that user. */
    readonly personEmail: string;
    /** The cookie of a session of that user. */
    readonly sessionCookie: string;
    /** The id of another session of that user. */
    readonly otherSession: string;
    /** The token of a link by which that user sets a password. */
    readonly passwordToken: string;
  }
}

const frontDoor = {
  namesNoTenant: 'who calls is not known yet, and no answer tells whether a tenant exists',
  withoutRows: 'who calls is not known yet, so it acts as the registry itself',
} as const;
const ofPerson = {
  selfOnly: 'it is about the sessions of the caller, who is a user of a tenant in person',
  withoutRows: 'it takes the tenant and the user from the caller, and names neither',
} as const;
const whenFrozen = 'people of a frozen tenant come in to read, go out, and change their passwords';
const NEW = 'nine green umbrellas';
const emailOf = (id: string) => `${id}@people.example`;

export const requests = defineRequests({
  things: {
    personId: { make: async (server, { tenant_id }) => (await newPerson(server, tenant_id)).id },
    personEmail: {
      needs: ['personId'],
      make: async (_, { personId }) => emailOf(personId),
      unknown: emailOf('nobody'),
    },
    sessionCookie: {
      needs: ['personId'],
      make: async (server, { tenant_id, personId: id }) =>
        (await newSession(server, { id, tenant_id, email: emailOf(id) })).cookie,
      unknown: mintCookie(),
    },
    otherSession: {
      needs: ['personId'],
      make: async (server, { tenant_id, personId: id }) =>
        (await newSession(server, { id, tenant_id, email: emailOf(id) })).id,
    },
    passwordToken: {
      needs: ['personId'],
      async make({ app }, { tenant_id, personId: user_id }) {
        const token = mintCookie();
        const created_at = app.deps.clock();
        const expires_at = new Date(created_at.getTime() + DAY_MS);
        const link = { tenant_id, user_id, token_hash: digestOf(token), created_at, expires_at };
        await app.deps.db.transaction().execute((tx) => passwordLinks.insertPasswordLink(tx, link));
        return token;
      },
      unknown: mintCookie(),
    },
  },
  operations: {
    sign_in: {
      ...frontDoor,
      whenFrozen,
      needs: ['personEmail'],
      request: ({ tenant_slug: tenant, personEmail: email }) => ({ body: { tenant, email, password: PASSWORD } }),
    },
    list_sign_in_providers: { ...frontDoor, request: ({ tenant_slug }) => ({ query: `?tenant=${tenant_slug}` }) },
    get_session: { ...ofPerson, needs: ['sessionCookie'], request: ({ sessionCookie }) => inSession(sessionCookie) },
    sign_out: {
      ...ofPerson,
      whenFrozen,
      needs: ['sessionCookie'],
      request: ({ sessionCookie }) => inSession(sessionCookie),
    },
    list_own_sessions: {
      ...ofPerson,
      needs: ['sessionCookie'],
      request: ({ sessionCookie }) => inSession(sessionCookie),
    },
    end_own_session: {
      ...ofPerson,
      whenFrozen,
      needs: ['sessionCookie', 'otherSession'],
      request: ({ sessionCookie, otherSession }) => ({ ...inSession(sessionCookie), ...byId(otherSession) }),
    },
    end_own_sessions: {
      ...ofPerson,
      whenFrozen,
      needs: ['sessionCookie'],
      request: ({ sessionCookie }) => inSession(sessionCookie),
    },
    change_password: {
      ...ofPerson,
      whenFrozen,
      needs: ['sessionCookie'],
      request: ({ sessionCookie }) => ({ ...inSession(sessionCookie), body: { current: PASSWORD, new: NEW } }),
    },
    redeem_password_link: {
      ...frontDoor,
      whenFrozen,
      needs: ['passwordToken'],
      request: ({ passwordToken: token }) => ({ body: { token, new: NEW } }),
    },
  },
});
