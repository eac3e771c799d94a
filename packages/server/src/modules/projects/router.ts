/** Projects on the wire: one expression per endpoint. */
import { procedure, router } from '../../kernel/trpc.ts';
import { tenantErrors } from '../tenants/errors.ts';
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

const tag = 'Projects';

export const projectsRouter = router({
  create: procedure('projects:write')
    .meta({
      rest: {
        method: 'POST',
        path: '/v1/projects',
        status: 201,
        operation: 'create_project',
        tag,
        summary: 'Create a project',
        description: 'The tenant must at this moment be entitled to a product that supports projects.',
        errors: [
          projectErrors.projectsNotEnabled,
          projectErrors.projectSlugTaken,
          tenantErrors.tenantFrozen,
          tenantErrors.tenantArchived,
        ],
        etag: true,
        location: '/v1/projects/{id}',
      },
    })
    .input(createProjectInput)
    .output(project)
    .mutation(({ ctx, input }) => createProject(ctx, input)),

  list: procedure('projects:read')
    .meta({
      rest: {
        method: 'GET',
        path: '/v1/projects',
        operation: 'list_projects',
        tag,
        summary: 'List the projects of a tenant',
        description: 'Newest first, filtered by status.',
        errors: [tenantErrors.tenantArchived],
      },
    })
    .input(listProjectsInput)
    .output(projectPage)
    .query(({ ctx, input }) => listProjects(ctx, input)),

  get: procedure('projects:read')
    .meta({
      rest: {
        method: 'GET',
        path: '/v1/projects/{id}',
        operation: 'get_project',
        tag,
        summary: 'Get a project',
        description: 'By id.',
        errors: [tenantErrors.tenantArchived],
        etag: true,
      },
    })
    .input(projectId)
    .output(project)
    .query(({ ctx, input }) => getProject(ctx, input.id)),

  update: procedure('projects:write')
    .meta({
      rest: {
        method: 'PATCH',
        path: '/v1/projects/{id}',
        operation: 'update_project',
        tag,
        summary: 'Change a project',
        description: 'Absent fields stay as they are, null clears the description. The slug never changes.',
        errors: [
          projectErrors.projectSlugImmutable,
          projectErrors.projectArchived,
          tenantErrors.tenantFrozen,
          tenantErrors.tenantArchived,
        ],
        etag: true,
      },
    })
    .input(updateProjectInput)
    .output(project)
    .mutation(({ ctx, input }) => updateProject(ctx, input)),

  archive: procedure('projects:write')
    .meta({
      rest: {
        method: 'POST',
        path: '/v1/projects/{id}/archive',
        operation: 'archive_project',
        tag,
        summary: 'Archive a project',
        description: 'For good: it can be read, and changes no more. Archiving an archived project changes nothing.',
        errors: [tenantErrors.tenantFrozen, tenantErrors.tenantArchived],
        etag: true,
        example: { response: { status: 'archived' } },
      },
    })
    .input(projectId)
    .output(project)
    .mutation(({ ctx, input }) => archiveProject(ctx, input.id)),
});
