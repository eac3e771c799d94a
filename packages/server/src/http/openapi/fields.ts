/** What fields are that many schemas have, for those that do not say it themselves. */
import { isJson, type Json, mapMembers } from './json.ts';

const fields: Readonly<Record<string, Json>> = {
  id: {
    description: 'The id: a UUID that sorts by time of creation.',
    examples: ['0192f0c4-1b2a-7d3e-8f4a-5b6c7d8e9fa0'],
  },
  tenant_id: { description: 'The tenant that it belongs to.', examples: ['0192f0c1-7f3a-7c52-9d1e-4b8a6f2e3c10'] },
  tenant_slug: { description: 'The slug of the tenant.', examples: ['acme'] },
  tenant_status: { description: 'Where the tenant stands in its life.' },
  project_id: { description: 'The project that it belongs to.', examples: ['0192f0c2-3d4e-7f5a-8b6c-7d8e9f0a1b2c'] },
  product: { description: 'The key of a product of the catalog.', examples: ['certifai'] },
  slug: { description: 'A short name for addresses: unique, and it never changes.', examples: ['acme'] },
  name: { description: 'The name, for people.', examples: ['Acme Inc.'] },
  created_at: { description: 'When it was created.', examples: ['2026-01-15T09:30:00.000Z'] },
  updated_at: { description: 'When it last changed.', examples: ['2026-01-15T09:30:00.000Z'] },
};

/** Returns the properties, those that carry no description or no example of their own with that of their name. */
export function withKnownFields(properties: Json): Json {
  return mapMembers(properties, (property, name) => {
    const known = fields[name];
    if (known === undefined || !isJson(property) || property['$ref'] !== undefined) return property;
    const { examples, ...words } = known;
    const needsExample = examples !== undefined && property['examples'] === undefined && property['enum'] === undefined;
    return { ...words, ...property, ...(needsExample ? { examples } : {}) };
  });
}
