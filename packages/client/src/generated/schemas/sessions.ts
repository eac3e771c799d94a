/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { Session } from './users.ts';

/** The input of `client.sessions.signIn`. */
export interface SignInInput {
  /** The slug of the tenant, or its id. */
  tenant: string;
  /** In any case. */
  email: string;
  /** The password. */
  password: string;
}

/** A new session: its cookie is in the header Set-Cookie. */
export interface SignedIn {
  /** Who signed in. */
  user: SignedInUser;
  /** Send it as `X-CSRF-Token` with every change. It belongs to this session alone. */
  csrf_token: string;
}

/** Who signed in. */
export interface SignedInUser {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The address; null: none is known. */
  email: string | null;
  /** The name for people. */
  display_name: string;
  /** The user’s own, and those of the groups that the user is in. */
  roles: ('admin' | 'billing' | 'member')[];
}

/** The input of `client.sessions.providers`. */
export interface ListSignInProvidersInput {
  /** The slug of the tenant, or its id. */
  tenant: string;
}

/** The providers through which people of a tenant sign in. */
export interface SignInProviders {
  /** None for a tenant that does not exist. */
  items: SignInProvider[];
}

/** A way to sign in. */
export interface SignInProvider {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** What people see. */
  alias: string;
  /** The protocol that it speaks. Others may come. */
  kind: 'oidc';
  /** Where the browser goes to sign in. */
  sign_in_url: string;
}

/** The input of `client.sessions.current`. */
export type GetSessionInput = Record<string, never>;

/** The caller, and the session that it came in. */
export interface CurrentSession {
  /** Who signed in. */
  user: SignedInUser;
  /** Null: the caller came with a token, and in no session. */
  session: Session | null;
  /** Null without a cookie, which alone needs it. */
  csrf_token: string | null;
}

/** The input of `client.sessions.end`. */
export type SignOutInput = Record<string, never>;

/** The input of `client.sessions.list`. */
export interface ListOwnSessionsInput {
  /** Items at most. A page also ends at 1 MiB, with at least one item and a `next_cursor`. */
  limit?: number | undefined;
  /** `next_cursor` of the page before, for the same filters. */
  cursor?: string | undefined;
}

/** A page of sessions. */
export interface OwnSessionPage {
  /** The rows of this page. */
  items: OwnSession[];
  /** Send it as `cursor` to get the next page; null on the last one. */
  next_cursor: string | null;
}

/** A session of the caller. */
export interface OwnSession {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** Who is signed in. */
  user_id: string;
  /** The SSO configuration through which the person came; null: it was a password. */
  idp_config_id: string | null;
  /** Where the sign-in came from. */
  source_ip: string | null;
  /** When it was created. */
  created_at: string;
  /** To within a minute. It ends 30 minutes after it. */
  last_seen_at: string;
  /** When it ends, however much it is used. */
  expires_at: string;
  /** Whether this request came in it. */
  current: boolean;
}

/** The input of `client.sessions.endOne`. */
export interface EndOwnSessionInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}

/** The input of `client.sessions.endAll`. */
export type EndOwnSessionsInput = Record<string, never>;

/** The input of `client.sessions.changePassword`. */
export interface ChangePasswordInput {
  /** The password until now. */
  current: string;
  /** 12 to 128 characters. */
  new: string;
}

/** The input of `client.sessions.redeemPasswordLink`. */
export interface RedeemPasswordLinkInput {
  /** The token of the link, which stands behind the `#`. */
  token: string;
  /** 12 to 128 characters. */
  new: string;
}
