/** The kinds that are named by what they are for: the range of a tenant, entitlements, and schemas of configurations. */
import { z } from 'zod';
import { etagOf } from '../../../kernel/etag.ts';
import { createConfigSchemaInput } from '../../../modules/config-schemas/schema.ts';
import { setEntitlementInput } from '../../../modules/entitlements/schema.ts';
import { setNetworkInput } from '../../../modules/network/schema.ts';
import type { Row } from '../api.ts';
import type { Kind } from '../kind.ts';
import type { Scope } from '../scope.ts';
import type { Existing, Fields } from '../things.ts';
import { fieldsOf } from './shape.ts';

const networkOf = (row: Row, etag: string | null): Existing => ({
  key: 'network',
  parent: null,
  id: null,
  fields: { cidr: row.cidr, space: row.space, rest_seconds: row.rest_seconds },
  row: { etag },
});

export const networks: Kind = {
  noun: 'network',
  document: 'Network',
  member: 'network',
  form: 'one',
  shape: z.strictObject(fieldsOf(setNetworkInput, ['id'])) as unknown as z.ZodType<Fields>,
  fieldNames: ['cidr', 'space', 'rest_seconds'],
  fixed: [],
  keyOf: () => 'network',
  references: () => [],
  async read({ api, tenantId }) {
    const found = await api.get(`/v1/tenants/${tenantId}/network`);
    return found === null ? [] : [networkOf(found.row, found.etag)];
  },
  async create({ api, tenantId }, { fields }) {
    return networkOf(await api.send('PUT', `/v1/tenants/${tenantId}/network`, { body: fields }), null);
  },
  async update({ api, tenantId }, { row }, { fields }) {
    await api.send('PUT', `/v1/tenants/${tenantId}/network`, { body: fields, ifMatch: row.etag as string | null });
  },
  removal: 'deleted',
  async remove({ api, tenantId }) {
    await api.send('DELETE', `/v1/tenants/${tenantId}/network`);
  },
};

const entitlementOf = (row: Row): Existing => {
  const { product, config, source, ends_at } = row;
  return { key: String(product), parent: null, id: null, fields: { product, config, source, ends_at }, row };
};

export const entitlements: Kind = {
  noun: 'entitlement',
  document: 'Entitlement',
  member: 'entitlements',
  shape: z.strictObject(fieldsOf(setEntitlementInput, ['tenant_id'])) as unknown as z.ZodType<Fields>,
  fieldNames: ['product', 'config', 'source', 'ends_at'],
  fixed: [],
  keyOf: (fields) => String(fields.product),
  references: (fields) => [{ noun: 'product', key: String(fields.product) }],
  async read({ api, tenantId }) {
    const found = await api.get('/v1/entitlements', { tenant_id: tenantId });
    return ((found?.row.items ?? []) as Row[]).map(entitlementOf);
  },
  async create({ api, tenantId }, { fields }) {
    return entitlementOf(await api.send('PUT', '/v1/entitlements', { body: { tenant_id: tenantId, ...fields } }));
  },
  // The operation replaces all of it: what the file does not say stays as it is.
  async update({ api, tenantId }, { fields, row }, wanted) {
    const body = { tenant_id: tenantId, ...fields, ...wanted.fields };
    await api.send('PUT', '/v1/entitlements', { body, ifMatch: etagOf(row) });
  },
  removal: 'revoked',
  async remove({ api, tenantId }, { key }) {
    await api.send('DELETE', '/v1/entitlements', { query: { tenant_id: tenantId, product: key } });
  },
};

export const configSchemas: Kind = {
  noun: 'config_schema',
  document: 'ConfigSchema',
  member: 'config_schemas',
  shape: z.strictObject(fieldsOf(createConfigSchemaInput, ['tenant_id'])) as unknown as z.ZodType<Fields>,
  fieldNames: ['name', 'description', 'content'],
  fixed: [],
  keyOf: (fields) => String(fields.name),
  references: () => [],
  async read(scope) {
    const rows = await scope.api.list('/v1/schemas', { tenant_id: scope.tenantId });
    const found = [];
    // One at a time: each is a request.
    for (const { id } of rows) found.push(await schemaOf(scope, String(id)));
    return found;
  },
  async create(scope, { fields }) {
    const row = await scope.api.send('POST', '/v1/schemas', { body: { tenant_id: scope.tenantId, ...fields } });
    return schemaOf(scope, String(row.id));
  },
  async update(scope, { id, row }, { fields }, changed) {
    const ifMatch = row.etag as string | null;
    // A new version is tried on every configuration first, and may be refused: so it comes first.
    if (changed.includes('content'))
      await scope.api.send('POST', `/v1/schemas/${id}/versions`, { body: { content: fields.content }, ifMatch });
    if (!changed.includes('description')) return;
    await scope.api.send('PATCH', `/v1/schemas/${id}`, { body: { description: fields.description } });
  },
  removal: 'deleted',
  async remove(scope, { id }) {
    await scope.api.send('DELETE', `/v1/schemas/${id}`);
  },
};

async function schemaOf(scope: Scope, id: string): Promise<Existing> {
  const found = await scope.api.get(`/v1/schemas/${id}`);
  const { name, description, content } = found?.row ?? {};
  return {
    key: String(name),
    parent: null,
    id,
    fields: { name, description, content },
    row: { etag: found?.etag ?? null },
  };
}
