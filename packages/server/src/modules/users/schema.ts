/** The shapes of users: what comes in, what goes out, what happened. No hash of a password or a link is in any. */
import { z } from 'zod';
import { defineEvent } from '../../kernel/events.ts';
import { pageInput, pageOf } from '../../kernel/pagination.ts';
import { tenantRoles } from '../../kernel/permissions.ts';
import { ACTOR_MAX, id, name, textUpTo, timestamp } from '../../kernel/schema.ts';
import { dryRun, lossFields } from '../access/schema.ts';
import { session } from '../sessions/schema.ts';

export { effectiveGroupPage } from '../groups/effective/schema.ts';

const EMAIL_MAX = 254;

const aboutEmail = { description: 'Unique in the tenant, in any case.', examples: ['jane.doe@example.com'] };
const aboutName = { description: 'For people to read.', examples: ['Jane Doe'] };
const aboutRoles = { description: 'Its roles in the whole tenant.', examples: [['member']] };

const tenantRole = z.enum(tenantRoles);
const shownRoles = z.array(tenantRole).readonly().meta({ maxItems: tenantRoles.length });

export const user = z
  .object({
    id,
    tenant_id: id,
    external_subject: textUpTo(ACTOR_MAX).meta({
      description:
        'How it is known where it signs in: issuer, a bar and subject of its provider; `local:` and its id with a password of its own; `scim:` and its id until the first sign-in.',
      examples: ['https://login.example.com|00u1a2b3c4'],
    }),
    email: textUpTo(EMAIL_MAX).nullable().meta(aboutEmail),
    user_name: textUpTo(200)
      .nullable()
      .meta({ description: 'The name that its provider knows it by.', examples: ['jdoe'] }),
    display_name: textUpTo(200).meta(aboutName),
    roles: shownRoles.meta(aboutRoles),
    provisioned_by: z
      .enum(['api', 'sign_in', 'scim'])
      .describe('The way it came here: this API, its first sign-in, or a provider over SCIM.'),
    external_id: textUpTo(200).nullable().describe('Its id at the provider that provisions it over SCIM.'),
    last_sign_in_at: timestamp.nullable().describe('The start of its newest session.'),
    disabled_at: timestamp.nullable().describe('Since when it is deactivated; null: it is active.'),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'User', description: 'A person of a tenant.' });
export type User = z.infer<typeof user>;

export const userId = z.strictObject({ id });
export const userPage = pageOf(user).meta({ id: 'UserPage', description: 'A page of users.' });

const email = z.email('must be an e-mail address').max(EMAIL_MAX).meta(aboutEmail);
const roles = z
  .array(tenantRole)
  .max(tenantRoles.length)
  .overwrite((given) => tenantRoles.filter((role) => given.includes(role)));

export const createUserInput = z.strictObject({
  tenant_id: id,
  email,
  display_name: name.meta(aboutName),
  roles: roles
    .default([])
    .meta({ ...aboutRoles, description: 'Its roles in the whole tenant. You give only what you hold.' }),
});
export type CreateUser = z.output<typeof createUserInput>;

export const listUsersInput = z.strictObject({
  ...pageInput,
  tenant_id: id,
  email: email.optional().describe('Only the one with this address, in any case.'),
  disabled: z.boolean().optional().describe('Only deactivated ones, or only active ones.'),
});
export type ListUsers = z.output<typeof listUsersInput>;

export const updateUserInput = z.strictObject({
  id,
  email: email.optional(),
  display_name: name.optional().meta(aboutName),
  // Java's generator leaves a list that may be null out of a request that does not set it; any other it sends empty.
  roles: roles
    .nullable()
    .meta({
      ...aboutRoles,
      description: 'Replaces its roles in the whole tenant; null stands for none. You give only what you hold.',
    })
    .transform((given) => given ?? [])
    .optional(),
  dry_run: dryRun,
});
export type UpdateUser = z.output<typeof updateUserInput>;

