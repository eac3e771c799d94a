/** The shapes of webhooks: what comes in, what goes out, what happened. No secret is in any that is stored. */
import { z } from 'zod';
import { defineEvent } from '../../kernel/events.ts';
import { pageInput, pageOf } from '../../kernel/pagination.ts';
import { id, textUpTo, timestamp, timestampInput } from '../../kernel/schema.ts';

const URL_MAX = 2_000;
const DESCRIPTION_MAX = 1_000;
const EVENT_TYPES_MAX = 100;
/** Of the document, and of no webhook. */
export const SECRET_EXAMPLE = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';
const EVENT_TYPE_MAX = 100;
/** Deliveries that one replay makes. */
export const REPLAYED_MAX = 10_000;
/** Attempts that are shown of a delivery. */
export const ATTEMPTS_SHOWN_MAX = 100;
const OVERLAP_SECONDS_MAX = 604_800;

const aboutUrl = {
  description:
    'Where events are delivered: https, a host with public addresses, no user, no fragment. Its name is resolved and checked at each delivery.',
  examples: ['https://hooks.acme.example/registry'],
};
const aboutTypes = {
  description:
    'Which events: a type (`tenant.updated`), all types with one beginning (`tenant.*`), or all but `audit.event` (`*`).',
  examples: [['tenant.*', 'api_key.revoked']],
};
const aboutDescription = { description: 'For people to read.', examples: ['Billing sync'] };

const ordering = z
  .enum(['aggregate', 'endpoint'])
  .describe(
    'What is delivered in order: the events of one subject, or all events. With `endpoint` one that cannot be delivered delays all.',
  );
const format = z
  .enum(['json', 'cloudevents'])
  .describe('The body: the event as JSON, or as a CloudEvent 1.0 in structured mode.');
const signature = z
  .enum(['hmac', 'ed25519'])
  .describe(
    'How deliveries are signed (Standard Webhooks): with a shared secret, or with a key whose public half is shown.',
  );
const status = z.enum(['active', 'disabled']).describe('`disabled`: nothing is delivered, and nothing waits.');

const publicKey = textUpTo(60)
  .nullable()
  .meta({
    description: '`whpk_` and the Ed25519 public key, base64; null with `hmac`.',
    examples: ['whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo='],
  });

const webhookFields = {
  id,
  tenant_id: id.nullable().describe('Null: it is a webhook of the platform, and gets the events of all tenants.'),
  url: textUpTo(URL_MAX).meta(aboutUrl),
  description: textUpTo(DESCRIPTION_MAX).nullable().meta(aboutDescription),
  event_types: z.array(textUpTo(EVENT_TYPE_MAX)).meta({ ...aboutTypes, maxItems: EVENT_TYPES_MAX }),
  ordering,
  format,
  signature,
  public_key: publicKey,
  status,
  disabled_reason: z
    .enum(['requested', 'gone', 'failing'])
    .nullable()
    .describe('Who disabled it: its owner, its answer 410, or five days of failing. Null: it is active.'),
  created_at: timestamp,
  updated_at: timestamp,
};

export const webhook = z
  .object(webhookFields)
  .meta({ id: 'Webhook', description: 'An endpoint to which events are delivered.' });
export type Webhook = z.infer<typeof webhook>;

export const issuedWebhook = z
  .object({
    ...webhookFields,
    secret: textUpTo(100)
      .optional()
      .meta({
        description: 'What signatures are checked with, this once: `whsec_` and base64. Absent with `ed25519`.',
        examples: [SECRET_EXAMPLE],
      }),
  })
  .meta({ id: 'IssuedWebhook', description: 'A webhook and its new secret.' });
export type IssuedWebhook = z.infer<typeof issuedWebhook>;

export const webhookPage = pageOf(webhook).meta({ id: 'WebhookPage', description: 'A page of webhooks.' });

export const webhookId = z.strictObject({ id });

const url = z.string().min(1).max(URL_MAX).meta(aboutUrl);
const description = z.string().min(1).max(DESCRIPTION_MAX);
const eventType = z.string().min(1).max(EVENT_TYPE_MAX);
const eventTypes = z.array(eventType).min(1).max(EVENT_TYPES_MAX);

const SECRET_BYTES_MIN = 24;
const SECRET_BYTES_MAX = 64;
const SECRET_MISTAKE = `must be whsec_ and the base64 of ${SECRET_BYTES_MIN} to ${SECRET_BYTES_MAX} bytes`;

/** Standard Webhooks: 24 to 64 bytes. */
const secret = z
  .string()
  .regex(/^whsec_[A-Za-z0-9+/]{32,86}={0,2}$/, { error: SECRET_MISTAKE, abort: true })
  .refine(
    (text) => {
      const bytes = bytesIn(text);
      return bytes >= SECRET_BYTES_MIN && bytes <= SECRET_BYTES_MAX;
    },
    { error: SECRET_MISTAKE, abort: true },
  )
  .refine(isCanonical, 'must be base64 as it is written for these bytes: its last character has bits left over')
  .meta({
    minLength: 38,
    maxLength: 94,
    description: 'A secret of your own: `whsec_` and the base64 of 24 to 64 bytes. Absent: one is made.',
    examples: [SECRET_EXAMPLE],
  });

