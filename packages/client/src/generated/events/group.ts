/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { Group } from '../schemas/groups.ts';
import type { EventEnvelope } from './access.ts';

/** A group was put below another one. */
export interface GroupChildAddedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'group.child_added';
  /** A group, and the group that was put below it or taken from there. */
  data: GroupWithChild;
}

/** A group, and the group that was put below it or taken from there. */
export interface GroupWithChild {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** Unique in the tenant. */
  slug: string;
  /** What people see. */
  display_name: string;
  /** Whether it is kept by hand, or mirrors a claim of a provider. Others may come. */
  source: 'manual' | 'idp';
  /** The SSO configuration whose claim it mirrors; null for a group that is kept by hand. */
  idp_config_id: string | null;
  /** The value of the claim that it stands for; null for a group that is kept by hand. */
  idp_claim_value: string | null;
  /**
   * The role in the tenant that its members have, direct ones and those of groups below; null: none. Others may come.
   */
  tenant_role: 'admin' | 'billing' | 'member' | null;
  /** Through what it came; members of `scim` are changed there alone. Others may come. */
  provisioned_by: 'api' | 'scim';
  /** When it was created. */
  created_at: string;
  /** When it last changed. */
  updated_at: string;
  /** The group below. */
  child_id: string;
}

/** A group was taken from below another one. */
export interface GroupChildRemovedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'group.child_removed';
  /** A group, and the group that was put below it or taken from there. */
  data: GroupWithChild;
}

/** A group was created. */
export interface GroupCreatedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'group.created';
  /** People, programs and other groups of a tenant that belong together. */
  data: Group;
}

/** A group was deleted, with its memberships and its edges to the groups below it. */
export interface GroupDeletedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'group.deleted';
  /** People, programs and other groups of a tenant that belong together. */
  data: Group;
}

/** A user, service identity or group was put into a group. */
export interface GroupMemberAddedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'group.member_added';
  /** A group, and who came into it or left it. */
  data: GroupWithMember;
}

/** A group, and who came into it or left it. */
export interface GroupWithMember {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** Unique in the tenant. */
  slug: string;
  /** What people see. */
  display_name: string;
  /** Whether it is kept by hand, or mirrors a claim of a provider. Others may come. */
  source: 'manual' | 'idp';
  /** The SSO configuration whose claim it mirrors; null for a group that is kept by hand. */
  idp_config_id: string | null;
  /** The value of the claim that it stands for; null for a group that is kept by hand. */
  idp_claim_value: string | null;
  /**
   * The role in the tenant that its members have, direct ones and those of groups below; null: none. Others may come.
   */
  tenant_role: 'admin' | 'billing' | 'member' | null;
  /** Through what it came; members of `scim` are changed there alone. Others may come. */
  provisioned_by: 'api' | 'scim';
  /** When it was created. */
  created_at: string;
  /** When it last changed. */
  updated_at: string;
  /** The user, service identity or group. */
  member: GroupWithMemberMember;
}

/** The user, service identity or group. */
export interface GroupWithMemberMember {
  /** A group stands for all that are in it, directly or through other groups. Others may come. */
  type: 'user' | 'service_identity' | 'group';
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}

/** A user, service identity or group was taken out of a group. */
export interface GroupMemberRemovedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'group.member_removed';
  /** A group, and who came into it or left it. */
  data: GroupWithMember;
}

/** Slug, name or role of a group changed. */
export interface GroupUpdatedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'group.updated';
  /** People, programs and other groups of a tenant that belong together. */
  data: Group;
}
