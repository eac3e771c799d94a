/** Sign-in and sessions on the wire: one expression per endpoint. */
import { z } from 'zod';
import { kernelErrors } from '../../kernel/errors.ts';
import { routes } from '../../kernel/routes.ts';
import { personProcedure, publicProcedure, router } from '../../kernel/trpc.ts';
import { sessionErrors } from './errors.ts';
import { changePassword, redeemPasswordLink } from './passwords/service.ts';
import {
  changePasswordInput,
  currentSession,
  endSessionInput,
  listOwnSessionsInput,
  listProvidersInput,
  noInput,
  ownSessionPage,
  redeemPasswordLinkInput,
  signedIn,
  signInInput,
  signInProviders,
} from './schema.ts';
import { endAllSessions, endCurrentSession, endOwnSession, getSession, listOwnSessions } from './service.ts';
import { listProviders, signInByPassword } from './sign-in/service.ts';

const on = routes({ tag: 'Sign-in' });

export const sessionsRouter = router({
  signIn: publicProcedure()
    .meta({
      setsCookie: true,
      rest: on.ask('/v1/auth/sign-in', {
        operation: 'sign_in',
        summary: 'Sign in by password',
        description:
          'Starts a session, whose cookie is in `Set-Cookie`. Whatever is wrong has one answer: a tenant or an address that does not exist, a deactivated user, a user without a password, a wrong password. After ten wrong attempts at one address of a tenant within 15 minutes, one in half a minute is made, and the others are answered 429.',
        errors: [
          kernelErrors.csrfFailed,
          sessionErrors.signInDisabled,
          sessionErrors.invalidCredentials,
          sessionErrors.tooManySignIns,
          sessionErrors.secretCollision,
        ],
      }),
    })
    .input(signInInput)
    .output(signedIn)
    .mutation(({ ctx, input }) => signInByPassword(ctx, input)),

  providers: publicProcedure()
    .meta({
      rest: on.list('/v1/auth/providers', {
        operation: 'list_sign_in_providers',
        summary: 'List the ways to sign in',
        description: 'The active OpenID providers of a tenant; of a tenant that does not exist, none.',
      }),
    })
    .input(listProvidersInput)
    .output(signInProviders)
    .query(({ ctx, input }) => listProviders(ctx, input)),

  current: personProcedure()
    .meta({
      rest: on.list('/v1/auth/session', {
        operation: 'get_session',
        summary: 'Get the current session',
        description: 'Who the caller is, and for a caller with the cookie the token that changes need.',
      }),
    })
    .input(noInput)
    .output(currentSession)
    .query(({ ctx }) => getSession(ctx)),

  end: personProcedure()
    .meta({
      setsCookie: true,
      rest: on.remove('/v1/auth/session', {
        operation: 'sign_out',
        summary: 'Sign out',
        description:
          'Ends the current session and takes the cookie away. From the answer on, nothing accepts the cookie.',
      }),
    })
    .input(noInput)
    .output(z.void())
    .mutation(({ ctx }) => endCurrentSession(ctx)),

  list: personProcedure()
    .meta({
      rest: on.list('/v1/auth/sessions', {
        operation: 'list_own_sessions',
        summary: 'List the sessions of the caller',
        description: 'Those that have not ended, newest first.',
      }),
    })
    .input(listOwnSessionsInput)
    .output(ownSessionPage)
    .query(({ ctx, input }) => listOwnSessions(ctx, input)),

  endOne: personProcedure()
    .meta({
      setsCookie: true,
      rest: on.remove('/v1/auth/sessions/{id}', {
        operation: 'end_own_session',
        summary: 'End a session of the caller',
        description: 'From the answer on, nothing accepts its cookie. Ending it again changes nothing.',
      }),
    })
    .input(endSessionInput)
    .output(z.void())
    .mutation(({ ctx, input }) => endOwnSession(ctx, input.id)),

  endAll: personProcedure()
    .meta({
      setsCookie: true,
      rest: on.remove('/v1/auth/sessions', {
        operation: 'end_own_sessions',
        summary: 'End every session of the caller',
        description: 'The current one too. From the answer on, nothing accepts their cookies.',
      }),
    })
    .input(noInput)
    .output(z.void())
    .mutation(({ ctx }) => endAllSessions(ctx)),

  changePassword: personProcedure()
    .meta({
      setsCookie: true,
      surcharge: 'argon2',
      rest: on.set('/v1/auth/password', {
        operation: 'change_password',
        summary: 'Change the password',
        description:
          'Ends every session of the caller and starts a new one, whose cookie is in `Set-Cookie`; `GET /v1/auth/session` tells its token.',
        errors: [
          sessionErrors.noPassword,
          sessionErrors.passwordTooWeak,
          sessionErrors.invalidCredentials,
          sessionErrors.tooManySignIns,
          sessionErrors.secretCollision,
        ],
      }),
    })
    .input(changePasswordInput)
    .output(z.void())
    .mutation(({ ctx, input }) => changePassword(ctx, input)),

  redeemPasswordLink: publicProcedure()
    .meta({
      rest: on.tell('/v1/auth/password/redeem', {
        operation: 'redeem_password_link',
        summary: 'Set a password by a link',
        description: 'Uses the link up and ends every session of its user, who then signs in by the new password.',
        errors: [
          kernelErrors.csrfFailed,
          sessionErrors.signInDisabled,
          sessionErrors.linkInvalid,
          sessionErrors.passwordTooWeak,
          sessionErrors.tooManySignIns,
        ],
      }),
    })
    .input(redeemPasswordLinkInput)
    .output(z.void())
    .mutation(({ ctx, input }) => redeemPasswordLink(ctx, input)),
});
