/** The shapes of sign-in and sessions. No cookie, no password and no hash of one is in any output. */
import { z } from 'zod';
import { defineEvent } from '../../kernel/events.ts';
import { pageInput, pageOf } from '../../kernel/pagination.ts';
import { tenantRoles } from '../../kernel/permissions.ts';
import { id, textUpTo, timestamp } from '../../kernel/schema.ts';

const sessionFields = {
  id,
  tenant_id: id,
  user_id: id.describe('Who is signed in.'),
  idp_config_id: id
    .nullable()
    .describe('The SSO configuration through which the person came; null: it was a password.'),
  source_ip: textUpTo(45)
    .nullable()
    .meta({ description: 'Where the sign-in came from.', examples: ['203.0.113.7'] }),
  created_at: timestamp,
  last_seen_at: timestamp.describe('To within a minute. It ends 30 minutes after it.'),
  expires_at: timestamp.describe('When it ends, however much it is used.'),
};

export const session = z
  .object(sessionFields)
  .meta({ id: 'Session', description: 'A session of a person in a browser, without its cookie.' });
export type Session = z.infer<typeof session>;

const ownSession = z
  .object({ ...sessionFields, current: z.boolean().describe('Whether this request came in it.') })
  .meta({ id: 'OwnSession', description: 'A session of the caller.' });
export const ownSessionPage = pageOf(ownSession).meta({ id: 'OwnSessionPage', description: 'A page of sessions.' });

const signedInUser = z
  .object({
    id,
    tenant_id: id,
    email: textUpTo(320).nullable().meta({ description: 'The address; null: none is known.' }),
    display_name: textUpTo(200).meta({ description: 'The name for people.', examples: ['Jane Doe'] }),
    roles: z.array(z.enum(tenantRoles)).meta({
      maxItems: tenantRoles.length,
      description: 'The user’s own, and those of the groups that the user is in.',
      examples: [['admin']],
    }),
  })
  .meta({ id: 'SignedInUser', description: 'Who signed in.' });
export type SignedInUser = z.infer<typeof signedInUser>;

const CSRF_LENGTH = 43;
const csrfToken = textUpTo(CSRF_LENGTH).meta({
  description: 'Send it as `X-CSRF-Token` with every change. It belongs to this session alone.',
  examples: ['kV0w3m5nqkLh0oZb5b1yq2l3p9r8s7t6u5v4w3x2y1z'],
});

/** A longer text is the address of no user. */
const EMAIL_MAX = 320;
const TENANT_MAX = 40;
const PRESENTED_MAX = 1_024;
const presented = (description: string, example: string) =>
  z
    .string()
    .min(1)
    .max(PRESENTED_MAX)
    .meta({ description, examples: [example] });
const tenantName = z
  .string()
  .min(1)
  .max(TENANT_MAX)
  .meta({ description: 'The slug of the tenant, or its id.', examples: ['acme'] });
const newPassword = presented('12 to 128 characters.', 'seven purple ladders');

export const signInInput = z.strictObject({
  tenant: tenantName,
  email: z
    .string()
    .min(1)
    .max(EMAIL_MAX)
    .meta({ description: 'In any case.', examples: ['jane@acme.example'] }),
  password: presented('The password.', 'seven purple ladders'),
});
export type SignIn = z.output<typeof signInInput>;

export const signedIn = z
  .object({ user: signedInUser, csrf_token: csrfToken })
  .meta({ id: 'SignedIn', description: 'A new session: its cookie is in the header Set-Cookie.' });
export type SignedIn = z.infer<typeof signedIn>;

export const listProvidersInput = z.strictObject({ tenant: tenantName });
export type ListProviders = z.output<typeof listProvidersInput>;

export const PROVIDERS_MAX = 100;
const URL_MAX = 500;
export const signInProviders = z
  .object({
    items: z
      .array(
        z
          .object({
            id,
            alias: textUpTo(200).meta({ description: 'What people see.', examples: ['Acme Entra ID'] }),
            kind: z.enum(['oidc']).meta({ description: 'The protocol that it speaks.' }),
            sign_in_url: textUpTo(URL_MAX).meta({
              description: 'Where the browser goes to sign in.',
              examples: ['https://registry.example/auth/sign-in?tenant=acme&idp=0192f0c4-1b2a-7d3e-8f4a-5b6c7d8e9fa0'],
            }),
          })
          .meta({ id: 'SignInProvider', description: 'A way to sign in.' }),
      )
      .meta({ maxItems: PROVIDERS_MAX, description: 'None for a tenant that does not exist.' }),
  })
  .meta({ id: 'SignInProviders', description: 'The providers through which people of a tenant sign in.' });
export type SignInProviders = z.infer<typeof signInProviders>;

export const noInput = z.strictObject({});

export const currentSession = z
  .object({
    user: signedInUser,
    session: session.nullable().describe('Null: the caller came with a token, and in no session.'),
    csrf_token: csrfToken.nullable().describe('Null without a cookie, which alone needs it.'),
  })
  .meta({ id: 'CurrentSession', description: 'The caller, and the session that it came in.' });
export type CurrentSession = z.infer<typeof currentSession>;

export const listOwnSessionsInput = z.strictObject({ ...pageInput });
export type ListOwnSessions = z.output<typeof listOwnSessionsInput>;

export const endSessionInput = z.strictObject({ id });
export type EndSession = z.output<typeof endSessionInput>;

export const changePasswordInput = z.strictObject({
  current: presented('The password until now.', 'seven purple ladders'),
  new: newPassword.meta({ examples: ['nine green umbrellas'] }),
});
export type ChangePassword = z.output<typeof changePasswordInput>;

export const redeemPasswordLinkInput = z.strictObject({
  token: presented(
    'The token of the link, which stands behind the `#`.',
    '4hJx0cQnqzYx2W7o0c6XvJk3m1n5b8d2f4g6h8j0k2l',
  ),
  new: newPassword,
});
export type RedeemPasswordLink = z.output<typeof redeemPasswordLinkInput>;

const subject = ({ id: sessionId, tenant_id }: Session) => ({
  tenant_id,
  target: { type: 'session', id: sessionId, name: null },
});

export const sessionEvents = {
  started: defineEvent({
    type: 'session.started',
    description: 'A person signed in, or changed the password and goes on in a new session.',
    payload: session,
    subject,
  }),
  ended: defineEvent({
    type: 'session.ended',
    description: 'A session was ended before its time.',
    payload: session,
    subject,
    authority: true,
  }),
  passwordSet: defineEvent({
    type: 'user.password_set',
    description: 'A user has a new password; the sessions from before it have ended.',
    payload: z.object({
      id,
      tenant_id: id,
      display_name: textUpTo(200).meta({ description: 'The name of the user, for people.', examples: ['Jane Doe'] }),
      by: z.enum(['change', 'link']).describe('Whether the old password allowed it, or a one-time link.'),
    }),
    subject: ({ id: userId, tenant_id, display_name }) => ({
      tenant_id,
      target: { type: 'user', id: userId, name: display_name },
    }),
    authority: true,
  }),
} as const;
