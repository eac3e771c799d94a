import { defineError } from '../../kernel/errors.ts';

export const projectErrors = {
  projectsNotEnabled: defineError({
    code: 'projects_not_enabled',
    status: 'FORBIDDEN',
    detail: 'The tenant may have no projects: it is entitled to no product that supports them.',
  }),
  projectSlugTaken: defineError({
    code: 'project_slug_taken',
    status: 'CONFLICT',
    detail: 'That slug already belongs to a project of the tenant.',
    constraint: 'tenant_projects_tenant_id_slug_key',
    pointer: '/slug',
  }),
  projectSlugImmutable: defineError({
    code: 'project_slug_immutable',
    status: 'BAD_REQUEST',
    detail: 'The slug of a project never changes.',
    pointer: '/slug',
  }),
  projectArchived: defineError({
    code: 'project_archived',
    status: 'CONFLICT',
    detail: 'The project is archived, so nothing in it changes any more.',
  }),
} as const;
