/** The project that a request about configurations names, as its caller may know it. */
import { configs } from '@tenant-registry/db';
import type { ActorContext } from '../../kernel/context.ts';
import { kernelErrors } from '../../kernel/errors.ts';
import { reachable } from '../../kernel/reach.ts';
import { projectErrors } from '../projects/errors.ts';
import { tenantErrors } from '../tenants/errors.ts';
import type { FoundKey, Place, ReadPlace } from './store/port.ts';

/** Returns where the project's configurations are. Throws `not_found`, `tenant_archived`. */
export async function readablePlace(ctx: ActorContext, projectId: string): Promise<ReadPlace> {
  return readable(ctx, await configs.findConfigProject(ctx.db, projectId));
}

export interface FoundInProject extends FoundKey {
  readonly place: ReadPlace;
}

/**
 * Returns where the project's configurations are, and the key as the store has it: by one statement where the store is this
 * database. Throws `not_found`, `tenant_archived`.
 */
export async function findInProject(ctx: ActorContext, projectId: string, key: string): Promise<FoundInProject> {
  const { configStore } = ctx;
  if (configStore.findInProject !== undefined) {
    const found = await configStore.findInProject(ctx, projectId, key);
    if (found === undefined) throw kernelErrors.notFound();
    return { ...found, place: readable(ctx, found.place) };
  }
  const place = await readablePlace(ctx, projectId);
  return { ...(await configStore.find(ctx, place, key)), place };
}

/** Throws `tenant_frozen`, `tenant_archived`, `project_archived`. */
export function requireWritable({ tenant_status, project_status }: Omit<ReadPlace, keyof Place>): void {
  if (tenant_status === 'archived') throw tenantErrors.tenantArchived();
  if (tenant_status === 'frozen') throw tenantErrors.tenantFrozen();
  if (project_status === 'archived') throw projectErrors.projectArchived();
}

function readable(ctx: ActorContext, place: ReadPlace | undefined): ReadPlace {
  const found = reachable(ctx, place);
  if (found.tenant_status === 'archived') throw tenantErrors.tenantArchived();
  return found;
}
