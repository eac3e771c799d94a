/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { RoleBinding } from '../schemas/role-bindings.ts';
import type { EventEnvelope } from './access.ts';

/** A user, a service identity or a group lost its level in a project. */
export interface RoleBindingRemovedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'role_binding.removed';
  /** The level that a user, a service identity or a group has in a project. */
  data: RoleBinding;
}

/** A user, a service identity or a group got a level in a project, or another one. */
export interface RoleBindingSetEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'role_binding.set';
  /** The level that a user, a service identity or a group has in a project. */
  data: RoleBinding;
}
