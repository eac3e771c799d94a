/** Roles, and the permissions that modules declare for them. */

/**
 * The closed vocabulary. Each module adds its words by declaration merging, beside the declaration that says who holds
 * them, so a procedure that names an unknown word does not compile.
 */
// biome-ignore lint/suspicious/noEmptyInterface: modules fill it
export interface PermissionWords {}

export type Permission = keyof PermissionWords & string;

/** The roles of people and programs that see all tenants. */
export const platformRoles = ['operator', 'support', 'sales'] as const;
/** The roles of people inside one tenant. */
export const tenantRoles = ['admin', 'billing', 'member'] as const;

export type PlatformRole = (typeof platformRoles)[number];
export type TenantRole = (typeof tenantRoles)[number];
/** What a person, a program or a group may do in one project; each level includes the ones before it. */
export const projectLevels = ['viewer', 'editor', 'admin'] as const;
export type ProjectLevel = (typeof projectLevels)[number];

/** `internal` is the role of products and gateways, which hold the internal token. */
export type Role = PlatformRole | TenantRole | 'internal';

/** The holders of a permission. A role of a tenant holds it inside its own tenant. */
export interface PermissionHolders {
  readonly roles: readonly Role[];
  /** Whether API keys can have it as a scope: every key, or only keys that are bound to no project. Absent: none. */
  readonly keys?: 'every' | 'unbound';
  /** The lowest level that holds it in its project. Absent: no level does. */
  readonly level?: ProjectLevel;
}

/** Declares the permissions of a module, each with its holders. */
export function definePermissions<const Declared extends Readonly<Record<string, PermissionHolders>>>(
  declared: Declared,
): Declared {
  return declared;
}

/** In front of a permission among the scopes of an API key; a scope without it is a word of the products. */
export const SCOPE_PREFIX = 'registry:';

export interface Grants {
  /** Every permission there is, in the order of the modules. */
  readonly permissions: readonly Permission[];
  /** The permissions of each role. */
  readonly byRole: Readonly<Record<Role, readonly Permission[]>>;
  /** The permissions that an API key can have: never more than an admin of its tenant. */
  readonly byKeys: readonly Permission[];
  /** The permissions of each level, inside its project. */
  readonly byLevel: Readonly<Record<ProjectLevel, ReadonlySet<Permission>>>;
  /** Returns what the roles hold together. */
  ofRoles(given: readonly Role[]): ReadonlySet<Permission>;
  /** Returns what a key with these scopes may do on the registry: `registry:projects:read` gives `projects:read`. */
  ofScopes(scopes: readonly string[], boundToProject: boolean): ReadonlySet<Permission>;
}

/**
 * Returns the highest level all of whose permissions are held, null when there is none. A level that adds nothing to the one
 * below it is never returned: nobody shows by permissions alone that it is meant.
 */
export function levelWithin(held: ReadonlySet<Permission>, byLevel: Grants['byLevel']): ProjectLevel | null {
  const adding = projectLevels.filter((level, index) => {
    const below = projectLevels[index - 1];
    return below === undefined || byLevel[level].size > byLevel[below].size;
  });
  return adding.findLast((level) => [...byLevel[level]].every((permission) => held.has(permission))) ?? null;
}

/** Returns the higher one of two levels; null is below all of them. */
export function higherLevel(one: ProjectLevel | null, other: ProjectLevel | null): ProjectLevel | null {
  return rankOf(one) > rankOf(other) ? one : other;
}

/** Returns the place of a level in their order: 0 for none. */
export function rankOf(level: ProjectLevel | null): number {
  return level === null ? 0 : projectLevels.indexOf(level) + 1;
}

/** Collects what the modules declare. Throws when a key could hold what an admin of its tenant does not. */
export function createGrants(declarations: readonly Readonly<Record<string, PermissionHolders>>[]): Grants {
  // The words of `PermissionWords` are those of the declarations: modules merge them from there.
  const holders = declarations.flatMap((declared) => Object.entries(declared)) as [Permission, PermissionHolders][];
  const heldBy = (role: Role) => holders.filter(([, held]) => held.roles.includes(role)).map(([word]) => word);
  const byKeys = holders.filter(([, { keys }]) => keys !== undefined).map(([word]) => word);
  const byBoundKeys = holders.filter(([, { keys }]) => keys === 'every').map(([word]) => word);
  const byRole = {
    operator: heldBy('operator'),
    support: heldBy('support'),
    sales: heldBy('sales'),
    admin: heldBy('admin'),
    billing: heldBy('billing'),
    member: heldBy('member'),
    internal: heldBy('internal'),
  };
  const ofLevel = (level: ProjectLevel) => {
    const included = projectLevels.slice(0, projectLevels.indexOf(level) + 1);
    return new Set(holders.filter(([, held]) => held.level && included.includes(held.level)).map(([word]) => word));
  };
  const byLevel = { viewer: ofLevel('viewer'), editor: ofLevel('editor'), admin: ofLevel('admin') };
  const beyondLevel = [...byLevel.admin].find((word) => !byRole.admin.includes(word));
  if (beyondLevel !== undefined)
    throw new Error(`a level could hold ${beyondLevel}, which an admin of its tenant does not`);
  const beyond = byKeys.find((word) => !byRole.admin.includes(word));
  if (beyond !== undefined) throw new Error(`an API key could hold ${beyond}, which an admin of its tenant does not`);
  return {
    permissions: holders.map(([word]) => word),
    byRole,
    byKeys,
    byLevel,
    ofRoles: (given) => new Set(given.flatMap((role) => byRole[role])),
    ofScopes: (scopes, boundToProject) =>
      new Set((boundToProject ? byBoundKeys : byKeys).filter((word) => scopes.includes(SCOPE_PREFIX + word))),
  };
}
