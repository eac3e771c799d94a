/** Checks: may a principal do something in a tenant, or in a project of it? */
import { access } from '@tenant-registry/db';
import type { Actor } from '../../kernel/actor.ts';
import type { ActorContext } from '../../kernel/context.ts';
import { type InputMistake, kernelErrors, missingPermission } from '../../kernel/errors.ts';
import { type Permission, type ProjectLevel, projectLevels } from '../../kernel/permissions.ts';
import { actorInProject } from '../../kernel/project-levels.ts';
import { roleBindingErrors } from '../role-bindings/errors.ts';
import { wholeTenant } from '../tenants/service.ts';
import type { AccessVerdict, CheckAccess, CheckAccessBatch } from './schema.ts';
import { type Principal, standingOf, standingOfCaller } from './standing.ts';
import { type Asked, type Place, verdictOn } from './verdict.ts';

const PERMISSION = 'access:check';

/**
 * Answers one check. Throws `not_found` for a tenant or project beyond the caller's reach, `principal_not_found`,
 * `forbidden` for a question about others without the permission, `invalid_input` for an unknown permission.
 */
export async function checkAccess(ctx: ActorContext, input: CheckAccess): Promise<AccessVerdict> {
  const [answer] = await answersTo(ctx, [input], () => '/permission');
  if (answer === undefined || answer === 'not_found') throw kernelErrors.notFound();
  if (answer === 'principal_not_found') throw roleBindingErrors.principalNotFound();
  return answer;
}

/** Answers many checks in their order, from one read of the facts. What one of them names in vain refuses that one alone. */
export async function checkAccessBatch(
  ctx: ActorContext,
  { checks }: CheckAccessBatch,
): Promise<{ readonly results: AccessVerdict[] }> {
  // The request itself pays for the first.
  ctx.budgets.charge(ctx.actor, checks.length - 1);
  const answers = await answersTo(ctx, checks, (index) => `/checks/${index}/permission`);
  return { results: answers.map((answer) => (typeof answer === 'string' ? missing(answer) : answer)) };
}

type Answer = AccessVerdict | 'not_found' | 'principal_not_found';

function missing(reason: 'not_found' | 'principal_not_found'): AccessVerdict {
  return { tenant_id: null, allowed: false, level: null, why: { by: null, path: [], reason } };
}

interface Check {
  readonly asked: Asked;
  readonly resource: CheckAccess['resource'];
  /** Null: the caller itself, of whom no row tells. */
  readonly principal: Principal | null;
  readonly isSelf: boolean;
  /** The project that the caller is bound to in this question. */
  readonly within: string | null;
}

async function answersTo(
  ctx: ActorContext,
  inputs: readonly CheckAccess[],
  pointerOf: (index: number) => string,
): Promise<Answer[]> {
  const unknown = inputs.flatMap(({ permission }, index): InputMistake[] =>
    askedBy(ctx, permission) === null
      ? [{ pointer: pointerOf(index), message: 'is no permission of the registry' }]
      : [],
  );
  if (unknown.length > 0) throw kernelErrors.invalidInput({ errors: unknown });
  // A person without a tenant and without a role belongs to nothing.
  if (ctx.actor.tenant_id === null && ctx.actor.roles.length === 0) return inputs.map(() => 'not_found');
  const checks: Check[] = [];
  for (const input of inputs) checks.push(await checkOf(ctx, input));
  const facts = await readFacts(ctx, checks);
  return checks.map((check) => answerTo(ctx, check, facts));
}

function askedBy({ grants }: ActorContext, text: string): Asked | null {
  const level = projectLevels.find((each): each is ProjectLevel => text === `project:${each}`);
  if (level !== undefined) return { level };
  const permission = grants.permissions.find((each): each is Permission => each === text);
  return permission === undefined ? null : { permission };
}