/** One secret has one spelling, or receivers could not tell whether they have it. */
function isCanonical(text: string): boolean {
  const base64 = text.slice('whsec_'.length);
  try {
    return btoa(atob(base64)) === base64;
  } catch {
    return false;
  }
}

/** NaN when it is not padded as base64 is. */
function bytesIn(text: string): number {
  const { length } = text.slice('whsec_'.length);
  const padding = /=*$/.exec(text)?.[0].length ?? 0;
  return length % 4 === 0 ? (length / 4) * 3 - padding : Number.NaN;
}

export const createWebhookInput = z
  .strictObject({
    tenant_id: id.optional().describe('Absent: the tenant of the caller; for the platform, a webhook of the platform.'),
    url,
    event_types: eventTypes.meta(aboutTypes),
    description: description.optional().meta(aboutDescription),
    ordering: ordering.default('aggregate'),
    format: format.default('json'),
    signature: signature.default('hmac'),
    secret: secret.optional(),
  })
  .refine(({ signature: kind, secret: given }) => kind === 'hmac' || given === undefined, {
    path: ['secret'],
    message: 'is for hmac alone: an ed25519 key is made by the registry',
  });
export type CreateWebhook = z.output<typeof createWebhookInput>;

export const listWebhooksInput = z.strictObject({
  ...pageInput,
  tenant_id: id
    .optional()
    .describe('Absent: the tenant of the caller; for the platform, the webhooks of the platform.'),
  status: status.optional(),
});
export type ListWebhooks = z.output<typeof listWebhooksInput>;

export const updateWebhookInput = z.strictObject({
  id,
  url: url.optional(),
  description: description.nullish().meta(aboutDescription),
  event_types: eventTypes
    .nullish()
    .meta({ ...aboutTypes, description: `${aboutTypes.description} Null: as they are.` }),
  ordering: ordering.optional(),
  format: format.optional(),
  status: status
    .optional()
    .describe(
      '`disabled` cancels what waits. `active` delivers what happens from then on: a replay with `only_failed: false` brings what was missed.',
    ),
});
export type UpdateWebhook = z.output<typeof updateWebhookInput>;

export const rotateSecretInput = z.strictObject({
  id,
  overlap_seconds: z
    .int()
    .min(0)
    .max(OVERLAP_SECONDS_MAX)
    .default(86_400)
    .describe('For how long the secrets of before sign too. 0 ends them at once.'),
});
export type RotateSecret = z.output<typeof rotateSecretInput>;

export const webhookTest = z
  .object({
    delivered: z.boolean().describe('Whether the endpoint answered 2xx.'),
    status: z
      .int()
      .min(100)
      .max(599)
      .nullable()
      .meta({ description: 'Its answer; null: there was none.', examples: [200] }),
    duration_ms: z
      .int32()
      .min(0)
      .meta({ description: 'How long it took.', examples: [84] }),
    error: textUpTo(500)
      .nullable()
      .meta({ description: 'Why it was not delivered.', examples: [null] }),
  })
  .meta({ id: 'WebhookTest', description: 'The outcome of one attempt to deliver.' });
export type WebhookTest = z.infer<typeof webhookTest>;

export const deliveryStates = ['pending', 'succeeded', 'failed', 'canceled'] as const;
const deliveryState = z
  .enum(deliveryStates)
  .describe('`failed`: it was given up. `canceled`: the webhook was disabled while it waited.');

const deliveryFields = {
  id,
  webhook_id: id.describe('The webhook that it goes to.'),
  event_id: id.describe('The id of the event, and `webhook-id` of each attempt.'),
  event_type: textUpTo(EVENT_TYPE_MAX).meta({ description: 'The type of the event.', examples: ['tenant.updated'] }),
  state: deliveryState,
  attempts: z
    .int32()
    .min(0)
    .meta({ description: 'How often it was tried.', examples: [1] }),
  next_attempt_at: timestamp.nullable().describe('Not before this moment it is tried again; null: it waits no more.'),
  replay_of: id.nullable().describe('The delivery of the event that was there before, when this one is of a replay.'),
  created_at: timestamp,
};

export const delivery = z
  .object(deliveryFields)
  .meta({ id: 'WebhookDelivery', description: 'The delivery of one event to one webhook.' });
export type Delivery = z.infer<typeof delivery>;

