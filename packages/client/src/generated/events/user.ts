/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { User } from '../schemas/users.ts';
import type { EventEnvelope } from './access.ts';

/** A user was activated; nothing that had ended came back. */
export interface UserActivatedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'user.activated';
  /** A person of a tenant. */
  data: User;
}

/** A user was created. */
export interface UserCreatedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'user.created';
  /** A person of a tenant. */
  data: User;
}

/** A user was deactivated: its sessions, its keys and its link to set a password ended. */
export interface UserDeactivatedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'user.deactivated';
  /** What `user.deactivated` tells. */
  data: UserDeactivatedData;
}

/** What `user.deactivated` tells. */
export interface UserDeactivatedData {
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
  /** Its sessions that end. */
  sessions_ended: number;
  /** The keys of its own that are revoked. */
  api_keys_revoked: number;
  /** Whether a link to set a password ends with it. */
  password_link_deleted: boolean;
}

/** A user was deleted, with its memberships, its levels, its keys and the projects that it owned. */
export interface UserDeletedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'user.deleted';
  /** What `user.deleted` tells. */
  data: UserDeletedData;
}

/** What `user.deleted` tells. */
export interface UserDeletedData {
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
  /** How much was deleted with the user. */
  holdings: UserDeletedDataHoldings;
}

/** How much was deleted with the user. */
export interface UserDeletedDataHoldings {
  /** The keys in use that it owned. */
  api_keys: number;
  /** The groups that it was in itself. */
  group_memberships: number;
  /** The projects in which it had a level. */
  role_bindings: number;
  /** The projects that it owned. */
  projects: number;
}

/** The memberships of a user in groups of a provider became those that the provider says. */
export interface UserGroupsSyncedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'user.groups_synced';
  /** What `user.groups_synced` tells. */
  data: UserGroupsSyncedData;
}

/** What `user.groups_synced` tells. */
export interface UserGroupsSyncedData {
  /** The user. */
  id: string;
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The name of the user, for people. */
  display_name: string;
  /** The configuration through which the person came. */
  idp_config_id: string;
  /** The groups that the user is in since then. */
  added: string[];
  /** The groups that it left. */
  removed: string[];
}

/** A link with which a user sets a password was made. */
export interface UserLinkIssuedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'user.link_issued';
  /** What `user.link_issued` tells. */
  data: UserLinkIssuedData;
}

/** What `user.link_issued` tells. */
export interface UserLinkIssuedData {
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
  /** From this moment on the link is good for nothing. */
  link_expires_at: string;
}

/** A provisioned user signed in for the first time and is known by the subject of its provider from now on. */
export interface UserLinkedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'user.linked';
  /** A user, and the SSO configuration through which the person came. */
  data: ProvisionedUser;
}

/** A user, and the SSO configuration through which the person came. */
export interface ProvisionedUser {
  /** The user. */
  id: string;
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The name of the user, for people. */
  display_name: string;
  /** The configuration through which the person came. */
  idp_config_id: string;
}

/** A user has a new password; the sessions from before it have ended. */
export interface UserPasswordSetEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'user.password_set';
  /** What `user.password_set` tells. */
  data: UserPasswordSetData;
}

/** What `user.password_set` tells. */
export interface UserPasswordSetData {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The name of the user, for people. */
  display_name: string;
  /** Whether the old password allowed it, or a one-time link. Others may come. */
  by: 'change' | 'link';
}

/** A person signed in through a provider for the first time and became a user. */
export interface UserProvisionedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'user.provisioned';
  /** A user, and the SSO configuration through which the person came. */
  data: ProvisionedUser;
}

/** The roles of a user became those that its provider says. */
export interface UserRolesSyncedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'user.roles_synced';
  /** What `user.roles_synced` tells. */
  data: UserRolesSyncedData;
}

/** What `user.roles_synced` tells. */
export interface UserRolesSyncedData {
  /** The user. */
  id: string;
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The name of the user, for people. */
  display_name: string;
  /** The configuration through which the person came. */
  idp_config_id: string;
  /** The roles of the user since then. */
  roles: string[];
}

/** E-mail address, name or roles of a user changed. */
export interface UserUpdatedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'user.updated';
  /** A person of a tenant. */
  data: User;
}
