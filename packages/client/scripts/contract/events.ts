/** The schemas of events: each as one that extends what all events have, and what equal ones tell as one that extends the first. */
import { eventsIn, type OpenApiDocument } from './document.ts';
import { nameIn, type Schema, type Schemas } from './schema.ts';

const ENVELOPE = 'EventEnvelope';
const TOLD = ['type', 'data'];

/** Returns the schemas of events that take the place of those in the document, and that of what all events have. */
export function eventSchemas(document: OpenApiDocument): Schemas {
  const { schemas } = document.components;
  const { Event: event = {} } = schemas;
  const common = Object.entries(event.properties ?? {}).filter(([name]) => !TOLD.includes(name));
  const envelope: Schema = {
    description: 'What all events have.',
    properties: Object.fromEntries(common),
    required: common.map(([name]) => name),
  };
  const entries = [...eventsIn(document).values()].map((name) => {
    const { description = '', properties = {} } = schemas[name] ?? {};
    const own = Object.fromEntries(TOLD.map((field) => [field, properties[field] ?? {}]));
    return [name, { description, properties: own, required: TOLD, extends: ENVELOPE } as Schema] as const;
  });
  return { [ENVELOPE]: envelope, ...Object.fromEntries(entries), ...equalData(entries, schemas) };
}

/** Two types of events may tell equal things under different names, such as the dozen about databases. */
function equalData(events: readonly (readonly [string, Schema])[], schemas: Schemas): Schemas {
  const first = new Map<string, string>();
  const equal: Record<string, Schema> = {};
  for (const name of events.map(([, { properties }]) => nameIn(properties?.['data']?.$ref ?? ''))) {
    const text = textOf(schemas[name] ?? {}, schemas);
    const known = first.get(text) ?? name;
    first.set(text, known);
    const { description = '' } = schemas[name] ?? {};
    if (known !== name) equal[name] = { description, properties: {}, extends: known };
  }
  return equal;
}

/** Returns equal texts for schemas with equal fields, whatever they and those inside of them are called. */
function textOf({ description: _, ...schema }: Schema, schemas: Schemas): string {
  return JSON.stringify(schema, (key, value: unknown) => {
    if (key !== '$ref' || typeof value !== 'string') return value;
    return textOf(schemas[nameIn(value)] ?? {}, schemas);
  });
}
