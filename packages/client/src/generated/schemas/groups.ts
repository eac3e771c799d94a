/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { LevelLoss } from './users.ts';

/** The input of `client.groups.create`. */
export interface CreateGroupInput {
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** Unique in the tenant. */
  slug: string;
  /** What people see. */
  display_name: string;
  /** Whether it is kept by hand, or mirrors a claim of a provider. */
  source?: 'manual' | 'idp' | undefined;
  /** With the source `idp`: an active OIDC configuration of the tenant. */
  idp_config_id?: string | null | undefined;
  /** With the source `idp`: the value of the groups claim that the group stands for. */
  idp_claim_value?: string | null | undefined;
  /** The role in the tenant that its members have, direct ones and those of groups below; null: none. */
  tenant_role?: 'admin' | 'billing' | 'member' | null | undefined;
}

/** People, programs and other groups of a tenant that belong together. */
export interface Group {
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
}

/** The input of `client.groups.list`. */
export interface ListGroupsInput {
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** Items at most. A page also ends at 1 MiB, with at least one item and a `next_cursor`. */
  limit?: number | undefined;
  /** `next_cursor` of the page before, for the same filters. */
  cursor?: string | undefined;
  /** Only those of this source. */
  source?: 'manual' | 'idp' | undefined;
}

/** A page of groups. */
export interface GroupPage {
  /** The rows of this page. */
  items: Group[];
  /** Send it as `cursor` to get the next page; null on the last one. */
  next_cursor: string | null;
}

/** The input of `client.groups.get`. */
export interface GetGroupInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}

/** The input of `client.groups.update`. */
export interface UpdateGroupInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** Unique in the tenant. */
  slug?: string | undefined;
  /** What people see. */
  display_name?: string | undefined;
  /** The role in the tenant that its members have, direct ones and those of groups below; null: none. */
  tenant_role?: 'admin' | 'billing' | 'member' | null | undefined;
}

/** The input of `client.groups.delete`. */
export interface DeleteGroupInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** Changes nothing, and answers what the change would do and take away now. */
  dry_run?: boolean | undefined;
}

/** What a removal took away, or would take away. */
export interface GroupRemoval {
  /** False when there was nothing to remove, and nothing changed. */
  removed: boolean;
  /** Who loses which level where, directly or through groups. Their own API keys lose it with them. */
  losses: LevelLoss[];
  /**
   * False when the change touches more than 1000 users and service identities, or takes more than 1000 levels, and
   * `losses` shows a part.
   */
  complete: boolean;
}

/** The input of `client.groups.addMember`. */
export interface AddGroupMemberInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The user, service identity or group that becomes a member. */
  principal: AddGroupMemberInputPrincipal;
}

/** The user, service identity or group that becomes a member. */
export interface AddGroupMemberInputPrincipal {
  /** A group stands for all that are in it, directly or through other groups. */
  type: 'user' | 'service_identity' | 'group';
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}

/** Whether the group has a new member. */
export interface GroupMemberAdded {
  /** False when it was a member already, and nothing changed. */
  added: boolean;
}

/** The input of `client.groups.listMembers`. */
export interface ListGroupMembersInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** Items at most. A page also ends at 1 MiB, with at least one item and a `next_cursor`. */
  limit?: number | undefined;
  /** `next_cursor` of the page before, for the same filters. */
  cursor?: string | undefined;
  /** Whether the users and service identities of all groups below are listed too, and no groups. */
  effective?: boolean | undefined;
}

/** A page of members. */
export interface GroupMemberPage {
  /** The rows of this page. */
  items: GroupMember[];
  /** Send it as `cursor` to get the next page; null on the last one. */
  next_cursor: string | null;
}

/** A membership in a group. */
export interface GroupMember {
  /** Who it is. */
  principal: GroupMemberPrincipal;
  /** Whether it is kept by hand, or mirrors a claim of a provider. Others may come. */
  source: 'manual' | 'idp';
  /** 1 in the group itself, and one more for each group in between; the least of several. */
  depth: number;
  /** When it was created. */
  created_at: string;
}

/** Who it is. */
export interface GroupMemberPrincipal {
  /** A group stands for all that are in it, directly or through other groups. Others may come. */
  type: 'user' | 'service_identity' | 'group';
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The name, for people. */
  name: string;
}

/** The input of `client.groups.removeMember`. */
export interface RemoveGroupMemberInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** A group stands for all that are in it, directly or through other groups. */
  principal_type: 'user' | 'service_identity' | 'group';
  /** The member that is taken out. */
  principal_id: string;
  /** Changes nothing, and answers what the change would do and take away now. */
  dry_run?: boolean | undefined;
}

/** The input of `client.groups.addChild`. */
export interface AddGroupChildInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The group that is put below. */
  child_id: string;
}

/** A group below another one: the members of the child are members of the parent. */
export interface GroupChild {
  /** The group above. */
  parent_id: string;
  /** The group below: its members are members of the one above. */
  child_id: string;
  /** When it was created. */
  created_at: string;
}

/** The input of `client.groups.listChildren`. */
export interface ListGroupChildrenInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** Items at most. A page also ends at 1 MiB, with at least one item and a `next_cursor`. */
  limit?: number | undefined;
  /** `next_cursor` of the page before, for the same filters. */
  cursor?: string | undefined;
}

/** The input of `client.groups.removeChild`. */
export interface RemoveGroupChildInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The group below. */
  child_id: string;
  /** Changes nothing, and answers what the change would do and take away now. */
  dry_run?: boolean | undefined;
}
