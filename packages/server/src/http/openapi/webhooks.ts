/** The webhooks of the document: for each event what an endpoint receives, and in which headers. */
import { z } from 'zod';
import type { EventDefinition } from '../../kernel/events.ts';
import { event } from '../../modules/events/schema.ts';
import { eventDefinitions } from '../../modules.ts';
import type { Components } from './components.ts';
import { examplesOf } from './examples.ts';
import { type Json, member } from './json.ts';

/** The tag of the webhooks, which is that of the operations on endpoints. */
export const WEBHOOKS_TAG = 'Webhooks';

/** The headers of a delivery, by the names under which the document refers to them. */
export const webhookParameters: Json = {
  WebhookId: {
    name: 'webhook-id',
    in: 'header',
    required: true,
    description: 'The id of the event. Every attempt, every retry and every replay of it has this id.',
    schema: {
      type: 'string',
      format: 'uuid',
      minLength: 36,
      maxLength: 36,
      pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$',
    },
  },
  WebhookTimestamp: {
    name: 'webhook-timestamp',
    in: 'header',
    required: true,
    description: 'When this attempt was signed, in seconds since 1970. Refuse one that is more than five minutes away.',
    schema: { type: 'string', minLength: 1, maxLength: 20, pattern: '^[0-9]+$' },
  },
  WebhookSignature: {
    name: 'webhook-signature',
    in: 'header',
    required: true,
    description:
      'Signatures of `<webhook-id>.<webhook-timestamp>.<body>` with spaces between, of which one must be right: `v1,` is HMAC-SHA256 with the secret, `v1a,` is Ed25519 (Standard Webhooks).',
    schema: {
      type: 'string',
      minLength: 1,
      maxLength: 2000,
      pattern: '^v1a?,[A-Za-z0-9+/=]+( v1a?,[A-Za-z0-9+/=]+)*$',
    },
  },
};

interface Described {
  /** The webhooks, by type of event. */
  readonly webhooks: Json;
  /** The schemas of the events, by name; those of what they tell are kept in the components. */
  readonly schemas: Json;
}

/** Describes every event, in the order of the types. Throws when two schemas claim one name. */
export function describeWebhooks(components: Components): Described {
  const envelope = components.of(z.object(event.shape), 'output', 'Event');
  const webhooks: Record<string, Json> = {};
  const schemas: Record<string, Json> = {};
  for (const definition of eventDefinitions) {
    const data = components.refTo(named(definition), 'output', `${nameOf(definition)}Data`);
    const name = `${nameOf(definition)}Event`;
    if (components.schemas[name] !== undefined) throw new Error(`two schemas are named ${name}`);
    schemas[name] = schemaOf(definition, envelope, data);
    webhooks[definition.type] = { post: describe(definition, exampleOf(definition, schemas[name], components)) };
  }
  return { webhooks, schemas };
}

/** The payload, with a description when it has no name of its own under which it is described. */
function named({ type, payload }: EventDefinition): z.ZodObject {
  return payload.meta()?.id === undefined ? payload.meta({ description: `What \`${type}\` tells.` }) : payload;
}

/** `api_key.created` becomes `ApiKeyCreated`. */
function nameOf({ type }: EventDefinition): string {
  return type.replace(/(?:^|[_.])(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function schemaOf({ type, description }: EventDefinition, envelope: Json, data: Json): Json {
  const properties = member(envelope, 'properties');
  return {
    ...envelope,
    description,
    properties: {
      ...properties,
      type: { type: 'string', enum: [type], description: 'The type of the event.' },
      data,
    },
  };
}

function exampleOf(definition: EventDefinition, schema: Json, components: Components): Json {
  const { example } = examplesOf(schema, {}, components.resolve);
  const whole = member(example, 'value');
  const data = member(whole, 'data');
  const { tenant_id, project_id = null, product = null, target } = definition.subject(data);
  const subject = { type: target.type, id: target.id };
  return { ...whole, type: definition.type, tenant_id, project_id, product, subject };
}

function describe(definition: EventDefinition, value: Json): Json {
  const { type, description } = definition;
  const parameter = (name: string) => ({ $ref: `#/components/parameters/${name}` });
  return {
    operationId: `receive_${type.replace('.', '_')}`,
    tags: [WEBHOOKS_TAG],
    summary: type,
    description: `${description}\n\nSent to the endpoints that want \`${type}\`, at least once, always with the same \`webhook-id\`.`,
    security: [],
    parameters: Object.keys(webhookParameters).map(parameter),
    requestBody: {
      description: 'The event.',
      required: true,
      content: {
        'application/json': {
          schema: { $ref: `#/components/schemas/${nameOf(definition)}Event` },
          examples: { example: { value } },
        },
      },
    },
    responses: {
      204: { description: 'The event was taken. Any other status from 200 to 299 says the same.' },
      410: { description: 'The endpoint is gone: it is disabled, and nothing more is sent to it.' },
    },
  };
}
