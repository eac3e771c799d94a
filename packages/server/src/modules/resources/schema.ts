/** The shapes of resources: what comes in, what goes out, what happened. */
import { z } from 'zod';
import { defineEvent } from '../../kernel/events.ts';
import { pageInput, pageOf } from '../../kernel/pagination.ts';
import { id, label, name, textUpTo, timestamp } from '../../kernel/schema.ts';

const origin = z
  .enum(['adopted', 'provisioned'])
  .describe('`adopted`: it was there before the registry knew it; `provisioned`: it was made for the project.');

const about = {
  kind: { description: 'What it is, in a word of yours.', examples: ['vm'] },
  name: { description: 'Its name, for people.', examples: ['Press line 4, edge'] },
  external_ref: { description: 'Its id in the system that runs it.', examples: ['i-0abc12de34f'] },
} as const;

export const resource = z
  .object({
    id,
    tenant_id: id,
    project_id: id,
    kind: textUpTo(200).meta(about.kind),
    name: textUpTo(200).meta(about.name),
    origin,
    external_ref: textUpTo(200).nullable().meta(about.external_ref),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'Resource', description: 'Something of a project that runs machines: a server, a cluster, a site.' });
export type Resource = z.infer<typeof resource>;

export const resourceId = z.strictObject({ id });

export const createResourceInput = z.strictObject({
  tenant_id: id,
  project_id: id,
  kind: label.meta(about.kind),
  name: name.meta(about.name),
  origin: origin.default('provisioned'),
  external_ref: label.nullish().meta(about.external_ref),
});
export type CreateResource = z.output<typeof createResourceInput>;

export const listResourcesInput = z.strictObject({
  ...pageInput,
  tenant_id: id,
  project_id: id.optional().describe('Only the resources of this project.'),
  kind: label.optional().meta({ description: 'Only those of this kind.', examples: ['vm'] }),
});
export type ListResources = z.output<typeof listResourcesInput>;
export const resourcePage = pageOf(resource).meta({ id: 'ResourcePage', description: 'A page of resources.' });

export const updateResourceInput = z.strictObject({
  id,
  kind: label.optional().meta(about.kind),
  name: name.optional().meta(about.name),
  external_ref: label.nullish().meta(about.external_ref),
});
export type UpdateResource = z.output<typeof updateResourceInput>;

const subject = ({ id, tenant_id, project_id, name }: Resource) => ({
  tenant_id,
  project_id,
  target: { type: 'resource', id, name },
});
const event = <const Type extends string>(type: Type, description: string) =>
  defineEvent({ type, description, payload: resource, subject });

export const resourceEvents = {
  created: event('resource.created', 'A resource was created.'),
  updated: event('resource.updated', 'Kind, name or reference of a resource changed.'),
  deleted: event('resource.deleted', 'A resource was deleted.'),
} as const;