export const changedUser = user
  .extend({ losses: lossFields.losses.optional(), complete: lossFields.complete.optional() })
  .meta({
    id: 'ChangedUser',
    description: 'A user after a change. With `dry_run=true` as it would be, with the levels that it would lose.',
  });
export type ChangedUser = z.infer<typeof changedUser>;

export const deactivateUserInput = z.strictObject({ id, dry_run: dryRun });
export type DeactivateUser = z.output<typeof deactivateUserInput>;

const count = z.int32().min(0);

/** What ends with the access of a user. */
const endedAccess = {
  sessions_ended: count.describe('Its sessions that end.'),
  api_keys_revoked: count.describe('The keys of its own that are revoked.'),
  password_link_deleted: z.boolean().describe('Whether a link to set a password ends with it.'),
};

export const userDeactivation = z
  .object({
    user,
    dry_run: z.boolean().describe('Whether nothing was changed, and the rest tells what would be.'),
    ...endedAccess,
    ...lossFields,
  })
  .meta({ id: 'UserDeactivation', description: 'A deactivated user, and what ended with that.' });
export type UserDeactivation = z.infer<typeof userDeactivation>;

export const passwordLink = z
  .object({
    url: textUpTo(2000)
      .optional()
      .meta({
        description:
          'Hand it to the user alone: whoever opens it sets the password. Shown here and never again: absent only in the replay of a request with an Idempotency-Key.',
        examples: ['https://registry.example/auth/set-password#token=GmN0p9zJ1x4eT6yQh8vBk2sWc5rLu7aFd3oXi0nVtEY'],
      }),
    expires_at: timestamp.describe('From this moment on it is good for nothing.'),
  })
  .meta({ id: 'PasswordLink', description: 'A link with which a user sets a password, once.' });
export type PasswordLink = z.infer<typeof passwordLink>;

export const deleteUserInput = z.strictObject({
  id,
  cascade: z
    .boolean()
    .default(false)
    .describe('Whether its keys, memberships, levels and the projects that it owns are deleted too.'),
});
export type DeleteUser = z.output<typeof deleteUserInput>;

export const pageOfUserInput = z.strictObject({ ...pageInput, id });
export type PageOfUser = z.output<typeof pageOfUserInput>;

export const sessionPage = pageOf(session).meta({ id: 'SessionPage', description: 'A page of sessions.' });

const subject = ({ id, tenant_id, display_name }: User) => ({
  tenant_id,
  target: { type: 'user', id, name: display_name },
});

// Each is authority: what is remembered of a subject, also that it has no user, ends with it.
export const userEvents = {
  created: defineEvent({
    type: 'user.created',
    description: 'A user was created.',
    payload: user,
    subject,
    authority: true,
  }),
  updated: defineEvent({
    type: 'user.updated',
    description: 'E-mail address, name or roles of a user changed.',
    payload: user,
    subject,
    authority: true,
  }),
  deactivated: defineEvent({
    type: 'user.deactivated',
    description: 'A user was deactivated: its sessions, its keys and its link to set a password ended.',
    payload: user.extend(endedAccess),
    subject,
    authority: true,
  }),
  activated: defineEvent({
    type: 'user.activated',
    description: 'A user was activated; nothing that had ended came back.',
    payload: user,
    subject,
    authority: true,
  }),
  linkIssued: defineEvent({
    type: 'user.link_issued',
    description: 'A link with which a user sets a password was made.',
    payload: user.extend({ link_expires_at: timestamp.describe('From this moment on the link is good for nothing.') }),
    subject,
  }),
  deleted: defineEvent({
    type: 'user.deleted',
    description: 'A user was deleted, with its memberships, its levels, its keys and the projects that it owned.',
    payload: user.extend({
      holdings: z
        .object({
          api_keys: count.describe('The keys in use that it owned.'),
          group_memberships: count.describe('The groups that it was in itself.'),
          role_bindings: count.describe('The projects in which it had a level.'),
          projects: count.describe('The projects that it owned.'),
        })
        .describe('How much was deleted with the user.'),
    }),
    subject,
    authority: true,
  }),
} as const;
