/** The shapes of the audit log: what products write into it, and what everybody reads. */
import { z } from 'zod';
import { FIRST_TENANT } from '../../kernel/first-tenant.ts';
import { pageInput, pageOf } from '../../kernel/pagination.ts';
import { ACTOR_MAX, id, jsonObject, label, textUpTo, timestamp, timestampInput } from '../../kernel/schema.ts';
import { textStream } from '../../kernel/streams/text-stream.ts';

/** Of a bulk append. */
export const EVENTS_MAX = 1000;
/** Of a bulk append: 1000 events of 4 KiB. */
export const BULK_BYTES_MAX = 4_194_304;

const aboutActor = {
  description: 'Who did it, in the words of the product.',
  examples: [{ type: 'user', id: 'u-2391', name: 'Jane Doe' }],
};
const aboutTarget = {
  description: 'To what it was done.',
  examples: [{ type: 'report', id: 'r-88', name: 'January 2026' }],
};
const aboutDescription = {
  description: 'What happened, for people.',
  examples: ['Jane Doe exported the report of January 2026.'],
};
const aboutMetadata = {
  description: 'What else is worth keeping, at most 32 KiB of JSON.',
  examples: [{ format: 'pdf', pages: 12 }],
};
const aboutSourceIp = { description: 'The address that the actor came from.', examples: ['203.0.113.7'] };
const aboutParty = {
  type: '`user`, `api_key`, `document`, …',
  id: 'The id in the system that it belongs to. A person who acts in the registry has the issuer, a bar and the subject of the token.',
  name: 'What people know it by.',
};

const cruds = ['c', 'r', 'u', 'd'] as const;
const aboutCrud = 'Whether something was created (`c`), read (`r`), updated (`u`) or deleted (`d`).';
const aboutExternalId = { description: "The event's id in another system.", examples: ['evt-20931'] };

const auditOrigins = ['registry', 'reported'] as const;

const shownParty = z
  .object({
    type: textUpTo(100).describe(aboutParty.type),
    id: textUpTo(ACTOR_MAX).describe(aboutParty.id),
    name: textUpTo(200).nullable().describe(aboutParty.name),
  })
  .meta({ id: 'AuditParty', description: 'Who or what an event is about, as it was then.' });

export const auditEvent = z
  .object({
    id,
    tenant_id: id.nullable().describe('Null for an event of the whole platform, and once the tenant is deleted.'),
    tenant_slug: textUpTo(40).nullable().describe('As it was then: it outlives the tenant.'),
    product: textUpTo(100).nullable(),
    project_id: id.nullable().describe('The project that it is about.'),
    actor: shownParty.meta(aboutActor),
    action: textUpTo(200).meta({ description: 'What was done: `tenant.created`.', examples: ['report.exported'] }),
    target: shownParty.nullable().meta(aboutTarget),
    description: textUpTo(4000).nullable().meta(aboutDescription),
    metadata: z.record(z.string(), z.unknown()).meta(aboutMetadata),
    source_ip: textUpTo(45).nullable().meta(aboutSourceIp),
    request_id: textUpTo(200)
      .nullable()
      .meta({
        description: 'The request that did it, as whoever reports it says.',
        examples: ['0192f0c1-8a44-7b1f-a3c2-5d7e9f1b2a34'],
      }),
    crud: z.enum(cruds).nullable().describe(aboutCrud),
    external_id: textUpTo(200).nullable().meta(aboutExternalId),
    extra: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe('What a client of Retraced sent besides: `fields`, `component`, `version`, the hash, …'),
    is_failure: z.boolean().describe('It was tried and refused, or failed.'),
    occurred_at: timestamp.describe('When it happened, as whoever reports it says.'),
    created_at: timestamp.describe("When it was written, by the registry's clock: what lists are ordered by."),
    origin: z.enum(auditOrigins).meta({
      description:
        'Who vouches for it: `registry` for what the registry did itself, `reported` for what a credential reported. The registry alone sets it.',
      examples: ['reported'],
    }),
    reported_by: textUpTo(ACTOR_MAX)
      .nullable()
      .meta({
        description:
          'The credential that reported it; null for an event of the registry, and for one from before the registry kept this.',
        examples: ['internal_token'],
      }),
  })
  .meta({ id: 'AuditEvent', description: 'Something that happened. It never changes.' });
export type AuditEvent = z.infer<typeof auditEvent>;

export const auditEventPage = pageOf(auditEvent).meta({ id: 'AuditEventPage', description: 'A page of audit events.' });

const partyId = z.string().min(1).max(ACTOR_MAX);
const party = z
  .strictObject({
    type: z.string().min(1).max(100).describe(aboutParty.type),
    id: partyId.describe(aboutParty.id),
    name: label.nullish().describe(aboutParty.name),
  })
  .meta({ id: 'AuditPartyInput', description: 'Who or what an event is about.' });

// The asterisk is kept for filters.
const ACTION = /^[!-)+-~]{1,200}$/;

const eitherAddress = z.union([z.ipv4(), z.ipv6()]);
/** The longest is an IPv6 address that ends in an IPv4 one. In the document it is one text: ogen refuses a union of two. */
export const address = z
  .string()
  .max(45)
  .refine((text) => eitherAddress.safeParse(text).success, 'must be an IPv4 or IPv6 address')
  .meta({ minLength: 2 });

