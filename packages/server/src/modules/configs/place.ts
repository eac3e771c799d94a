/** The project that a request about configurations names, as its caller may know it. */
import { projects } from '@tenant-registry/db';
import type { ActorContext } from '../../kernel/context.ts';
import { reachableProject } from '../../kernel/reach.ts';
import { readableTenant } from '../tenants/service.ts';
import type { Place } from './store/port.ts';

/** Returns where the project's configurations are. Throws `not_found`, `tenant_archived`. */
export async function readablePlace(ctx: ActorContext, projectId: string): Promise<Place> {
  const { id, tenant_id } = reachableProject(ctx, await projects.findProject(ctx.db, projectId));
  await readableTenant(ctx, tenant_id);
  return { tenant_id, project_id: id };
}
