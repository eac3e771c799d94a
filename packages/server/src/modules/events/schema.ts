/** The shape of an event, as webhooks, feeds and the history give it, and what a reader asks for. */
import { z } from 'zod';
import { FIRST_TENANT } from '../../kernel/first-tenant.ts';
import { pageInput, pageOf } from '../../kernel/pagination.ts';
import { id, timestamp } from '../../kernel/schema.ts';
import { logStream } from '../../kernel/streams/event-stream.ts';

export const event = z
  .object({
    id: id.describe(
      'The same wherever the event is told: in the audit log, as `webhook-id`, as id of a feed. Whoever is told twice knows it by this.',
    ),
    type: z
      .string()
      .max(100)
      .meta({ description: 'What happened: noun, dot, past tense.', examples: ['tenant.created'] }),
    timestamp: timestamp.describe('When it happened.'),
    tenant_id: id.nullable().describe('Null: it is about no tenant, or about all of them.'),
    project_id: id.nullable(),
    product: z
      .string()
      .max(100)
      .nullable()
      .meta({ examples: ['certifai'] }),
    subject: z
      .object({
        type: z
          .string()
          .max(100)
          .meta({ description: 'The kind of the thing.', examples: ['tenant'] }),
        id: z
          .string()
          .max(500)
          .meta({ description: 'Its id.', examples: ['0192f0c1-7f3a-7c52-9d1e-4b8a6f2e3c10'] }),
      })
      .describe('What changed. Events of one subject are told in the order in which they happened.'),
    data: z.record(z.string(), z.unknown()).describe('What the subject became; the type says in which form.'),
  })
  .meta({ id: 'Event', description: 'Something that happened, exactly as it was committed.' });
export type Event = z.infer<typeof event>;

const TYPES_MAX = 100;

const readInput = {
  types: z
    .string()
    .min(1)
    .max(100 * TYPES_MAX)
    .refine((text) => text.split(',').length <= TYPES_MAX, `must name at most ${TYPES_MAX} types`)
    .optional()
    .meta({
      description:
        'Only events of these types, separated by commas: exact ones, `tenant.*` for all of a noun, `*` for all but `audit.event`, which has to be named. Absent: `*`.',
      examples: ['tenant.created,api_key.*'],
    }),
};

const followInput = {
  ...readInput,
  after: z
    .string()
    .regex(/^(start|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$/, 'must be the id of an event, or start')
    .optional()
    .meta({
      minLength: 5,
      maxLength: 36,
      description:
        'The id of the last event that is known: every later one is told. `start`: all that the log has. Absent: what happens from now on. `Last-Event-ID` goes before it.',
      examples: ['start'],
    }),
};

const ofTenant = id
  .optional()
  .describe('Only those of this tenant. Callers of a tenant get those of their own anyway.');

export const streamEventsInput = z.strictObject({ tenant_id: ofTenant, ...followInput });
export type StreamEvents = z.output<typeof streamEventsInput>;

export const streamAllEventsInput = z.strictObject(followInput);
export type StreamAllEvents = z.output<typeof streamAllEventsInput>;

/** Over tRPC types are a list, and the client sends the id that it remembers as `lastEventId`. */
export const followEventsInput = z.strictObject({
  tenant_id: ofTenant,
  types: z.array(z.string().min(1).max(100)).min(1).max(TYPES_MAX).optional(),
  after: followInput.after,
  lastEventId: followInput.after,
});
export type FollowEvents = z.output<typeof followEventsInput>;

export const events = logStream;

export const listEventsInput = z.strictObject({ ...pageInput, tenant_id: ofTenant, ...readInput });
export type ListEvents = z.output<typeof listEventsInput>;

export const eventPage = pageOf(event).meta({ id: 'EventPage', description: 'A page of events.' });

/** The beginning of a stream, for the document. A test holds it against one. */
export const eventsExample = {
  'text/event-stream': `event: open\ndata: {"alive_ms":15000}\n\nevent: checkpoint\nid: 0192f0c4-1b2a-7d3e-8f4a-5b6c7d8e9fa0\ndata: {}\n\nid: 0192f0c4-2c3b-7e4f-9a5b-6c7d8e9fa0b1\ndata: {"id":"0192f0c4-2c3b-7e4f-9a5b-6c7d8e9fa0b1","type":"project.created","timestamp":"2026-01-15T09:30:00Z","tenant_id":"${FIRST_TENANT.id}","project_id":"0192f0c4-2c3a-7d3e-8f4a-5b6c7d8e9fa0","product":null,"subject":{"type":"project","id":"0192f0c4-2c3a-7d3e-8f4a-5b6c7d8e9fa0"},"data":{"id":"0192f0c4-2c3a-7d3e-8f4a-5b6c7d8e9fa0","name":"Website","slug":"website","status":"active","tenant_id":"${FIRST_TENANT.id}","created_at":"2026-01-15T09:30:00Z","updated_at":"2026-01-15T09:30:00Z","description":null,"owner_user_id":null}}\n\n`,
} as const;