const newEvent = {
  tenant_id: id
    .nullish()
    .describe('Absent for an event of the whole platform. A frozen or archived tenant is as good as any.'),
  product: z.string().min(1).max(100).nullish(),
  project_id: id.nullish().describe('The project that it is about.'),
  actor: party.meta(aboutActor),
  action: z
    .string()
    .regex(ACTION, 'must be 1 to 200 visible ASCII characters without *')
    .meta({
      minLength: 1,
      maxLength: 200,
      description:
        'What was done: noun, dot, past tense, such as `report.exported`. Nouns of the registry’s own events are refused.',
      examples: ['report.exported'],
    }),
  target: party.nullish().meta(aboutTarget),
  description: z.string().min(1).max(4000).nullish().meta(aboutDescription),
  metadata: jsonObject.default({}).meta(aboutMetadata),
  source_ip: address.nullish().meta(aboutSourceIp),
  request_id: label.nullish().describe("The product's own; absent: that of the request that appends."),
  crud: z.enum(cruds).nullish().describe(aboutCrud),
  external_id: label.nullish().meta(aboutExternalId),
  is_failure: z.boolean().default(false).describe('It was tried and refused, or failed.'),
  occurred_at: timestampInput.optional().meta({
    description: 'At most five minutes ahead of the registry; absent: now.',
    examples: ['2026-01-15T09:30:00.000Z'],
  }),
};

export const appendAuditEventInput = z
  .strictObject(newEvent)
  .meta({ id: 'AppendAuditEventInput', description: 'Something that happened in a product.' });
export type AppendAuditEvent = z.output<typeof appendAuditEventInput>;

export const appendAuditEventsInput = z.strictObject({
  events: z.array(appendAuditEventInput).min(1).max(EVENTS_MAX).describe('All of them are written, or none.'),
});
export type AppendAuditEvents = z.output<typeof appendAuditEventsInput>;

export const appendedAuditEvents = z
  .object({ ids: z.array(id).meta({ description: 'In the order of the events.', minItems: 1, maxItems: EVENTS_MAX }) })
  .meta({ id: 'AppendedAuditEvents', description: 'The ids of the events that were written.' });

export const auditEventId = z.strictObject({ id });

const filter = {
  tenant_id: id.optional().describe('Only those of this tenant.'),
  deleted_tenant_slug: z
    .string()
    .min(1)
    .max(40)
    .optional()
    .describe(
      'Only those of tenants that had this slug and are deleted. For callers of the platform; not with `tenant_id`.',
    ),
  q: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe(
      'Only those with this text, in any case, in the action, the names of actor and target, or the description. Within one tenant: `tenant_id` or `deleted_tenant_slug` is needed, unless the caller is of one. A page looks at 10,000 events: it may have fewer items than `limit`, even none, and there are more while `next_cursor` is given.',
    ),
  product: z.string().min(1).max(100).optional().describe('Only those of this product.'),
  actor_id: partyId
    .optional()
    .describe('Only what this actor did. `GET /v1/me` tells a person their own: the issuer, a bar and the subject.'),
  action: z
    .string()
    .max(200)
    .regex(/^[!-)+-~]+(\.\*)?$/, 'must be an action, or the beginning of one and .*')
    .optional()
    .describe('The whole action, or its beginning: `tenant.*` finds `tenant.created`.'),
  target_id: partyId.optional().describe('Only what was done to this target.'),
  origin: z
    .enum(auditOrigins)
    .optional()
    .describe('Only what the registry did itself (`registry`), or only what was reported to it (`reported`).'),
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

interface Whose {
  readonly tenant_id?: string | undefined;
  readonly deleted_tenant_slug?: string | undefined;
}

const ofOneKind = ({ tenant_id, deleted_tenant_slug }: Whose) =>
  tenant_id === undefined || deleted_tenant_slug === undefined;
const kindMistake = { path: ['deleted_tenant_slug'], message: 'must not go with tenant_id' };

export const listAuditEventsInput = z
  .strictObject({ ...pageInput, ...filter })
  .refine(inOrder, orderMistake)
  .refine(ofOneKind, kindMistake);
export type ListAuditEvents = z.output<typeof listAuditEventsInput>;

export const exportAuditEventsInput = z
  .strictObject({
    ...filter,
    format: z.enum(['ndjson', 'csv']).default('ndjson').describe('One JSON object a line, or CSV with a header.'),
  })
  .refine(inOrder, orderMistake)
  .refine(ofOneKind, kindMistake);
export const auditExport = textStream;

/** One row in each form, for the document. A test holds them against what an export writes. */
export const exportExamples = {
  'application/x-ndjson': `{"id":"0192f0c4-1b2a-7d3e-8f4a-5b6c7d8e9fa0","tenant_id":"${FIRST_TENANT.id}","tenant_slug":"acme","product":"certifai","project_id":null,"actor":{"type":"user","id":"u-2391","name":"Jane Doe"},"action":"report.exported","target":null,"description":null,"metadata":{"pages":12},"source_ip":"203.0.113.7","request_id":"r-1","crud":null,"external_id":null,"extra":null,"is_failure":false,"occurred_at":"2026-01-15T09:30:00Z","created_at":"2026-01-15T09:30:00.25Z","origin":"reported","reported_by":"internal_token"}\n`,
  'text/csv': `id,created_at,occurred_at,tenant_id,tenant_slug,product,project_id,actor_type,actor_id,actor_name,action,target_type,target_id,target_name,is_failure,description,source_ip,request_id,metadata,origin,reported_by,crud,external_id,extra\r\n0192f0c4-1b2a-7d3e-8f4a-5b6c7d8e9fa0,2026-01-15T09:30:00.25Z,2026-01-15T09:30:00Z,${FIRST_TENANT.id},acme,certifai,,user,u-2391,Jane Doe,report.exported,,,,false,,203.0.113.7,r-1,"{""pages"":12}",reported,internal_token,,,\r\n`,
} as const;
export type ExportAuditEvents = z.output<typeof exportAuditEventsInput>;
