/** The shapes of role bindings: who has which level in a project. */
import { z } from 'zod';
import { defineEvent } from '../../kernel/events.ts';
import { pageInput, pageOf } from '../../kernel/pagination.ts';
import { projectLevels } from '../../kernel/permissions.ts';
import { id, timestamp } from '../../kernel/schema.ts';
import { dryRun, lossFields, principal, principalType, principalTypes } from '../access/schema.ts';

const level = z.enum(projectLevels).meta({
  description:
    'What one may do in the project: `viewer` reads, `editor` changes configurations too, `admin` changes everything in it.',
  examples: ['editor'],
});

export const roleBinding = z
  .object({
    id,
    tenant_id: id,
    project_id: id,
    principal: z.object({ type: principalType, id }).describe('Who has the level.'),
    level,
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'RoleBinding', description: 'The level that a user, a service identity or a group has in a project.' });
export type RoleBinding = z.infer<typeof roleBinding>;

export const setRoleBindingInput = z.strictObject({
  id: id.describe('The project.'),
  principal: principal.describe('The user, service identity or group that gets the level.'),
  level,
});
export type SetRoleBinding = z.output<typeof setRoleBindingInput>;

export const listRoleBindingsInput = z
  .strictObject({
    ...pageInput,
    id: id.describe('The project.'),
    // Without an example, which would be incomplete without one of principal_id.
    principal_type: z
      .enum(principalTypes)
      .optional()
      .describe('With `principal_id`: only the binding of this principal.'),
    principal_id: id.optional().describe('With `principal_type`: only the binding of this principal.'),
  })
  .refine(({ principal_type, principal_id }) => principal_type === undefined || principal_id !== undefined, {
    path: ['principal_id'],
    message: 'is required beside principal_type',
  })
  .refine(({ principal_type, principal_id }) => principal_id === undefined || principal_type !== undefined, {
    path: ['principal_type'],
    message: 'is required beside principal_id',
  });
export type ListRoleBindings = z.output<typeof listRoleBindingsInput>;

export const roleBindingPage = pageOf(roleBinding).meta({
  id: 'RoleBindingPage',
  description: 'A page of role bindings.',
});

export const removeRoleBindingInput = z.strictObject({
  id: id.describe('The project.'),
  principal_type: principalType,
  principal_id: id.meta({
    description: 'The principal that loses the level.',
    examples: ['0192f0c4-1b2a-7d3e-8f4a-5b6c7d8e9fa0'],
  }),
  dry_run: dryRun,
});
export type RemoveRoleBinding = z.output<typeof removeRoleBindingInput>;

export const removedRoleBinding = z
  .object({
    removed: z
      .boolean()
      .meta({ description: 'False when there was no such binding, and nothing changed.', examples: [true] }),
    ...lossFields,
  })
  .meta({ id: 'RemovedRoleBinding', description: 'What the end of a role binding took away, or would take away.' });
export type RemovedRoleBinding = z.infer<typeof removedRoleBinding>;

const subject = ({ id, tenant_id, project_id, principal, level }: RoleBinding) => ({
  tenant_id,
  project_id,
  target: { type: 'role_binding', id, name: `${level} for ${principal.type} ${principal.id}` },
});

export const roleBindingEvents = {
  set: defineEvent({
    type: 'role_binding.set',
    description: 'A user, a service identity or a group got a level in a project, or another one.',
    payload: roleBinding,
    subject,
    authority: true,
  }),
  removed: defineEvent({
    type: 'role_binding.removed',
    description: 'A user, a service identity or a group lost its level in a project.',
    payload: roleBinding,
    subject,
    authority: true,
  }),
} as const;
