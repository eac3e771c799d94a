/** Groups of Retraced are tenants here, named by their id or their slug. */
import { retraced } from '@tenant-registry/db';
import type { ActorContext } from '../../kernel/context.ts';
import { kernelErrors } from '../../kernel/errors.ts';

const UNKNOWN = 'there is no such group';
/** That one problem lists. */
const MISTAKES_MAX = 20;

/** A group and the place where it was named. */
export interface NamedGroup {
  readonly name: string | undefined;
  readonly pointer: string;
}

/**
 * Returns the id of the tenant of each group, null for the platform. Without a name it is the caller's own tenant, or the
 * platform for a caller without one. Throws `not_found` for a group that does not exist or is another tenant's.
 */
export async function tenantsOfGroups(ctx: ActorContext, groups: readonly NamedGroup[]): Promise<(string | null)[]> {
  const names = [...new Set(groups.flatMap(({ name }) => name ?? []))];
  const found = names.length === 0 ? [] : await retraced.listTenantsNamed(ctx.db, names);
  const own = ctx.actor.tenant_id;
  const visible = found.filter(({ id }) => own === null || id === own);
  const known = new Map([
    ...visible.map(({ id, slug }) => [slug, id] as const),
    ...visible.map(({ id }) => [id, id] as const),
  ]);
  const lost = groups.filter(({ name }) => name !== undefined && !known.has(asKept(name)));
  const errors = lost.slice(0, MISTAKES_MAX).map(({ pointer }) => ({ pointer, message: UNKNOWN }));
  if (errors.length > 0) throw kernelErrors.notFound({ errors });
  return groups.map(({ name }) => (name === undefined ? own : (known.get(asKept(name)) ?? null)));
}

/** Returns the id of the tenant of one group. Throws `not_found`. */
export async function namedTenant(
  ctx: ActorContext,
  name: string | undefined,
  pointer: string,
): Promise<string | null> {
  const [tenant = null] = await tenantsOfGroups(ctx, [{ name, pointer }]);
  return tenant;
}

/** Ids and slugs are in lower case. */
function asKept(name: string): string {
  return name.toLowerCase();
}