async function checkOf(ctx: ActorContext, { permission, resource, principal }: CheckAccess): Promise<Check> {
  const asked = askedBy(ctx, permission);
  if (asked === null) throw new Error('unknown permissions were refused');
  const self = principalOf(ctx.actor);
  const isSelf = principal === undefined || (principal.type === self?.type && principal.id === self.id);
  const within = isSelf ? ctx.actor.project_id : await boundWhenAsking(ctx, resource);
  return { asked, resource, principal: principal ?? self, isSelf, within };
}

/** The caller as one whom rows tell of. */
function principalOf({ type, id, user_id, service_identity_id }: Actor): Principal | null {
  if (type === 'api_key') return { type, id };
  if (type === 'user' && user_id !== null) return { type, id: user_id };
  return type === 'service_identity' && service_identity_id !== null ? { type, id: service_identity_id } : null;
}

/** The project that the caller is bound to while it asks about others there. Throws `forbidden` when it may not. */
async function boundWhenAsking(ctx: ActorContext, resource: CheckAccess['resource']): Promise<string | null> {
  const { actor } = ctx;
  if (actor.permissions.has(PERMISSION)) return actor.project_id;
  const project = resource.type === 'project' ? resource.id : null;
  const inside = await actorInProject(ctx, { actor, permission: PERMISSION, project });
  if (inside === null) throw missingPermission(PERMISSION);
  return inside.project_id;
}

/**
 * Reads by the prepared statement for a caller that sees every tenant. For another one the database decides too what is
 * seen: in the scope of its whole tenant, because what the caller has may lie beyond its project.
 */
async function readFacts(ctx: ActorContext, checks: readonly Check[]): Promise<access.AccessFacts> {
  const { facts, marks } = ctx.db === ctx.root ? await ctx.access.findFacts(checks) : await readInScope(ctx, checks);
  // What was read may be newer than that from which another replica still answers.
  if (marks.length > 0) await ctx.leases.settled(marks);
  return facts;
}

async function readInScope(ctx: ActorContext, checks: readonly Check[]): Promise<access.FoundAccessFacts> {
  const { tenant_id } = ctx.actor;
  const facts = await access.findAccessFacts(tenant_id === null ? ctx.db : wholeTenant(ctx, tenant_id), checks);
  // Tenants may not read marks. Read after the facts, those that are left are of changes that the facts may show.
  const tenantIds = facts.tenants.map(({ id }) => id);
  return { facts, marks: await access.listOpenMarks(ctx.root, tenantIds) };
}

function answerTo(ctx: ActorContext, check: Check, facts: access.AccessFacts): Answer {
  const { actor, grants, clock } = ctx;
  const { asked, resource, principal, isSelf, within } = check;
  const place = placeOf(facts, resource);
  if (place === undefined || (actor.tenant_id !== null && place.tenant_id !== actor.tenant_id)) return 'not_found';
  const project_id = place.project?.id ?? null;
  if (within !== null && project_id !== null && project_id !== within) return 'not_found';
  const { tenant_id } = place;
  if (principal === null) return { tenant_id, ...verdictOn(grants, standingOfCaller(actor), { place, asked }) };
  const standing = standingOf(facts, principal, { project_id, now: clock() });
  if (standing === undefined || standing.tenant_id !== tenant_id) return 'principal_not_found';
  const isHidden = !isSelf && within !== null && principal.type !== 'user' && standing.lies_in !== within;
  return isHidden ? 'principal_not_found' : { tenant_id, ...verdictOn(grants, standing, { place, asked }) };
}

function placeOf(
  facts: access.AccessFacts,
  { type, id }: CheckAccess['resource'],
): (Place & { readonly tenant_id: string }) | undefined {
  const project = type === 'project' ? facts.projects.find((each) => each.id === id) : null;
  if (project === undefined) return undefined;
  const tenant = facts.tenants.find((each) => each.id === (project?.tenant_id ?? id));
  return tenant && { tenant_id: tenant.id, tenant_status: tenant.status, project };
}
