/** The level of a caller in a project, as of a moment after it was asked for. */
import { roleBindings } from '@tenant-registry/db';
import type { KernelDependencies } from '../../kernel/context.ts';
import { createRememberedRead } from '../../kernel/leases/remembered-read.ts';
import type { ProjectLevel } from '../../kernel/permissions.ts';
import type { ProjectLevels } from '../../kernel/project-levels.ts';

interface LevelFacts {
  readonly tenant_id: string;
  readonly level: ProjectLevel | null;
}

/**
 * Makes the answers behind `ctx.projectLevels`. They are remembered while a lease is held: every change of a binding, of a
 * group or of what is in one counts as a change of authority, and ends what is remembered of its tenant.
 */
export function createProjectLevels({ database, leases }: KernelDependencies): ProjectLevels {
  const find = roleBindings.prepareFindLevel(database);
  const read = createRememberedRead<roleBindings.LevelQuestion, LevelFacts>(leases, async (question) => {
    const found = await find(question);
    if (found === undefined) return null;
    return { facts: { tenant_id: question.tenant_id, level: found.level }, marks: found.marks };
  });
  return {
    async levelIn({ tenant_id, user_id, service_identity_id }, project_id) {
      if (tenant_id === null || (user_id === null && service_identity_id === null)) return null;
      return (await read({ tenant_id, project_id, user_id, service_identity_id }))?.level ?? null;
    },
  };
}