const attempt = z
  .object({
    n: z
      .int32()
      .min(1)
      .meta({ description: 'The first is 1.', examples: [1] }),
    started_at: timestamp.describe('When it was sent.'),
    duration_ms: z
      .int32()
      .min(0)
      .meta({ description: 'How long it took.', examples: [84] }),
    status: z
      .int()
      .min(100)
      .max(599)
      .nullable()
      .meta({ description: 'The answer; null: there was none.', examples: [503] }),
    error: textUpTo(500)
      .nullable()
      .meta({ description: 'Why it failed.', examples: ['The host answers with status 503.'] }),
    excerpt: textUpTo(1_024)
      .nullable()
      .meta({ description: 'The beginning of the answer’s body.', examples: ['busy'] }),
  })
  .meta({ id: 'WebhookAttempt', description: 'One request to the endpoint.' });

export const deliveryWithAttempts = z
  .object({
    ...deliveryFields,
    attempts_made: z
      .array(attempt)
      .meta({ maxItems: ATTEMPTS_SHOWN_MAX, description: 'The newest 100 attempts, newest first.' }),
  })
  .meta({ id: 'WebhookDeliveryWithAttempts', description: 'A delivery and what was tried.' });
export type DeliveryWithAttempts = z.infer<typeof deliveryWithAttempts>;

export const deliveryPage = pageOf(delivery).meta({
  id: 'WebhookDeliveryPage',
  description: 'A page of deliveries.',
});

const inOrder = ({ since, until }: { readonly since?: string | undefined; readonly until?: string | undefined }) =>
  since === undefined || until === undefined || new Date(since) <= new Date(until);
const orderMistake = { path: ['since'], message: 'must not be after until' };

export const listDeliveriesInput = z
  .strictObject({
    ...pageInput,
    id,
    state: deliveryState.optional(),
    event_type: eventType.optional().meta({ description: 'Exactly this type.', examples: ['tenant.updated'] }),
    since: timestampInput.optional().describe('Made at this moment or later.'),
    until: timestampInput.optional().describe('Made before this moment.'),
  })
  .refine(inOrder, orderMistake);
export type ListDeliveries = z.output<typeof listDeliveriesInput>;

export const deliveryName = z.strictObject({
  id,
  delivery_id: id.meta({ description: 'The delivery.', examples: ['0192f0c9-7f3a-7c52-9d1e-4b8a6f2e3c10'] }),
});
export type DeliveryName = z.output<typeof deliveryName>;

export const replayInput = z
  .strictObject({
    id,
    since: timestampInput.describe('Events that happened at this moment or later.'),
    until: timestampInput.describe('Events that happened before this moment.'),
    event_types: eventTypes.optional().meta({
      ...aboutTypes,
      description: 'Of the events that the webhook wants, those of these types: exact, `tenant.*` or `*`. Absent: `*`.',
    }),
    only_failed: z
      .boolean()
      .default(true)
      .describe(
        'Only events whose deliveries failed or were canceled, and never succeeded. False: every event, delivered or not, also of the time when the webhook was disabled or did not exist.',
      ),
  })
  .refine(inOrder, orderMistake);
export type ReplayWebhook = z.output<typeof replayInput>;

export const replayed = z
  .object({
    deliveries: z
      .int32()
      .min(0)
      .max(REPLAYED_MAX)
      .meta({
        description:
          'How many deliveries were made. 10000: there may be more events, so replay again when these are done.',
        examples: [17],
      }),
  })
  .meta({ id: 'WebhookReplay', description: 'What a replay began.' });
export type Replayed = z.infer<typeof replayed>;

const subject = ({ id: target, tenant_id, url: name }: Webhook) => ({
  tenant_id,
  target: { type: 'webhook', id: target, name: name.slice(0, 200) },
});

export const webhookEvents = {
  created: defineEvent({ type: 'webhook.created', description: 'A webhook was created.', payload: webhook, subject }),
  updated: defineEvent({ type: 'webhook.updated', description: 'A webhook was changed.', payload: webhook, subject }),
  deleted: defineEvent({ type: 'webhook.deleted', description: 'A webhook was deleted.', payload: webhook, subject }),
  secretRotated: defineEvent({
    type: 'webhook.secret_rotated',
    description: 'A webhook got a new secret.',
    payload: webhook.extend({ overlap_seconds: rotateSecretInput.shape.overlap_seconds }),
    subject,
  }),
  enabled: defineEvent({ type: 'webhook.enabled', description: 'A webhook was enabled.', payload: webhook, subject }),
  disabled: defineEvent({
    type: 'webhook.disabled',
    description: 'A webhook was disabled, and what waited was canceled.',
    payload: webhook,
    subject,
  }),
  replayed: defineEvent({
    type: 'webhook.replayed',
    description: 'Events are delivered to a webhook once more: a part of the log, or one delivery.',
    payload: webhook.extend({
      deliveries: z.int32().min(0).describe('How many.'),
      since: timestamp.nullable().describe('The part of the log; null: it was one delivery.'),
      until: timestamp.nullable().describe('Where the part of the log ends; null: it was one delivery.'),
      delivery_id: id.nullable().describe('The one delivery; null: it was a part of the log.'),
    }),
    subject,
  }),
} as const;
