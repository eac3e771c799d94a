/** The kinds that lie inside a project or a group: configurations, roles, sub-ranges, members. */
import { z } from 'zod';
import { projectLevels } from '../../../kernel/permissions.ts';
import { createConfigInput } from '../../../modules/configs/values/schema.ts';
import { setSubRangeInput } from '../../../modules/network/schema.ts';
import type { Row } from '../api.ts';
import type { Kind, Reference } from '../kind.ts';
import type { Scope } from '../scope.ts';
import type { Existing, Fields } from '../things.ts';
import { fieldsOf } from './shape.ts';

const PRINCIPAL = /^(user|service_identity|group):(.{1,254})$/s;

const principal = z
  .string()
  .regex(PRINCIPAL, 'must be user:E-MAIL, service_identity:NAME or group:SLUG')
  .transform((text) => (text.startsWith('user:') ? text.toLowerCase() : text));

function referenceOf(text: unknown): Reference {
  const [, noun = '', key = ''] = PRINCIPAL.exec(String(text)) ?? [];
  return { noun, key };
}

async function principalOf(scope: Scope, fields: Fields): Promise<{ type: string; id: string }> {
  const { noun, key } = referenceOf(fields.principal);
  return { type: noun, id: await scope.idOf(noun, key) };
}

async function principalText(scope: Scope, row: Row): Promise<string | null> {
  const { type, id } = row.principal as { type: string; id: string };
  const name = await scope.nameOf(type, id);
  return name === null ? null : `${type}:${name}`;
}

async function inEach(
  scope: Scope,
  noun: string,
  parents: readonly string[],
  read: (id: string, parent: string) => Promise<Existing[]>,
): Promise<Existing[]> {
  const found: Existing[] = [];
  for (const parent of parents) found.push(...(await read(await scope.idOf(noun, parent), parent)));
  return found;
}

export const roles: Kind = {
  noun: 'role',
  document: 'RoleBinding',
  member: 'roles',
  within: 'project',
  shape: z.strictObject({ principal, level: z.enum(projectLevels) }) as unknown as z.ZodType<Fields>,
  fieldNames: ['principal', 'level'],
  fixed: [],
  keyOf: (fields) => String(fields.principal),
  references: (fields) => [referenceOf(fields.principal)],
  read: (scope, parents) =>
    inEach(scope, 'project', parents, async (id, parent) => {
      const rows = await scope.api.list(`/v1/projects/${id}/role-bindings`, {});
      const found = await Promise.all(rows.map((row) => roleOf(scope, parent, row)));
      return found.flat();
    }),
  async create(scope, { key, parent, fields }) {
    const place = `/v1/projects/${await scope.idOf('project', String(parent))}/role-bindings`;
    const body = { principal: await principalOf(scope, fields), level: fields.level };
    const row = await scope.api.send('PUT', place, { body });
    return { key, parent, id: null, fields, row };
  },
  async update(scope, _, wanted) {
    await roles.create(scope, wanted);
  },
  removal: 'removed',
  async remove(scope, { parent, fields }) {
    const { type, id } = await principalOf(scope, fields);
    const query = { principal_type: type, principal_id: id };
    await scope.api.send('DELETE', `/v1/projects/${await scope.idOf('project', String(parent))}/role-bindings`, {
      query,
    });
  },
};

async function roleOf(scope: Scope, parent: string, row: Row): Promise<Existing[]> {
  const text = await principalText(scope, row);
  return text === null ? [] : [{ key: text, parent, id: null, fields: { principal: text, level: row.level }, row }];
}

export const members: Kind = {
  noun: 'member',
  document: 'GroupMember',
  member: 'members',
  within: 'group',
  form: 'text',
  textField: 'principal',
  shape: z.strictObject({ principal }) as unknown as z.ZodType<Fields>,
  fieldNames: ['principal'],
  fixed: [],
  keyOf: (fields) => String(fields.principal),
  references: (fields) => [referenceOf(fields.principal)],
  read: (scope, parents) =>
    inEach(scope, 'group', parents, async (id, parent) => {
      const rows = await scope.api.list(`/v1/groups/${id}/members`, {});
      const found = await Promise.all(rows.map((row) => memberOf(scope, parent, row)));
      return found.flat();
    }),
  async create(scope, { key, parent, fields }) {
    const place = `/v1/groups/${await scope.idOf('group', String(parent))}/members`;
    const row = await scope.api.send('POST', place, { body: { principal: await principalOf(scope, fields) } });
    return { key, parent, id: null, fields, row };
  },
  update: async () => {},
  removal: 'removed',
  async remove(scope, { parent, fields }) {
    const { type, id } = await principalOf(scope, fields);
    const query = { principal_type: type, principal_id: id };
    await scope.api.send('DELETE', `/v1/groups/${await scope.idOf('group', String(parent))}/members`, { query });
  },
};

