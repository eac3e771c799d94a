/** The shape of an event, as webhooks, feeds and the history give it. */
import { z } from 'zod';
import { id, timestamp } from '../../kernel/schema.ts';

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
          .meta({ examples: ['tenant'] }),
        id: z
          .string()
          .max(500)
          .meta({ examples: ['0192f0c1-7f3a-7c52-9d1e-4b8a6f2e3c10'] }),
      })
      .describe('What changed. Events of one subject are told in the order in which they happened.'),
    data: z.record(z.string(), z.unknown()).describe('What the subject became; the type says in which form.'),
  })
  .meta({ id: 'Event', description: 'Something that happened, exactly as it was committed.' });
export type Event = z.infer<typeof event>;
