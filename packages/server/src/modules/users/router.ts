/** Users on the wire: one expression per endpoint. */
import { z } from 'zod';
import { kernelErrors } from '../../kernel/errors.ts';
import { routes } from '../../kernel/routes.ts';
import { procedure, router } from '../../kernel/trpc.ts';
import { sessionErrors } from '../sessions/errors.ts';
import { tenancyErrors } from '../tenants/errors.ts';
import { userErrors } from './errors.ts';
import {
  changedUser,
  createUserInput,
  deactivateUserInput,
  deleteUserInput,
  effectiveGroupPage,
  listUsersInput,
  pageOfUserInput,
  passwordLink,
  sessionPage,
  updateUserInput,
  user,
  userDeactivation,
  userId,
  userPage,
} from './schema.ts';
import {
  activateUser,
  createUser,
  deactivateUser,
  deleteUser,
  endUserSessions,
  getUser,
  issuePasswordLink,
  listUserGroups,
  listUserSessions,
  listUsers,
  updateUser,
} from './service.ts';

const on = routes({ tag: 'Users', tenancy: tenancyErrors });

export const usersRouter = router({
  create: procedure('users:write')
    .meta({
      rest: on.create('/v1/users', {
        operation: 'create_user',
        summary: 'Create a user',
        description:
          'A user with a password of its own, which it sets with a link. It gets no role whose permissions the caller does not hold.',
        errors: [kernelErrors.quotaExceeded, userErrors.userEmailTaken],
        inTenant: 'write',
      }),
    })
    .input(createUserInput)
    .output(user)
    .mutation(({ ctx, input }) => createUser(ctx, input)),

  list: procedure('users:read')
    .meta({
      rest: on.list('/v1/users', {
        operation: 'list_users',
        summary: 'List the users of a tenant',
        description: 'Newest first, filtered by e-mail address and by whether they are deactivated.',
        inTenant: 'read',
      }),
    })
    .input(listUsersInput)
    .output(userPage)
    .query(({ ctx, input }) => listUsers(ctx, input)),

  get: procedure('users:read')
    .meta({
      rest: on.get('/v1/users/{id}', {
        operation: 'get_user',
        summary: 'Get a user',
        description: 'By id.',
        inTenant: 'read',
      }),
    })
    .input(userId)
    .output(user)
    .query(({ ctx, input }) => getUser(ctx, input.id)),

  update: procedure('users:write')
    .meta({
      rest: on.update('/v1/users/{id}', {
        operation: 'update_user',
        summary: 'Change a user',
        description:
          'Absent fields stay as they are. The roles count from the next request of the user. A user whom a provider provisions over SCIM has its e-mail address and its name changed there.',
        errors: [userErrors.userEmailTaken, userErrors.userProvisioned],
        inQuery: ['dry_run'],
        inTenant: 'write',
      }),
    })
    .input(updateUserInput)
    .output(changedUser)
    .mutation(({ ctx, input }) => updateUser(ctx, input)),

  deactivate: procedure('users:write')
    .meta({
      rest: on.ask('/v1/users/{id}/deactivate', {
        operation: 'deactivate_user',
        summary: 'Deactivate a user',
        description:
          'From the answer on, nothing accepts a session, an API key or an access token of the user, and its link to set a password is gone. Works in a frozen and an archived tenant too. Repeating it changes nothing. Callers may deactivate themselves.',
        errors: [kernelErrors.notFound],
        inQuery: ['dry_run'],
      }),
    })
    .input(deactivateUserInput)
    .output(userDeactivation)
    .mutation(({ ctx, input }) => deactivateUser(ctx, input)),

  activate: procedure('users:write')
    .meta({
      rest: on.step('/v1/users/{id}/activate', {
        operation: 'activate_user',
        summary: 'Activate a user',
        description:
          'The user may sign in again, with the roles, groups and levels that it has; sessions, keys and links that ended stay so. Not for a user who may do more than the caller.',
        inTenant: 'write',
      }),
    })
    .input(userId)
    .output(user)
    .mutation(({ ctx, input }) => activateUser(ctx, input.id)),

  issuePasswordLink: procedure('users:write')
    .meta({
      secretFields: ['url'],
      rest: on.create('/v1/users/{id}/password-link', {
        operation: 'issue_password_link',
        summary: 'Issue a link to set a password',
        description:
          'Works once within 24 hours, and replaces the one before. Hand it over yourself: the registry sends no mail. Not for a user who may do more than the caller. Works in a frozen and an archived tenant too.',
        errors: [userErrors.userNotLocal, userErrors.userDisabled, sessionErrors.signInDisabled],
        etag: false,
        location: false,
      }),
    })
    .input(userId)
    .output(passwordLink)
    .mutation(({ ctx, input }) => issuePasswordLink(ctx, input.id)),

  delete: procedure('users:delete')
    .meta({
      rest: on.remove('/v1/users/{id}', {
        operation: 'delete_user',
        summary: 'Delete a user',
        description:
          'For good. A user with keys in use, memberships, levels in projects or projects of its own is deleted with `cascade=true` alone, which deletes those too: a project with everything in it. While a database in one of its projects is not deleted, the user stays.',
        errors: [userErrors.userHasHoldings],
        inTenant: 'write',
      }),
    })
    .input(deleteUserInput)
    .output(z.void())
    .mutation(({ ctx, input }) => deleteUser(ctx, input)),

  listSessions: procedure('users:read')
    .meta({
      rest: on.list('/v1/users/{id}/sessions', {
        operation: 'list_user_sessions',
        summary: 'List the sessions of a user',
        description: 'Those that have not ended, newest first.',
        inTenant: 'read',
      }),
    })
    .input(pageOfUserInput)
    .output(sessionPage)
    .query(({ ctx, input }) => listUserSessions(ctx, input)),

  endSessions: procedure('users:write')
    .meta({
      rest: on.remove('/v1/users/{id}/sessions', {
        operation: 'end_user_sessions',
        summary: 'End the sessions of a user',
        description:
          'From the answer on, nothing accepts any of them; the user may sign in again. Works in a frozen and an archived tenant too.',
      }),
    })
    .input(userId)
    .output(z.void())
    .mutation(({ ctx, input }) => endUserSessions(ctx, input.id)),

  listGroups: procedure('users:read')
    .meta({
      rest: on.list('/v1/users/{id}/groups', {
        operation: 'list_user_groups',
        summary: 'List the groups of a user',
        description: 'Those that it is in itself, and those that it is in through other groups.',
        inTenant: 'read',
      }),
    })
    .input(pageOfUserInput)
    .output(effectiveGroupPage)
    .query(({ ctx, input }) => listUserGroups(ctx, input)),
});
