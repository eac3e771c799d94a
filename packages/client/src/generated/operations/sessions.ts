/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { MutationOptions, QueryOptions } from '../../calls/options.ts';
import type { List } from '../../list.ts';
import type { Result } from '../../result.ts';
import type {
  ChangePasswordInput,
  CurrentSession,
  EndOwnSessionInput,
  EndOwnSessionsInput,
  GetSessionInput,
  ListOwnSessionsInput,
  ListSignInProvidersInput,
  OwnSessionPage,
  RedeemPasswordLinkInput,
  SignedIn,
  SignInInput,
  SignInProviders,
  SignOutInput,
} from '../schemas/sessions.ts';

/** The operations of `client.sessions`. */
export interface SessionsOperations {
  /**
   * Sign in by password.
   *
   * Starts a session, whose cookie is in `Set-Cookie`. Whatever is wrong has one answer: a tenant or an address that
   * does not exist, a deactivated user, a user without a password, a wrong password. After ten wrong attempts at one
   * address of a tenant within 15 minutes, one in half a minute is made, and the others are answered 429.
   *
   * Requires no credential.
   */
  signIn(input: SignInInput, options?: MutationOptions): Result<SignedIn>;
  /**
   * List the ways to sign in.
   *
   * The active OpenID providers of a tenant; of a tenant that does not exist, none.
   *
   * Requires no credential.
   */
  providers(input: ListSignInProvidersInput, options?: QueryOptions): Result<SignInProviders>;
  /**
   * Get the current session.
   *
   * Who the caller is, and for a caller with the cookie the token that changes need.
   *
   * Requires no permission: it is for a user of a tenant in person.
   */
  current(input?: GetSessionInput, options?: QueryOptions): Result<CurrentSession>;
  /**
   * Sign out.
   *
   * Ends the current session and takes the cookie away. From the answer on, nothing accepts the cookie.
   *
   * Requires no permission: it is for a user of a tenant in person.
   */
  end(input?: SignOutInput, options?: MutationOptions): Result<void>;
  /**
   * List the sessions of the caller.
   *
   * Those that have not ended, newest first.
   *
   * Requires no permission: it is for a user of a tenant in person.
   */
  list(input?: ListOwnSessionsInput, options?: QueryOptions): List<OwnSessionPage>;
  /**
   * End a session of the caller.
   *
   * From the answer on, nothing accepts its cookie. Ending it again changes nothing.
   *
   * Requires no permission: it is for a user of a tenant in person.
   */
  endOne(input: EndOwnSessionInput, options?: MutationOptions): Result<void>;
  /**
   * End every session of the caller.
   *
   * The current one too. From the answer on, nothing accepts their cookies.
   *
   * Requires no permission: it is for a user of a tenant in person.
   */
  endAll(input?: EndOwnSessionsInput, options?: MutationOptions): Result<void>;
  /**
   * Change the password.
   *
   * Ends every session of the caller and starts a new one, whose cookie is in `Set-Cookie`; `GET /v1/auth/session`
   * tells its token.
   *
   * Requires no permission: it is for a user of a tenant in person.
   */
  changePassword(input: ChangePasswordInput, options?: MutationOptions): Result<void>;
  /**
   * Set a password by a link.
   *
   * Uses the link up and ends every session of its user, who then signs in by the new password.
   *
   * Requires no credential.
   */
  redeemPasswordLink(input: RedeemPasswordLinkInput, options?: MutationOptions): Result<void>;
}
