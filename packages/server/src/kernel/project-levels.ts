/**
 * What a caller may do in one project beyond its roles: the level that it, or a group that it is in, is bound to there. The
 * kernel asks, and the module of role bindings answers.
 */
import type { Actor } from './actor.ts';
import type { Context } from './context.ts';
import { type Permission, type ProjectLevel, SCOPE_PREFIX } from './permissions.ts';
import { id } from './schema.ts';

export interface ProjectLevels {
  /**
   * Resolves to the highest level of the actor in the project, and to null when it has none, or the project lies in
   * another tenant.
   */
  levelIn(actor: Actor, projectId: string): Promise<ProjectLevel | null>;
}

declare module './context.ts' {
  interface Ports {
    readonly projectLevels: ProjectLevels;
  }
}

/** The field of the input that names the project, or the way from the input to its project. */
export type ProjectOf = string | ((ctx: Context, input: Readonly<Record<string, unknown>>) => Promise<string | null>);

/**
 * Returns the actor as it is inside the project, bound to it like a key, when its level there holds the permission; null
 * when it does not. A key needs the scope as well.
 */
export async function actorInProject(
  ctx: Pick<Context, 'projectLevels' | 'grants'>,
  asked: { readonly actor: Actor; readonly permission: Permission; readonly project: unknown },
): Promise<Actor | null> {
  const { actor, permission } = asked;
  // The input is not checked yet, and an id is compared in lower case.
  const { data: project } = id.safeParse(asked.project);
  if (project === undefined || actor.tenant_id === null) return null;
  if (actor.user_id === null && actor.service_identity_id === null) return null;
  if (actor.project_id !== null && actor.project_id !== project) return null;
  if (!isScoped(actor, permission)) return null;
  const level = await ctx.projectLevels.levelIn(actor, project);
  if (level === null || !ctx.grants.byLevel[level].has(permission)) return null;
  const permissions = new Set([...ctx.grants.byLevel[level]].filter((each) => isScoped(actor, each)));
  return { ...actor, project_id: project, permissions };
}

function isScoped({ scopes }: Actor, permission: Permission): boolean {
  return scopes === null || scopes.includes(SCOPE_PREFIX + permission);
}
