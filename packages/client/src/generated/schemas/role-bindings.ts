/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { LevelLoss } from './users.ts';

/** The input of `client.roleBindings.set`. */
export interface SetRoleBindingInput {
  /** The project. */
  id: string;
  /** The user, service identity or group that gets the level. */
  principal: SetRoleBindingInputPrincipal;
  /**
   * What one may do in the project: `viewer` reads, `editor` changes configurations too, `admin` changes everything in
   * it.
   */
  level: 'viewer' | 'editor' | 'admin';
}

/** The user, service identity or group that gets the level. */
export interface SetRoleBindingInputPrincipal {
  /** A group stands for all that are in it, directly or through other groups. */
  type: 'user' | 'service_identity' | 'group';
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}

/** The level that a user, a service identity or a group has in a project. */
export interface RoleBinding {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The project that it belongs to. */
  project_id: string;
  /** Who has the level. */
  principal: RoleBindingPrincipal;
  /**
   * What one may do in the project: `viewer` reads, `editor` changes configurations too, `admin` changes everything in
   * it. Others may come.
   */
  level: 'viewer' | 'editor' | 'admin';
  /** When it was created. */
  created_at: string;
  /** When it last changed. */
  updated_at: string;
}

/** Who has the level. */
export interface RoleBindingPrincipal {
  /** A group stands for all that are in it, directly or through other groups. Others may come. */
  type: 'user' | 'service_identity' | 'group';
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}

/** The input of `client.roleBindings.list`. */
export interface ListRoleBindingsInput {
  /** The project. */
  id: string;
  /** Items at most. A page also ends at 1 MiB, with at least one item and a `next_cursor`. */
  limit?: number | undefined;
  /** `next_cursor` of the page before, for the same filters. */
  cursor?: string | undefined;
  /** With `principal_id`: only the binding of this principal. */
  principal_type?: 'user' | 'service_identity' | 'group' | undefined;
  /** With `principal_type`: only the binding of this principal. */
  principal_id?: string | undefined;
}

/** A page of role bindings. */
export interface RoleBindingPage {
  /** The rows of this page. */
  items: RoleBinding[];
  /** Send it as `cursor` to get the next page; null on the last one. */
  next_cursor: string | null;
}

/** The input of `client.roleBindings.remove`. */
export interface RemoveRoleBindingInput {
  /** The project. */
  id: string;
  /** A group stands for all that are in it, directly or through other groups. */
  principal_type: 'user' | 'service_identity' | 'group';
  /** The principal that loses the level. */
  principal_id: string;
  /** Changes nothing, and answers what the change would do and take away now. */
  dry_run?: boolean | undefined;
}

/** What the end of a role binding took away, or would take away. */
export interface RemovedRoleBinding {
  /** False when there was no such binding, and nothing changed. */
  removed: boolean;
  /** Who loses which level where, directly or through groups. Their own API keys lose it with them. */
  losses: LevelLoss[];
  /**
   * False when the change touches more than 1000 users and service identities, or takes more than 1000 levels, and
   * `losses` shows a part.
   */
  complete: boolean;
}
