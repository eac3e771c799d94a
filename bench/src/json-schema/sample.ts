import type { Json } from '../../../packages/server/src/modules/config-schemas/validation/engine/json.ts';

const duration = { type: 'integer', minimum: 1, maximum: 600_000 };

/** A schema such as a product would have for a configuration, with 1.3 KB. */
export const schema: Json = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Gateway',
  type: 'object',
  properties: {
    name: { type: 'string', pattern: '^[a-z][a-z0-9-]*$', maxLength: 63 },
    upstreams: { type: 'array', minItems: 1, maxItems: 20, items: { $ref: '#/$defs/upstream' } },
    timeouts: {
      type: 'object',
      properties: { connect_ms: duration, read_ms: duration, idle_ms: duration },
      required: ['connect_ms'],
      additionalProperties: false,
    },
    log: { enum: ['debug', 'info', 'warn', 'error'] },
    features: { type: 'object', additionalProperties: { type: 'boolean' } },
    limit: { oneOf: [{ type: 'null' }, { type: 'object', properties: { per_second: { type: 'number' } } }] },
  },
  required: ['name', 'upstreams'],
  unevaluatedProperties: false,
  $defs: {
    upstream: {
      type: 'object',
      properties: {
        host: { type: 'string', minLength: 1, maxLength: 253 },
        port: { type: 'integer', minimum: 1, maximum: 65_535 },
        weight: { type: 'number', exclusiveMinimum: 0 },
        tls: { type: 'boolean' },
      },
      required: ['host', 'port'],
      additionalProperties: false,
    },
  },
};

/** A valid content of 0.4 KB. */
export function contentOf(index: number): Json {
  return {
    name: `gateway-${index}`,
    upstreams: [1, 2, 3].map((each) => ({
      host: `host-${each}.example.com`,
      port: 8_000 + each,
      weight: 1.5,
      tls: true,
    })),
    timeouts: { connect_ms: 500, read_ms: 30_000 },
    log: 'info',
    features: { search: true, beta: false, export: index % 2 === 0 },
    limit: { per_second: index },
  };
}
