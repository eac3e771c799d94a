/** The shapes of the audit log: what products write into it, and what everybody reads. */
import { z } from 'zod';
import { pageInput, pageOf } from '../../kernel/pagination.ts';
import { id, jsonObject, label, timestamp, timestampInput } from '../../kernel/schema.ts';
import { textStream } from '../../kernel/text-stream.ts';

export const EVENTS_MAX = 1000;
/** Of a bulk append: 1000 events of 4 KiB. */
export const BULK_BYTES_MAX = 4_194_304;

export const auditEvent = z
  .object({
    id,
    tenant_id: id.nullable().describe('Null for an event of the whole platform, and once the tenant is deleted.'),
    tenant_slug: z.string().nullable().describe('As it was then: it outlives the tenant.'),
    product: z.string().nullable(),
    project_id: id.nullable(),
    actor: z.object({ type: z.string(), id: z.string(), name: z.string().nullable() }).describe('Who did it.'),
    action: z.string().describe('What was done: `tenant.created`.'),
    target: z
      .object({ type: z.string(), id: z.string(), name: z.string().nullable() })
      .nullable()
      .describe('To what it was done.'),
    description: z.string().nullable(),
    metadata: z.record(z.string(), z.unknown()),
    source_ip: z.string().nullable().describe('The address that the actor came from.'),
    request_id: z.string().nullable(),
    is_failure: z.boolean().describe('It was tried and refused, or failed.'),
    occurred_at: timestamp.describe('When it happened, as whoever reports it says.'),
    created_at: timestamp.describe("When it was written, by the registry's clock: what lists are ordered by."),
  })
  .meta({ id: 'AuditEvent', description: 'Something that happened. It never changes.' });
export type AuditEvent = z.infer<typeof auditEvent>;

export const auditEventPage = pageOf(auditEvent).meta({ id: 'AuditEventPage' });

const party = z.strictObject({
  type: z.string().min(1).max(100).describe('`user`, `api_key`, `document`, …'),
  id: label,
  name: label.nullish(),
});

// The asterisk is kept for filters.
const ACTION = /^[!-)+-~]{1,200}$/;

const newEvent = {
  tenant_id: id
    .nullish()
    .describe('Absent for an event of the whole platform. A frozen or archived tenant is as good as any.'),
  product: z.string().min(1).max(100).nullish(),
  project_id: id.nullish(),
  actor: party.describe('Who did it, in the words of the product.'),
  action: z
    .string()
    .regex(ACTION, 'must be 1 to 200 visible ASCII characters without *')
    .describe('What was done: noun, dot, past tense, such as `report.exported`.'),
  target: party.nullish().describe('To what it was done.'),
  description: z.string().min(1).max(4000).nullish(),
  metadata: jsonObject.default({}).describe('At most 32 KiB of JSON.'),
  source_ip: z
    .union([z.ipv4(), z.ipv6()], 'must be an IPv4 or IPv6 address')
    .nullish()
    .describe('The address that the actor came from.'),
  request_id: label.nullish().describe("The product's own; absent: that of the request that appends."),
  is_failure: z.boolean().default(false),
  occurred_at: timestampInput.optional().describe('At most five minutes ahead of the registry; absent: now.'),
};

export const appendAuditEventInput = z.strictObject(newEvent);
export type AppendAuditEvent = z.output<typeof appendAuditEventInput>;

export const appendAuditEventsInput = z.strictObject({
  events: z.array(appendAuditEventInput).min(1).max(EVENTS_MAX),
});
export type AppendAuditEvents = z.output<typeof appendAuditEventsInput>;

export const appendedAuditEvents = z
  .object({ ids: z.array(id).describe('In the order of the events.') })
  .meta({ id: 'AppendedAuditEvents' });

export const auditEventId = z.strictObject({ id });

const filter = {
  tenant_id: id.optional(),
  product: z.string().min(1).max(100).optional(),
  actor_id: label.optional(),
  action: z
    .string()
    .max(200)
    .regex(/^[!-)+-~]+(\.\*)?$/, 'must be an action, or the beginning of one and .*')
    .optional()
    .describe('The whole action, or its beginning: `tenant.*` finds `tenant.created`.'),
  target_id: label.optional(),
  since: timestampInput.optional().describe('Written at this moment or later.'),
  until: timestampInput.optional().describe('Written before this moment.'),
};

interface Span {
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

const inOrder = ({ since, until }: Span) =>
  since === undefined || until === undefined || new Date(since) <= new Date(until);
const orderMistake = { path: ['since'], message: 'must not be after until' };

export const listAuditEventsInput = z.strictObject({ ...pageInput, ...filter }).refine(inOrder, orderMistake);
export type ListAuditEvents = z.output<typeof listAuditEventsInput>;

export const exportAuditEventsInput = z
  .strictObject({ ...filter, format: z.enum(['ndjson', 'csv']).default('ndjson') })
  .refine(inOrder, orderMistake);
export const auditExport = textStream;
export type ExportAuditEvents = z.output<typeof exportAuditEventsInput>;
