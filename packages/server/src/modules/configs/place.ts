/** The project that a request about configurations names, as its caller may know it. */
import { configs, replicaLeases, scopeOf } from '@tenant-registry/db';
import type { ActorContext, KernelDependencies } from '../../kernel/context.ts';
import { createRememberedRead } from '../../kernel/leases/remembered-read.ts';
import { reachable } from '../../kernel/reach.ts';
import { projectErrors } from '../projects/errors.ts';
import { tenantErrors } from '../tenants/errors.ts';
import type { FoundKey, Place, ReadPlace } from './store/port.ts';

/**
 * Resolves to a project that the asker's database shows, as it is at a moment after the question; to null when it shows none.
 * Rejects with `unavailable`.
 */
export type FindPlace = (asker: Pick<ActorContext, 'db'>, projectId: string) => Promise<ReadPlace | null>;

type Question = readonly [tenant: string | null, project: string | null, asked: string];

/**
 * Makes the function. A project is remembered while a lease is held: every change of its life, and of its tenant's, counts as
 * a change of authority, and ends what is remembered of the tenant.
 */
export function createFindPlace({ db, forTenant, leases }: KernelDependencies): FindPlace {
  const read = createRememberedRead<Question, ReadPlace>(leases, async ([tenant_id, project_id, asked]) => {
    const facts = await configs.findConfigProject(
      tenant_id === null ? db : forTenant({ tenant_id, project_id }),
      asked,
    );
    return facts === undefined ? null : { facts, marks: await replicaLeases.listMarksOf(db, facts.tenant_id) };
  });
  return (asker, asked) => {
    const { tenant_id, project_id } = scopeOf(asker.db) ?? { tenant_id: null, project_id: null };
    return read([tenant_id, project_id, asked]);
  };
}

/** Returns where the project's configurations are. Throws `not_found`, `tenant_archived`, `unavailable`. */
export async function readablePlace(ctx: ActorContext, projectId: string): Promise<ReadPlace> {
  const place = reachable(ctx, (await ctx.configPlace(ctx, projectId)) ?? undefined);
  if (place.tenant_status === 'archived') throw tenantErrors.tenantArchived();
  return place;
}

export interface FoundInProject extends FoundKey {
  readonly place: ReadPlace;
}

/** Returns where the project's configurations are, and the key as the store has it. Throws like `readablePlace`. */
export async function findInProject(ctx: ActorContext, projectId: string, key: string): Promise<FoundInProject> {
  const place = await readablePlace(ctx, projectId);
  return { ...(await ctx.configStore.find(ctx, place, key)), place };
}

/** Throws `tenant_frozen`, `tenant_archived`, `project_archived`. */
export function requireWritable({ tenant_status, project_status }: Omit<ReadPlace, keyof Place>): void {
  if (tenant_status === 'archived') throw tenantErrors.tenantArchived();
  if (tenant_status === 'frozen') throw tenantErrors.tenantFrozen();
  if (project_status === 'archived') throw projectErrors.projectArchived();
}