/** A membership that a provider keeps is none of a file's. */
async function memberOf(scope: Scope, parent: string, row: Row): Promise<Existing[]> {
  const text = await principalText(scope, row);
  if (text === null) return [];
  return [{ key: text, parent, id: null, fields: { principal: text }, row, isKept: row.source !== 'manual' }];
}

export const configs: Kind = {
  noun: 'config',
  document: 'Config',
  member: 'configs',
  within: 'project',
  shape: z.strictObject({
    ...fieldsOf(createConfigInput, ['project_id', 'schema_id', 'schema_version', 'reason', 'ignore_readers']),
    schema: z.string().min(1).max(200).nullish(),
  }) as unknown as z.ZodType<Fields>,
  fieldNames: ['key', 'content', 'schema'],
  fixed: [],
  keyOf: (fields) => String(fields.key),
  references: ({ schema }) => (typeof schema === 'string' ? [{ noun: 'config_schema', key: schema }] : []),
  read: (scope, parents) =>
    inEach(scope, 'project', parents, async (id, parent) => {
      const rows = await scope.api.list(`/v1/projects/${id}/configs`, { content: true });
      return Promise.all(rows.map((row) => configOf(scope, parent, row)));
    }),
  async create(scope, { parent, fields }) {
    const id = await scope.idOf('project', String(parent));
    const body = { key: fields.key, ...(await valueIn(scope, fields)) };
    return configOf(scope, String(parent), await scope.api.send('POST', `/v1/projects/${id}/configs`, { body }));
  },
  async update(scope, { row }, { parent, fields }) {
    const id = await scope.idOf('project', String(parent));
    const body = { expected_version: row.version, ...(await valueIn(scope, fields)) };
    await scope.api.send('PUT', `/v1/projects/${id}/configs/${fields.key}`, { body });
  },
  removal: 'deleted',
  async remove(scope, { parent, key, row }) {
    const id = await scope.idOf('project', String(parent));
    const query = { expected_version: Number(row.version) };
    await scope.api.send('DELETE', `/v1/projects/${id}/configs/${key}`, { query });
  },
};

async function configOf(scope: Scope, parent: string, row: Row): Promise<Existing> {
  const schema = await scope.nameOf('config_schema', row.schema_id);
  return { key: String(row.key), parent, id: null, fields: { key: row.key, content: row.content, schema }, row };
}

async function valueIn(scope: Scope, { content, schema }: Fields): Promise<Row> {
  if (schema === undefined) return { content };
  return { content, schema_id: schema === null ? null : await scope.idOf('config_schema', String(schema)) };
}

export const subRanges: Kind = {
  noun: 'sub_range',
  document: 'SubRange',
  member: 'network',
  within: 'project',
  form: 'one',
  shape: z.strictObject({
    cidr: setSubRangeInput.shape.cidr.unwrap(),
    strict: setSubRangeInput.shape.strict,
  }) as unknown as z.ZodType<Fields>,
  fieldNames: ['cidr', 'strict'],
  fixed: [],
  keyOf: () => 'network',
  references: () => [],
  read: (scope, parents) =>
    inEach(scope, 'project', parents, async (id, parent) => {
      const found = await scope.api.get(`/v1/projects/${id}/sub-range`);
      if (found === null) return [];
      const { cidr, strict } = found.row;
      return [{ key: 'network', parent, id: null, fields: { cidr, strict }, row: { etag: found.etag } }];
    }),
  async create(scope, { key, parent, fields }) {
    const place = `/v1/projects/${await scope.idOf('project', String(parent))}/sub-range`;
    return { key, parent, id: null, fields, row: await scope.api.send('PUT', place, { body: fields }) };
  },
  async update(scope, { row }, { parent, fields }) {
    const place = `/v1/projects/${await scope.idOf('project', String(parent))}/sub-range`;
    await scope.api.send('PUT', place, { body: fields, ifMatch: row.etag as string | null });
  },
  removal: 'deleted',
  async remove(scope, { parent }) {
    await scope.api.send('DELETE', `/v1/projects/${await scope.idOf('project', String(parent))}/sub-range`);
  },
};
