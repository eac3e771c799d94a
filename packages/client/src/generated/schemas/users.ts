/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */

/** The input of `client.users.create`. */
export interface CreateUserInput {
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** Unique in the tenant, in any case. */
  email: string;
  /** For people to read. */
  display_name: string;
  /** Its roles in the whole tenant. You give only what you hold. Absent: `[]`. */
  roles?: ('admin' | 'billing' | 'member')[] | undefined;
}

/** A person of a tenant. */
export interface User {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The tenant that it belongs to. */
  tenant_id: string;
  /**
   * How it is known where it signs in: issuer, a bar and subject of its provider; `local:` and its id with a password
   * of its own; `scim:` and its id until the first sign-in.
   */
  external_subject: string;
  /** Unique in the tenant, in any case. */
  email: string | null;
  /** The name that its provider knows it by. */
  user_name: string | null;
  /** For people to read. */
  display_name: string;
  /** Its roles in the whole tenant. */
  roles: ('admin' | 'billing' | 'member')[];
  /** The way it came here: this API, its first sign-in, or a provider over SCIM. Others may come. */
  provisioned_by: 'api' | 'sign_in' | 'scim';
  /** Its id at the provider that provisions it over SCIM. */
  external_id: string | null;
  /** The start of its newest session. */
  last_sign_in_at: string | null;
  /** Since when it is deactivated; null: it is active. */
  disabled_at: string | null;
  /** When it was created. */
  created_at: string;
  /** When it last changed. */
  updated_at: string;
}

/** The input of `client.users.list`. */
export interface ListUsersInput {
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** Items at most. A page also ends at 1 MiB, with at least one item and a `next_cursor`. */
  limit?: number | undefined;
  /** `next_cursor` of the page before, for the same filters. */
  cursor?: string | undefined;
  /** Only the one with this address, in any case. */
  email?: string | undefined;
  /** Only deactivated ones, or only active ones. */
  disabled?: boolean | undefined;
}

/** A page of users. */
export interface UserPage {
  /** The rows of this page. */
  items: User[];
  /** Send it as `cursor` to get the next page; null on the last one. */
  next_cursor: string | null;
}

/** The input of `client.users.get`. */
export interface GetUserInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}

/** The input of `client.users.update`. */
export interface UpdateUserInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** Changes nothing, and answers what the change would do and take away now. */
  dry_run?: boolean | undefined;
  /** Unique in the tenant, in any case. */
  email?: string | undefined;
  /** For people to read. */
  display_name?: string | undefined;
  /** Replaces its roles in the whole tenant; null stands for none. You give only what you hold. */
  roles?: ('admin' | 'billing' | 'member')[] | null | undefined;
}

/** A user after a change. With `dry_run=true` as it would be, with the levels that it would lose. */
export interface ChangedUser {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The tenant that it belongs to. */
  tenant_id: string;
  /**
   * How it is known where it signs in: issuer, a bar and subject of its provider; `local:` and its id with a password
   * of its own; `scim:` and its id until the first sign-in.
   */
  external_subject: string;
  /** Unique in the tenant, in any case. */
  email: string | null;
  /** The name that its provider knows it by. */
  user_name: string | null;
  /** For people to read. */
  display_name: string;
  /** Its roles in the whole tenant. */
  roles: ('admin' | 'billing' | 'member')[];
  /** The way it came here: this API, its first sign-in, or a provider over SCIM. Others may come. */
  provisioned_by: 'api' | 'sign_in' | 'scim';
  /** Its id at the provider that provisions it over SCIM. */
  external_id: string | null;
  /** The start of its newest session. */
  last_sign_in_at: string | null;
  /** Since when it is deactivated; null: it is active. */
  disabled_at: string | null;
  /** When it was created. */
  created_at: string;
  /** When it last changed. */
  updated_at: string;
  /** Who loses which level where, directly or through groups. Their own API keys lose it with them. */
  losses?: LevelLoss[] | undefined;
  /**
   * False when the change touches more than 1000 users and service identities, or takes more than 1000 levels, and
   * `losses` shows a part.
   */
  complete?: boolean | undefined;
}

