/** Whether a principal may do something somewhere, and why. Decided from facts alone. */
import {
  type Grants,
  higherLevel,
  levelWithin,
  type Permission,
  type ProjectLevel,
  projectLevels,
  type Role,
  rankOf,
} from '../../kernel/permissions.ts';
import type { TenantStatus } from '../tenants/schema.ts';
import type { AccessVerdict, PathNode } from './schema.ts';

/** A role, and the way on which the principal has it; the role itself is at its end. */
export interface RoleGrant {
  readonly role: Role;
  readonly by: 'tenant_role' | 'platform_role';
  readonly path: readonly PathNode[];
}

/** A level in the project that is asked about, and the way on which the principal has it; the binding is at its end. */
export interface LevelGrant {
  readonly level: ProjectLevel;
  readonly path: readonly PathNode[];
}

/** What a principal is, and what it was given. */
export interface Standing {
  /** It was deactivated or deleted, or it is a key that has ended or whose owner was. */
  readonly disabled: boolean;
  /** The projects that it is bound to: a key's and its owner's. Beyond each of them it has nothing. */
  readonly bound_to: readonly string[];
  /** What the person or the program has; null for a key that the tenant owns, whose scopes alone decide. */
  readonly holder: { readonly roles: readonly RoleGrant[]; readonly levels: readonly LevelGrant[] } | null;
  /** Of an API key: it may do no more than these say. */
  readonly key: { readonly node: PathNode; readonly scopes: readonly string[]; readonly isBound: boolean } | null;
}

/** Where something would be done. */
export interface Place {
  readonly tenant_status: TenantStatus;
  /** Null: in the tenant as a whole. */
  readonly project: { readonly id: string; readonly status: 'active' | 'archived' } | null;
}

/** A permission, or a level in the project. */
export type Asked = { readonly permission: Permission } | { readonly level: ProjectLevel };

/** What is decided, of a place that the question names. */
export type Decision = Omit<AccessVerdict, 'tenant_id'>;

/** Decides. Of several reasons the deactivation comes first, then what is missing, then what the place forbids. */
export function verdictOn(
  grants: Grants,
  standing: Standing,
  { place, asked }: { readonly place: Place; readonly asked: Asked },
): Decision {
  if (standing.disabled) return refused('principal_disabled', null);
  if (isBeyond(grants, standing, place, asked)) return refused('no_grant', null);
  const level = place.project === null ? null : levelOf(grants, standing);
  if (!isScoped(grants, standing, asked)) return refused('key_scope', level);
  const grant = grantOf(grants, standing, asked);
  if (grant === undefined) return refused('no_grant', level);
  const closed = closedBy(place, asked);
  return closed === null ? { allowed: true, level, why: { ...grant, reason: null } } : refused(closed, level);
}

type Reason = NonNullable<Decision['why']['reason']>;

function refused(reason: Reason, level: ProjectLevel | null): Decision {
  return { allowed: false, level, why: { by: null, path: [], reason } };
}

/** Whether it is bound to another project, or to one while the tenant's projects as a whole are meant. */
function isBeyond(grants: Grants, { bound_to }: Standing, { project }: Place, asked: Asked): boolean {
  if (project !== null) return bound_to.some((id) => id !== project.id);
  return bound_to.length > 0 && ('level' in asked || grants.byLevel.admin.has(asked.permission));
}

function isScoped(grants: Grants, { key }: Standing, asked: Asked): boolean {
  if (key === null) return true;
  const scoped = grants.ofScopes(key.scopes, key.isBound);
  if ('permission' in asked) return scoped.has(asked.permission);
  return rankOf(levelWithin(scoped, grants.byLevel)) >= rankOf(asked.level);
}

/** The shortest way to what is asked: by a role or by a level; of a key that the tenant owns, by its scope. */
function grantOf(
  grants: Grants,
  { holder, key }: Standing,
  asked: Asked,
): Pick<AccessVerdict['why'], 'by' | 'path'> | undefined {
  const before = key === null ? [] : [key.node];
  if (holder === null) return { by: 'scope', path: [...before, ...scopesFor(asked)] };
  const ways = [
    ...holder.roles.filter(({ role }) => suffices(grants, new Set(grants.byRole[role]), asked)),
    ...holder.levels
      .filter(({ level }) =>
        'level' in asked ? rankOf(level) >= rankOf(asked.level) : grants.byLevel[level].has(asked.permission),
      )
      .map(({ path }) => ({ by: 'role_binding' as const, path })),
  ];
  const [shortest] = ways.sort((one, other) => one.path.length - other.path.length);
  return shortest && { by: shortest.by, path: [...before, ...shortest.path] };
}

function suffices(grants: Grants, held: ReadonlySet<Permission>, asked: Asked): boolean {
  if ('permission' in asked) return held.has(asked.permission);
  return rankOf(levelWithin(held, grants.byLevel)) >= rankOf(asked.level);
}

function scopesFor(asked: Asked): PathNode[] {
  if ('level' in asked) return [];
  const scope = `registry:${asked.permission}`;
  return [{ type: 'scope', id: scope, name: scope }];
}

/** The highest level that it has in the project, by roles or bindings, and as far as a key's scopes go. */
function levelOf(grants: Grants, { holder, key }: Standing): ProjectLevel | null {
  const scoped = key === null ? null : levelWithin(grants.ofScopes(key.scopes, key.isBound), grants.byLevel);
  if (holder === null) return scoped;
  const byRole = holder.roles.map(({ role }) => levelWithin(new Set(grants.byRole[role]), grants.byLevel));
  const held = [...byRole, ...holder.levels.map(({ level }) => level)].reduce(higherLevel, null);
  if (key === null) return held;
  return rankOf(scoped) < rankOf(held) ? scoped : held;
}

/** A frozen tenant and an archived project are read, and an archived tenant is not even that. */
function closedBy({ tenant_status, project }: Place, asked: Asked): Reason | null {
  if (tenant_status === 'archived') return 'tenant_archived';
  if ('level' in asked ? asked.level === projectLevels[0] : asked.permission.endsWith(':read')) return null;
  if (tenant_status === 'frozen') return 'tenant_frozen';
  return project?.status === 'archived' ? 'project_archived' : null;
}
