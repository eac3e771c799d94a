/** Resources on the wire: one expression per endpoint. */
import { z } from 'zod';
import { kernelErrors } from '../../kernel/errors.ts';
import { routes } from '../../kernel/routes.ts';
import { procedure, router } from '../../kernel/trpc.ts';
import { apiKeyErrors } from '../api-keys/errors.ts';
import { projectErrors } from '../projects/errors.ts';
import { tenancyErrors } from '../tenants/errors.ts';
import { resourceErrors } from './errors.ts';
import {
  createResourceInput,
  listResourcesInput,
  resource,
  resourceId,
  resourcePage,
  updateResourceInput,
} from './schema.ts';
import {
  createResource,
  deleteResource,
  getResource,
  listResources,
  projectOfResource,
  updateResource,
} from './service.ts';

const on = routes({ tag: 'Resources', tenancy: tenancyErrors });
const named = { project: 'project_id' };
const ofRow = { project: projectOfResource };

export const resourcesRouter = router({
  create: procedure('nodes:write', named)
    .meta({
      rest: on.create('/v1/resources', {
        operation: 'create_resource',
        summary: 'Create a resource',
        description: 'What runs machines of the project: its nodes belong to it.',
        errors: [
          kernelErrors.quotaExceeded,
          kernelErrors.boundToProject,
          apiKeyErrors.projectNotFound,
          projectErrors.projectArchived,
        ],
        inTenant: 'write',
      }),
    })
    .input(createResourceInput)
    .output(resource)
    .mutation(({ ctx, input }) => createResource(ctx, input)),

  list: procedure('nodes:read', named)
    .meta({
      rest: on.list('/v1/resources', {
        operation: 'list_resources',
        summary: 'List the resources of a tenant',
        description: 'Newest first, filtered by project and kind.',
        inTenant: 'read',
      }),
    })
    .input(listResourcesInput)
    .output(resourcePage)
    .query(({ ctx, input }) => listResources(ctx, input)),

  get: procedure('nodes:read', ofRow)
    .meta({
      rest: on.get('/v1/resources/{id}', {
        operation: 'get_resource',
        summary: 'Get a resource',
        description: 'By id.',
        inTenant: 'read',
      }),
    })
    .input(resourceId)
    .output(resource)
    .query(({ ctx, input }) => getResource(ctx, input.id)),

  update: procedure('nodes:write', ofRow)
    .meta({
      rest: on.update('/v1/resources/{id}', {
        operation: 'update_resource',
        summary: 'Change a resource',
        description: 'Absent fields stay as they are, null clears `external_ref`. Project and origin never change.',
        errors: [projectErrors.projectArchived],
        inTenant: 'write',
      }),
    })
    .input(updateResourceInput)
    .output(resource)
    .mutation(({ ctx, input }) => updateResource(ctx, input)),

  delete: procedure('nodes:write', ofRow)
    .meta({
      rest: on.remove('/v1/resources/{id}', {
        operation: 'delete_resource',
        summary: 'Delete a resource',
        description:
          'For good, also in an archived project. Refused while it has nodes, the deregistered ones too: delete those first.',
        errors: [resourceErrors.resourceInUse],
        inTenant: 'write',
      }),
    })
    .input(resourceId)
    .output(z.void())
    .mutation(({ ctx, input }) => deleteResource(ctx, input.id)),
});
