/** Role bindings on the wire: one expression per endpoint. */
import { routes } from '../../kernel/routes.ts';
import { procedure, router } from '../../kernel/trpc.ts';
import { projectErrors } from '../projects/errors.ts';
import { tenancyErrors } from '../tenants/errors.ts';
import { roleBindingErrors } from './errors.ts';
import {
  listRoleBindingsInput,
  removedRoleBinding,
  removeRoleBindingInput,
  roleBinding,
  roleBindingPage,
  setRoleBindingInput,
} from './schema.ts';
import { listRoleBindings, removeRoleBinding, setRoleBinding } from './service.ts';

const on = routes({ tag: 'Role bindings', tenancy: tenancyErrors });

export const roleBindingsRouter = router({
  set: procedure('role_bindings:write', { project: 'id' })
    .meta({
      rest: on.replace('/v1/projects/{id}/role-bindings', {
        operation: 'set_role_binding',
        summary: 'Give a level in a project',
        description:
          'To a user, a service identity or a group, in place of the level that it has. The caller must hold all permissions of the level in the project. The level that it has already changes nothing.',
        errors: [roleBindingErrors.principalNotFound, projectErrors.projectArchived],
        inTenant: 'write',
      }),
    })
    .input(setRoleBindingInput)
    .output(roleBinding)
    .mutation(({ ctx, input }) => setRoleBinding(ctx, input)),

  list: procedure('role_bindings:read', { project: 'id' })
    .meta({
      rest: on.list('/v1/projects/{id}/role-bindings', {
        operation: 'list_role_bindings',
        summary: 'List the role bindings of a project',
        description: 'Newest first. Roles in the tenant reach every project, and are no bindings.',
        inTenant: 'read',
      }),
    })
    .input(listRoleBindingsInput)
    .output(roleBindingPage)
    .query(({ ctx, input }) => listRoleBindings(ctx, input)),

  remove: procedure('role_bindings:write', { project: 'id' })
    .meta({
      rest: {
        ...on.remove('/v1/projects/{id}/role-bindings', {
          operation: 'remove_role_binding',
          summary: 'Take a level in a project away',
          description:
            'The answer tells who loses which level by it; with `dry_run` nothing changes. From the answer on, no request is allowed by the binding. Removing a binding that is not there changes nothing.',
          errors: [projectErrors.projectArchived],
          inTenant: 'write',
        }),
        status: 200,
      },
    })
    .input(removeRoleBindingInput)
    .output(removedRoleBinding)
    .mutation(({ ctx, input }) => removeRoleBinding(ctx, input)),
});
