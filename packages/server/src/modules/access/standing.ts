/** Rows → what a principal is and was given, with the shortest way to each group that gives something. */
import type { access } from '@tenant-registry/db';
import type { Actor } from '../../kernel/actor.ts';
import { hasPassed } from '../../kernel/clock.ts';
import { platformRoles, type Role } from '../../kernel/permissions.ts';
import type { PathNode } from './schema.ts';
import type { LevelGrant, RoleGrant, Standing } from './verdict.ts';

/** A principal of which the rows tell. */
export type Principal = NonNullable<access.AccessQuestion['principal']>;

export interface FoundStanding extends Standing {
  readonly tenant_id: string;
  /** The project that a key or a service identity lies in: a caller that is bound to a project sees only those of it. */
  readonly lies_in: string | null;
}

/** Returns what the principal is and has, its levels those in the project; undefined when no row tells of it. */
export function standingOf(
  facts: access.AccessFacts,
  { type, id }: Principal,
  { project_id, now }: { readonly project_id: string | null; readonly now: Date },
): FoundStanding | undefined {
  if (type !== 'api_key') return holderOf(facts, { type, id }, project_id);
  const key = facts.api_keys.find((each) => each.id === id);
  if (key === undefined) return undefined;
  const owner = ownerOf(key);
  const held = owner && holderOf(facts, owner, project_id);
  return {
    tenant_id: key.tenant_id,
    lies_in: key.project_id,
    disabled: key.revoked || hasPassed(key.expires_at, now) || held?.disabled === true,
    bound_to: [...(key.project_id === null ? [] : [key.project_id]), ...(held?.bound_to ?? [])],
    // An owner of whom nothing is seen has nothing to lend.
    holder: owner === null ? null : (held?.holder ?? { roles: [], levels: [] }),
    key: { node: nodeOf('api_key', key), scopes: key.scopes, isBound: key.project_id !== null },
  };
}

/** Returns the standing of a caller whom no row tells of: a static token, or a person that the token alone describes. */
export function standingOfCaller({ type, id, name, roles }: Actor): Standing {
  if (type === 'system' || type === 'anonymous') throw new Error('behind authentication every caller has a credential');
  const by = (role: Role) => (isOfPlatform(role) ? 'platform_role' : 'tenant_role');
  const path = (role: Role): PathNode[] => [
    { type, id, name },
    { type: by(role), id: role, name: role },
  ];
  const granted = roles.map((role): RoleGrant => ({ role, by: by(role), path: path(role) }));
  return { disabled: false, bound_to: [], holder: { roles: granted, levels: [] }, key: null };
}

function isOfPlatform(role: Role): boolean {
  return role === 'internal' || platformRoles.some((each) => each === role);
}

type Holder = Pick<access.ReachedGroup, 'type' | 'id'>;

function ownerOf({ user_id, service_identity_id }: access.ApiKeyFacts): Holder | null {
  if (user_id !== null) return { type: 'user', id: user_id };
  return service_identity_id === null ? null : { type: 'service_identity', id: service_identity_id };
}

function holderOf(facts: access.AccessFacts, { type, id }: Holder, project_id: string | null) {
  const program = type === 'user' ? undefined : facts.service_identities.find((each) => each.id === id);
  const person = type === 'user' ? facts.users.find((each) => each.id === id) : undefined;
  const found = program ?? person;
  if (found === undefined) return undefined;
  const self = nodeOf(type, found);
  const groups = new Map(
    facts.groups.filter((each) => each.type === type && each.id === id).map((each) => [each.group_id, each]),
  );
  const isOwn = (binding: access.BindingFacts) =>
    binding.project_id === project_id && binding.holder_type === type && binding.holder_id === id;
  return {
    tenant_id: found.tenant_id,
    lies_in: program?.project_id ?? null,
    disabled: found.disabled,
    bound_to: program?.project_id ? [program.project_id] : [],
    holder: {
      roles: [
        ...(person?.roles ?? []).map((role) => ofTenant(role, [self])),
        ...[...groups.values()].flatMap(({ group_id, tenant_role }) =>
          tenant_role === null ? [] : [ofTenant(tenant_role, [self, ...wayTo(groups, group_id)])],
        ),
      ],
      levels: facts.bindings.filter(isOwn).map(({ id: binding, level, group_id }): LevelGrant => {
        const way = group_id === null ? [] : wayTo(groups, group_id);
        return { level, path: [self, ...way, { type: 'role_binding', id: binding, name: level }] };
      }),
    },
    key: null,
  };
}

function ofTenant(role: RoleGrant['role'], way: readonly PathNode[]): RoleGrant {
  return { role, by: 'tenant_role', path: [...way, { type: 'tenant_role', id: role, name: role }] };
}

/** The groups on the shortest way to one of them, that one last. Each step is one nearer, so the way ends. */
function wayTo(groups: ReadonlyMap<string, access.ReachedGroup>, id: string): PathNode[] {
  const way: PathNode[] = [];
  for (let group = groups.get(id); group !== undefined; group = groups.get(group.via ?? ''))
    way.unshift({ type: 'group', id: group.group_id, name: group.name });
  return way;
}

function nodeOf(type: PathNode['type'], { id, name }: { readonly id: string; readonly name: string }): PathNode {
  return { type, id, name };
}
