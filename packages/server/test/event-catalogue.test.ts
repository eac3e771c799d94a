// engine: none
/** The catalogue of events: whole, documented, and kept. */
import { expect, test } from 'vitest';
import { type Json, member } from '../src/http/openapi/json.ts';
import { openapiDocument } from '../src/http/openapi.ts';
import { event } from '../src/modules/events/schema.ts';
import { eventDefinitions, eventTypes } from '../src/modules.ts';
import { breakingChanges } from '../src/openapi-cli/breaking-changes.ts';
import { resolve } from '../src/openapi-cli/schema-changes.ts';

const document: Json = JSON.parse(JSON.stringify(openapiDocument()));
const webhooks = member(document, 'webhooks');

const contentOf = (type: string) =>
  member(member(member(member(member(webhooks, type), 'post'), 'requestBody'), 'content'), 'application/json');

test('types are unique, in order, and a noun, a dot and words of what happened', () => {
  expect(eventTypes.length).toBeGreaterThan(50);
  expect(new Set(eventTypes).size).toBe(eventTypes.length);
  expect(eventTypes).toEqual([...eventTypes].sort());
  for (const type of eventTypes) {
    expect(type).toMatch(/^[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*(\.v[2-9])?$/);
    expect(type.length, type).toBeLessThanOrEqual(100);
  }
  // Every one ends in what happened, or in the state that something came to; those without an audit row, in what they bring.
  for (const { type } of eventDefinitions.filter(({ audited = true }) => audited)) {
    expect(type).toMatch(/(ed|set|frozen|rolled_back|\.(ready|lost|asleep|awake|enrolling|checkpoint))(\.v[2-9])?$/);
  }
});

test('the document has a webhook for each type, and for nothing else', () => {
  expect(Object.keys(webhooks)).toEqual(eventTypes);
});

// proves A54
test.each(eventDefinitions.map((definition) => ({ definition, type: definition.type })))(
  '$type has a description, and an example that the registry itself could have sent',
  ({ definition, type }) => {
    expect(definition.description).toMatch(/^[A-Z].+\.$/);
    const content = contentOf(type);
    const value = member(member(member(content, 'examples'), 'example'), 'value');
    const sent = event.parse(value);
    expect(sent).toEqual(value);
    expect(sent.type).toBe(type);
    const data = definition.payload.parse(sent.data);
    expect(data).toEqual(sent.data);
    const { tenant_id, project_id = null, product = null, target } = definition.subject(data);
    expect([sent.tenant_id, sent.project_id, sent.product]).toEqual([tenant_id, project_id, product]);
    expect(sent.subject).toEqual({ type: target.type, id: target.id });
    const schema = resolve(member(content, 'schema'), document);
    expect(member(member(schema, 'properties'), 'type')).toMatchObject({ enum: [type] });
    expect(schema['required']).toEqual(expect.arrayContaining(Object.keys(event.shape)));
  },
);

/** A small document with one event, whose payload is a component. */
const small: Json = {
  webhooks: {
    'thing.created': {
      post: {
        parameters: [{ name: 'webhook-id', in: 'header', required: true, schema: { type: 'string' } }],
        requestBody: {
          content: { 'application/json': { schema: { $ref: '#/components/schemas/ThingCreatedEvent' } } },
        },
      },
    },
  },
  components: {
    schemas: {
      ThingCreatedEvent: {
        type: 'object',
        required: ['id', 'data'],
        properties: { id: { type: 'string' }, data: { $ref: '#/components/schemas/Thing' } },
      },
      Thing: {
        type: 'object',
        required: ['id', 'size'],
        properties: { id: { type: 'string' }, size: { type: 'integer' } },
      },
    },
  },
};

const THING = ['components', 'schemas', 'Thing'];
const POST = ['webhooks', 'thing.created', 'post'];

/** The small document with one part replaced, or removed when the value is undefined. */
function changed([first = '', ...rest]: readonly string[], value: unknown, from: Json = small): Json {
  const inner = rest.length === 0 ? value : changed(rest, value, member(from, first));
  return JSON.parse(JSON.stringify({ ...from, [first]: inner }));
}

test.each<[string, readonly string[], unknown, string]>([
  ['its type goes', ['webhooks', 'thing.created'], undefined, 'event thing.created is gone'],
  ['all events go', ['webhooks'], undefined, 'event thing.created is gone'],
  ['a field goes', [...THING, 'properties', 'size'], undefined, 'body.data.size is gone'],
  [
    'a field has another type',
    [...THING, 'properties', 'size'],
    { type: 'string' },
    'body.data.size may now be string',
  ],
  [
    'a field may be null',
    [...THING, 'properties', 'size', 'type'],
    ['integer', 'null'],
    'body.data.size may now be null',
  ],
  ['a field may be absent', [...THING, 'required'], ['id'], 'body.data.size may now be absent'],
  [
    'a field of the envelope goes',
    ['components', 'schemas', 'ThingCreatedEvent', 'properties', 'id'],
    undefined,
    'body.id is gone',
  ],
  ['a header goes', [...POST, 'parameters'], [], 'header parameter webhook-id is gone'],
  ['its media type changes', [...POST, 'requestBody', 'content'], { 'text/plain': {} }, 'application/json is gone'],
])('an event breaks its receivers when %s', (_, path, value, sentence) => {
  expect(breakingChanges(small, changed(path, value)).join('\n')).toContain(sentence);
});

test.each<[string, readonly string[], unknown]>([
  ['nothing changes', ['info'], {}],
  ['another event comes', ['webhooks', 'thing.deleted'], { post: {} }],
  ['an optional field comes', [...THING, 'properties', 'color'], { type: 'string' }],
  ['a field is never null any more', [...THING, 'properties', 'size', 'type'], ['integer']],
  ['a header comes', [...POST, 'parameters'], ['webhook-id', 'webhook-more'].map((name) => ({ name, in: 'header' }))],
])('an event breaks nobody when %s', (_, path, value) => {
  expect(breakingChanges(small, changed(path, value))).toEqual([]);
});