/** A level in a project that a user or a service identity loses by a change. */
export interface LevelLoss {
  /** The user or the service identity that loses it. */
  principal: LevelLossPrincipal;
  /** Where it loses the level; null: in every project in which no role binding gives it one. */
  project_id: string | null;
  /** The level that it had there. Others may come. */
  before: 'viewer' | 'editor' | 'admin';
  /** The level that it has there afterwards; null: none. Others may come. */
  after: 'viewer' | 'editor' | 'admin' | null;
}

/** The user or the service identity that loses it. */
export interface LevelLossPrincipal {
  /** Others may come. */
  type: 'user' | 'service_identity';
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}

/** The input of `client.users.deactivate`. */
export interface DeactivateUserInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** Changes nothing, and answers what the change would do and take away now. */
  dry_run?: boolean | undefined;
}

/** A deactivated user, and what ended with that. */
export interface UserDeactivation {
  /** A person of a tenant. */
  user: User;
  /** Whether nothing was changed, and the rest tells what would be. */
  dry_run: boolean;
  /** Its sessions that end. */
  sessions_ended: number;
  /** The keys of its own that are revoked. */
  api_keys_revoked: number;
  /** Whether a link to set a password ends with it. */
  password_link_deleted: boolean;
  /** Who loses which level where, directly or through groups. Their own API keys lose it with them. */
  losses: LevelLoss[];
  /**
   * False when the change touches more than 1000 users and service identities, or takes more than 1000 levels, and
   * `losses` shows a part.
   */
  complete: boolean;
}

/** The input of `client.users.activate`. */
export interface ActivateUserInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}

/** The input of `client.users.issuePasswordLink`. */
export interface IssuePasswordLinkInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}

/** A link with which a user sets a password, once. */
export interface PasswordLink {
  /**
   * Hand it to the user alone: whoever opens it sets the password. Shown here and never again: absent only in the
   * replay of a request with an Idempotency-Key.
   */
  url?: string | undefined;
  /** From this moment on it is good for nothing. */
  expires_at: string;
}

/** The input of `client.users.delete`. */
export interface DeleteUserInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** Whether its keys, memberships, levels and the projects that it owns are deleted too. */
  cascade?: boolean | undefined;
}

/** The input of `client.users.listSessions`. */
export interface ListUserSessionsInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** Items at most. A page also ends at 1 MiB, with at least one item and a `next_cursor`. */
  limit?: number | undefined;
  /** `next_cursor` of the page before, for the same filters. */
  cursor?: string | undefined;
}

/** A page of sessions. */
export interface SessionPage {
  /** The rows of this page. */
  items: Session[];
  /** Send it as `cursor` to get the next page; null on the last one. */
  next_cursor: string | null;
}

/** A session of a person in a browser, without its cookie. */
export interface Session {
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
}

/** The input of `client.users.endSessions`. */
export interface EndUserSessionsInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}

/** The input of `client.users.listGroups`. */
export interface ListUserGroupsInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** Items at most. A page also ends at 1 MiB, with at least one item and a `next_cursor`. */
  limit?: number | undefined;
  /** `next_cursor` of the page before, for the same filters. */
  cursor?: string | undefined;
}

/** A page of the groups that a user or a service identity is in. */
export interface EffectiveGroupPage {
  /** The rows of this page. */
  items: EffectiveGroup[];
  /** Send it as `cursor` to get the next page; null on the last one. */
  next_cursor: string | null;
}

/** A group that a user or a service identity is in, itself or through others. */
export interface EffectiveGroup {
  /** The group. */
  group_id: string;
  /** The slug of the group. */
  slug: string;
  /** The name of the group. */
  display_name: string;
  /** The role in the whole tenant that the group gives; null: none. Others may come. */
  tenant_role: 'admin' | 'billing' | 'member' | null;
  /** 1: it is a member itself; 2: through one group; and so on. */
  depth: number;
}
