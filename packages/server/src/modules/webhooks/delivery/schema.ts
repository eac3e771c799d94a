/** What happens to deliveries and is worth an event. */
import { z } from 'zod';
import { defineEvent } from '../../../kernel/events.ts';
import { id, textUpTo, timestamp } from '../../../kernel/schema.ts';

export const deliveryEvents = {
  deliveriesFailed: defineEvent({
    type: 'webhook.deliveries_failed',
    description:
      'Deliveries to a webhook were given up: at most one event in ten minutes for each webhook, and not to itself.',
    payload: z.object({
      id,
      tenant_id: id.nullable(),
      url: textUpTo(2_000).describe('Where they were to be delivered.'),
      count: z.int32().min(1).describe('How many since the last such event.'),
      since: timestamp.describe('When the first of them was given up.'),
    }),
    subject: ({ id: target, tenant_id, url }) => ({
      tenant_id,
      target: { type: 'webhook', id: target, name: url.slice(0, 200) },
    }),
    failure: true,
  }),
} as const;
