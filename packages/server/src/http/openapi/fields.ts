/** Descriptions and examples of fields that many schemas have, for the schemas that do not say it themselves. */
import { FIRST_TENANT } from '../../kernel/first-tenant.ts';
import { isJson, type Json, mapMembers } from './json.ts';

const fields: Readonly<Record<string, Json>> = {
  id: {
    description: 'The id: a UUID that sorts by time of creation.',
    examples: ['0192f0c4-1b2a-7d3e-8f4a-5b6c7d8e9fa0'],
  },
  tenant_id: { description: 'The tenant that it belongs to.', examples: [FIRST_TENANT.id] },
  tenant_slug: { description: 'The slug of the tenant.', examples: [FIRST_TENANT.slug] },
  tenant_status: { description: 'Where the tenant stands in its life.' },
  project_id: { description: 'The project that it belongs to.', examples: ['0192f0c2-3d4e-7f5a-8b6c-7d8e9f0a1b2c'] },
  product: { description: 'The key of a product of the catalog.', examples: ['certifai'] },
  slug: { description: 'A short name for addresses: unique, and it never changes.', examples: [FIRST_TENANT.slug] },
  name: { description: 'The name, for people.', examples: [FIRST_TENANT.name] },
  created_at: { description: 'When it was created.', examples: ['2026-01-15T09:30:00.000Z'] },
  updated_at: { description: 'When it last changed.', examples: ['2026-01-15T09:30:00.000Z'] },
};

/** Fields whose example in a request would name a thing that a first start does not have. */
const WITHOUT_EXAMPLE_IN_REQUESTS = ['project_id'];

/** Returns the properties, those that carry no description or no example of their own with that of their name. */
export function withKnownFields(properties: Json, io: 'input' | 'output'): Json {
  return mapMembers(properties, (property, name) => {
    const known = fields[name];
    if (known === undefined || !isJson(property) || property['$ref'] !== undefined) return property;
    const { examples, ...words } = known;
    const unfit = io === 'input' && WITHOUT_EXAMPLE_IN_REQUESTS.includes(name);
    const needsExample =
      !unfit && examples !== undefined && property['examples'] === undefined && property['enum'] === undefined;
    return { ...words, ...property, ...(needsExample ? { examples } : {}) };
  });
}
