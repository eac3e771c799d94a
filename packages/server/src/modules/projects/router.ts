/** Projects on the wire: one expression per endpoint. */
import { kernelErrors } from '../../kernel/errors.ts';
import { routes } from '../../kernel/routes.ts';
import { procedure, router } from '../../kernel/trpc.ts';
import { tenancyErrors } from '../tenants/errors.ts';
import { projectErrors } from './errors.ts';
import {
  createProjectInput,
  listProjectsInput,
  project,
  projectId,
  projectPage,
  updateProjectInput,
} from './schema.ts';
import { archiveProject, createProject, getProject, listProjects, updateProject } from './service.ts';

const on = routes({ tag: 'Projects', tenancy: tenancyErrors });

export const projectsRouter = router({
  create: procedure('projects:write')
    .meta({
      rest: on.create('/v1/projects', {
        operation: 'create_project',
        summary: 'Create a project',
        description: 'The tenant must at this moment be entitled to a product that supports projects.',
        errors: [
          kernelErrors.quotaExceeded,
          kernelErrors.boundToProject,
          projectErrors.projectsNotEnabled,
          projectErrors.projectSlugTaken,
        ],
        inTenant: 'write',
      }),
    })
    .input(createProjectInput)
    .output(project)
    .mutation(({ ctx, input }) => createProject(ctx, input)),

  list: procedure('projects:read')
    .meta({
      rest: on.list('/v1/projects', {
        operation: 'list_projects',
        summary: 'List the projects of a tenant',
        description: 'Newest first, filtered by status.',
        inTenant: 'read',
      }),
    })
    .input(listProjectsInput)
    .output(projectPage)
    .query(({ ctx, input }) => listProjects(ctx, input)),

  get: procedure('projects:read', { project: 'id' })
    .meta({
      rest: on.get('/v1/projects/{id}', {
        operation: 'get_project',
        summary: 'Get a project',
        description: 'By id.',
        inTenant: 'read',
      }),
    })
    .input(projectId)
    .output(project)
    .query(({ ctx, input }) => getProject(ctx, input.id)),

  update: procedure('projects:write', { project: 'id' })
    .meta({
      rest: on.update('/v1/projects/{id}', {
        operation: 'update_project',
        summary: 'Change a project',
        description: 'Absent fields stay as they are, null clears the description. The slug never changes.',
        errors: [projectErrors.projectSlugImmutable, projectErrors.projectArchived],
        inTenant: 'write',
      }),
    })
    .input(updateProjectInput)
    .output(project)
    .mutation(({ ctx, input }) => updateProject(ctx, input)),

  archive: procedure('projects:write', { project: 'id' })
    .meta({
      rest: on.step('/v1/projects/{id}/archive', {
        operation: 'archive_project',
        summary: 'Archive a project',
        description: 'For good: it can be read, and changes no more. Archiving an archived project changes nothing.',
        inTenant: 'write',
        example: { response: { status: 'archived' } },
      }),
    })
    .input(projectId)
    .output(project)
    .mutation(({ ctx, input }) => archiveProject(ctx, input.id)),
});
