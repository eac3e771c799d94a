/** The shapes of projects: what comes in, what goes out, what happened. */
import { z } from 'zod';
import { defineEvent } from '../../kernel/events.ts';
import { pageInput, pageOf } from '../../kernel/pagination.ts';
import { id, name, slug, textUpTo, timestamp } from '../../kernel/schema.ts';

const projectStatus = z.enum(['active', 'archived']);

const aboutDescription = { description: 'Its purpose.', examples: ['The fourth press line in Hall B.'] };

export const project = z
  .object({
    id,
    tenant_id: id,
    slug: textUpTo(40).meta({
      description: 'Chosen at creation, unique in the tenant, never changes.',
      examples: ['press-line-4'],
    }),
    name: textUpTo(200).meta({ examples: ['Press line 4'] }),
    description: textUpTo(2000).nullable().meta(aboutDescription),
    status: projectStatus.describe('`archived` is final: it is read, and changes no more.'),
    owner_user_id: id
      .nullable()
      .describe(
        'The user who created it and became its admin, with whom it is deleted; null: no user of the tenant created it.',
      ),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'Project', description: 'A part of a tenant with keys and settings of its own.' });
export type Project = z.infer<typeof project>;

export const projectId = z.strictObject({ id });

const projectName = name.meta({ examples: ['Press line 4'] });
const description = z.string().min(1).max(2000).nullish().meta(aboutDescription);

export const createProjectInput = z.strictObject({
  tenant_id: id,
  slug: slug.meta({ description: 'Unique in the tenant; it never changes.', examples: ['press-line-4'] }),
  name: projectName,
  description,
});
export type CreateProject = z.output<typeof createProjectInput>;

export const listProjectsInput = z.strictObject({
  ...pageInput,
  tenant_id: id,
  status: projectStatus.optional().describe('Only those in this status.'),
});
export type ListProjects = z.output<typeof listProjectsInput>;

export const projectPage = pageOf(project).meta({ id: 'ProjectPage', description: 'A page of projects.' });

export const updateProjectInput = z.strictObject({
  id,
  name: projectName.optional(),
  description,
  // Known, so that sending it can be answered better than "unknown field".
  slug: z
    .unknown()
    .optional()
    .meta({ readOnly: true, description: 'Never changes: sending it gives 400 `project_slug_immutable`.' }),
});
export type UpdateProject = z.output<typeof updateProjectInput>;

const subject = ({ id, tenant_id, name }: Project) => ({
  tenant_id,
  project_id: id,
  target: { type: 'project', id, name },
});

export const projectEvents = {
  created: defineEvent({ type: 'project.created', description: 'A project was created.', payload: project, subject }),
  updated: defineEvent({
    type: 'project.updated',
    description: 'Name or description of a project changed.',
    payload: project,
    subject,
  }),
  archived: defineEvent({
    type: 'project.archived',
    description: 'A project was archived.',
    payload: project,
    subject,
    authority: true,
  }),
  deleted: defineEvent({
    type: 'project.deleted',
    description: 'A project was deleted together with the user who owned it.',
    payload: project,
    subject,
    authority: true,
  }),
} as const;
