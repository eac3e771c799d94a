/** The level of a caller in a project, read at each question. */
import type { KernelDependencies } from '../../kernel/context.ts';
import type { ProjectLevels } from '../../kernel/project-levels.ts';

/** Makes the answers behind `ctx.projectLevels`. */
export function createProjectLevels(_kernel: KernelDependencies): ProjectLevels {
  return { levelIn: async () => null };
}
