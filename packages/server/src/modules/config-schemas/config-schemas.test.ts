import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { eventsAbout } from '../../../test/support/events.ts';
import { bind, giveRole, newServiceIdentity, newUser, own } from '../../../test/support/role-holders.ts';
import {
  auditOf,
  madeIn,
  newProject,
  type TestServer,
  tenantIn,
  testServer,
  trailOf,
  UNKNOWN,
  uniqueSlug,
} from '../../../test/support/server.ts';

const server = testServer();
const small = testServer({ quotaConfigSchemas: 2 });

const usersUpTo = (maximum: number) => ({ type: 'object', properties: { max_users: { type: 'integer', maximum } } });

/** A tenant with a schema and a project. */
async function newPlace(on: TestServer = server) {
  const { id: tenant_id } = await tenantIn(on, 'active');
  const project = (await newProject(on, tenant_id)).id;
  const schema = await madeIn(on, tenant_id, 'schemas', { name: 'Limits', content: usersUpTo(100) });
  return { tenant_id, project, schema };
}

const create = (tenant_id: string, fields: Record<string, unknown> = {}) =>
  server.call('POST /v1/schemas', { body: { tenant_id, name: uniqueSlug(), content: true, ...fields } });

const pin = (project: string, schema_id: string, fields: Record<string, unknown> = {}) =>
  server.call(`PUT /v1/projects/${project}/configs/limits`, {
    body: { content: { max_users: 50 }, expected_version: 0, schema_id, ...fields },
  });

// proves B6
test('a schema begins at version 1, with its Location, its ETag, its audit row and its event, which have no content', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const { status, headers, body } = await create(tenant_id, {
    name: 'Limits',
    description: 'Of a plan.',
    content: usersUpTo(77_701),
  });
  expect(status).toBe(201);
  expect(body).toMatchObject({
    tenant_id,
    name: 'Limits',
    description: 'Of a plan.',
    latest_version: 1,
    content: usersUpTo(77_701),
    created_by: { type: 'operator' },
  });
  expect(headers.get('location')).toBe(`/v1/schemas/${body.id}`);
  const read = await server.call(`GET /v1/schemas/${body.id}`);
  expect([read.body, read.headers.get('etag')]).toEqual([body, headers.get('etag')]);
  const [row, ...more] = await auditOf(server, body.id);
  expect(more).toEqual([]);
  expect(row).toMatchObject({
    action: 'config_schema.created',
    tenant_id,
    project_id: null,
    target_type: 'config_schema',
    target_name: 'Limits',
    metadata: { id: body.id, name: 'Limits', version: 1, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
  });
  expect(JSON.stringify(row)).not.toContain('77701');
  const events = await eventsAbout(server, body.id);
  expect(events.map(({ id, event_type }) => [id, event_type])).toEqual([[row?.id, 'config_schema.created']]);
  expect(JSON.stringify(events)).not.toContain('77701');
});

// proves B6
test('the user who creates a schema is named by it, and its deletion takes the reference and leaves the name', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const user = await newUser(server, tenant_id);
  await giveRole(server, tenant_id, { type: 'user', id: user.id }, 'admin');
  const scopes = ['registry:config_schemas:write'];
  const key = await madeIn(server, tenant_id, 'api-keys', { name: 'of a user', scopes });
  await own(server, key.id, { user_id: user.id });
  const made = await server.call('POST /v1/schemas', {
    token: key.key,
    body: { tenant_id, name: 'Limits', content: true },
  });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  const creator = async () =>
    await server.app.deps.db
      .selectFrom('config_schemas')
      .select(['created_by_user_id', 'created_by'])
      .where('id', '=', made.body.id)
      .executeTakeFirstOrThrow();
  expect((await creator()).created_by_user_id).toBe(user.id);
  expect((await server.call(`DELETE /v1/users/${user.id}?cascade=true`)).status).toBe(204);
  expect(await creator()).toEqual({ created_by_user_id: null, created_by: made.body.created_by });
  expect((await server.call(`GET /v1/schemas/${made.body.id}`)).body.created_by).toEqual(made.body.created_by);
});

test.each([
  ['/tenant_id', { tenant_id: 'x' }],
  ['/name', { name: '' }],
  ['/name', { name: 'x'.repeat(201) }],
  ['/name', { name: undefined }],
  ['/description', { description: '' }],
  ['/content', { content: undefined }],
  ['/content', { content: null }],
  ['/content', { content: 'text' }],
  ['/content', { content: [true] }],
  ['/content', { content: { description: 'x'.repeat(65_536) } }],
])('a wrong %s is named: %j', async (pointer, wrong) => {
  const { id } = await tenantIn(server, 'active');
  const { status, body } = await create(id, wrong);
  expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'invalid_input', pointer]);
  expect((await server.call(`GET /v1/schemas?tenant_id=${id}`)).body.items).toEqual([]);
});

test('content that is no JSON Schema is refused with its places, in a first version and in a further one', async () => {
  const { tenant_id, schema } = await newPlace();
  const content = { properties: { port: { type: 'number?' } } };
  for (const answer of [
    await create(tenant_id, { content }),
    await server.call(`POST /v1/schemas/${schema.id}/versions`, { body: { content } }),
  ]) {
    expect([answer.status, answer.body.code, answer.body.errors[0].pointer]).toEqual([
      400,
      'schema_invalid',
      '/content/properties/port/type',
    ]);
  }
  expect((await server.call(`GET /v1/schemas/${schema.id}`)).body.latest_version).toBe(1);
});

test('a name belongs to one schema of a tenant until that is deleted, also when four ask at once', async () => {
  const [mine, theirs] = [await tenantIn(server, 'active'), await tenantIn(server, 'active')];
  const answers = await Promise.all([1, 2, 3, 4].map(() => create(mine.id, { name: 'Limits' })));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
  expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({
    code: 'schema_name_taken',
    errors: [{ pointer: '/name' }],
  });
  expect((await create(theirs.id, { name: 'Limits' })).status).toBe(201);
  const other = await create(mine.id, { name: 'Other' });
  const renamed = await server.call(`PATCH /v1/schemas/${other.body.id}`, { body: { name: 'Limits' } });
  expect([renamed.status, renamed.body.code]).toEqual([409, 'schema_name_taken']);
  const first = answers.find(({ status }) => status === 201);
  expect((await server.call(`DELETE /v1/schemas/${first?.body.id}`)).status).toBe(204);
  expect((await create(mine.id, { name: 'Limits' })).status).toBe(201);
});

test('a tenant has as many schemas as its quota, deleted ones apart', async () => {
  const { id: tenant_id } = await tenantIn(small, 'active');
  const add = () => small.call('POST /v1/schemas', { body: { tenant_id, name: uniqueSlug(), content: true } });
  const [first] = [await add(), await add()];
  const { status, body } = await add();
  expect([status, body.code, body.quota, body.limit, body.used]).toEqual([
    409,
    'quota_exceeded',
    'config_schemas',
    2,
    2,
  ]);
  await small.call(`DELETE /v1/schemas/${first.body.id}`);
  expect((await add()).status).toBe(201);
});

test.each([
  ['GET', ''],
  ['PATCH', '', { name: 'x' }],
  ['DELETE', ''],
  ['GET', '/versions'],
  ['POST', '/versions', { content: true }],
  ['GET', '/versions/1'],
  ['POST', '/versions/1/adopt'],
  ['POST', '/check', { content: 1 }],
])('an unknown id and a deleted schema are not found: %s /v1/schemas/{id}%s', async (method, path, body?: object) => {
  const { schema } = await newPlace();
  await server.call(`DELETE /v1/schemas/${schema.id}`);
  for (const id of [UNKNOWN, schema.id]) {
    const answer = await server.call(`${method} /v1/schemas/${id}${path}`, body === undefined ? {} : { body });
    expect([answer.status, answer.body.code]).toEqual([404, 'not_found']);
  }
});

test('a version that there is not is not found', async () => {
  const { schema } = await newPlace();
  for (const call of ['GET /v1/schemas/{id}/versions/2', 'POST /v1/schemas/{id}/versions/2/adopt']) {
    expect((await server.call(call.replace('{id}', schema.id))).status, call).toBe(404);
  }
  const check = await server.call(`POST /v1/schemas/${schema.id}/check`, { body: { content: 1, version: 2 } });
  expect(check.status).toBe(404);
});

test('the list holds the schemas of one tenant, without content, and pages without a gap', async () => {
  const [mine, theirs] = [await tenantIn(server, 'active'), await tenantIn(server, 'active')];
  const ids: string[] = [];
  for (let index = 0; index < 3; index++) ids.unshift((await create(mine.id)).body.id);
  await create(theirs.id);
  const idsOf = ({ items }: { items: { id: string }[] }) => items.map(({ id }) => id);
  const all = await server.call(`GET /v1/schemas?tenant_id=${mine.id}`);
  expect(idsOf(all.body)).toEqual(ids);
  expect(all.body.items[0]).not.toHaveProperty('content');
  const first = await server.call(`GET /v1/schemas?tenant_id=${mine.id}&limit=2`);
  const next = await server.call(`GET /v1/schemas?tenant_id=${mine.id}&limit=2&cursor=${first.body.next_cursor}`);
  expect([idsOf(first.body), idsOf(next.body)]).toEqual([ids.slice(0, 2), ids.slice(2)]);
});

test('a change keeps what it does not name, clears what it sets to null, and tells of itself once', async () => {
  const { schema } = await newPlace();
  const path = `/v1/schemas/${schema.id}`;
  const described = await server.call(`PATCH ${path}`, { body: { description: 'New.' } });
  expect(described.body).toMatchObject({ name: 'Limits', description: 'New.', content: usersUpTo(100) });
  const cleared = await server.call(`PATCH ${path}`, { body: { name: 'Other', description: null } });
  expect(cleared.body).toMatchObject({ name: 'Other', description: null, latest_version: 1 });
  expect((await server.call(`PATCH ${path}`, { body: {} })).body).toEqual(cleared.body);
  expect((await auditOf(server, schema.id)).map(({ action }) => action)).toEqual([
    'config_schema.created',
    'config_schema.updated',
    'config_schema.updated',
  ]);
});

test('of changes that are made at once from one state exactly one goes through, versions too', async () => {
  const { schema } = await newPlace();
  const { headers } = await server.call(`GET /v1/schemas/${schema.id}`);
  const ifMatch = { 'if-match': headers.get('etag') ?? '' };
  const add = (maximum: number) =>
    server.call(`POST /v1/schemas/${schema.id}/versions`, { body: { content: usersUpTo(maximum) }, headers: ifMatch });
  const answers = await Promise.all([1, 2, 3].map(add));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 412, 412]);
  const late = await server.call(`DELETE /v1/schemas/${schema.id}`, { headers: ifMatch });
  expect([late.status, late.body.code]).toEqual([412, 'precondition_failed']);
});

describe('deletion', () => {
  // proves B28
  test('is refused while a value is checked against any version, and a deleted key does not count', async () => {
    const { tenant_id, project, schema } = await newPlace();
    const sibling = (await newProject(server, tenant_id)).id;
    for (const id of [project, sibling]) expect((await pin(id, schema.id)).status).toBe(200);
    await server.call(`POST /v1/schemas/${schema.id}/versions`, { body: { content: true } });
    const remove = () => server.call(`DELETE /v1/schemas/${schema.id}`);
    const refused = await remove();
    expect([refused.status, refused.body.code, refused.body.in_use]).toEqual([
      409,
      'schema_in_use',
      { configs: 2, projects: 2 },
    ]);
    await server.call(`DELETE /v1/projects/${sibling}/configs/limits?expected_version=1`);
    expect((await remove()).body.in_use).toEqual({ configs: 1, projects: 1 });
    const freed = { content: 1, expected_version: 1, schema_id: null };
    await server.call(`PUT /v1/projects/${project}/configs/limits`, { body: freed });
    expect((await remove()).status).toBe(204);
    expect((await auditOf(server, schema.id)).at(-1)).toMatchObject({ action: 'config_schema.deleted' });
  });

  // proves B28
  test('and a first value at the same time: one of them is refused, and no value is left with a deleted schema', async () => {
    const { tenant_id, project } = await newPlace();
    const outcomes = new Set<string>();
    for (let index = 0; index < 12; index++) {
      const schema = await madeIn(server, tenant_id, 'schemas', { name: uniqueSlug(), content: true });
      const put = () =>
        server.call(`PUT /v1/projects/${project}/configs/k${index}`, {
          body: { content: 1, expected_version: 0, schema_id: schema.id },
        });
      const remove = () => server.call(`DELETE /v1/schemas/${schema.id}`);
      const [one, other] = await Promise.all(index % 2 === 0 ? [put(), remove()] : [remove(), put()]);
      const [written, removed] = index % 2 === 0 ? [one, other] : [other, one];
      const codes = [written.body?.code ?? 'ok', removed.body?.code ?? 'ok'].join(' ');
      expect(['ok schema_in_use', 'config_schema_not_found ok']).toContain(codes);
      outcomes.add(codes);
    }
    expect(outcomes.size).toBeGreaterThan(0);
    const { rows } = await sql`
      select from configs c join config_schemas s on s.id = c.schema_id
      where s.tenant_id = ${tenant_id} and c.deleted_at is null and s.deleted_at is not null`.execute(
      server.app.deps.db,
    );
    expect(rows).toEqual([]);
  });

  // proves B28
  test('of a tenant takes its configurations, their history and its schemas', async () => {
    const { tenant_id, project, schema } = await newPlace();
    await pin(project, schema.id);
    await server.call(`POST /v1/tenants/${tenant_id}/cancel`);
    await server.call(`POST /v1/tenants/${tenant_id}/archive`);
    expect((await server.call(`DELETE /v1/tenants/${tenant_id}`)).status).toBe(204);
    for (const table of ['configs', 'config_revisions', 'config_schemas', 'config_schema_versions'] as const) {
      const rows = server.app.deps.db.selectFrom(table).select('tenant_id').where('tenant_id', '=', tenant_id);
      expect(await rows.execute(), table).toEqual([]);
    }
  });
});

describe('who may read', () => {
  const keyOf = (tenant_id: string, fields: Record<string, unknown>) =>
    madeIn(server, tenant_id, 'api-keys', { name: 'k', ...fields });

  test('a key that is bound to a project reads the schemas of its tenant, and no others', async () => {
    const { tenant_id, project, schema } = await newPlace();
    const foreign = await newPlace();
    const { key: token } = await keyOf(tenant_id, { project_id: project, scopes: ['registry:configs:read'] });
    const list = await server.call(`GET /v1/schemas?tenant_id=${tenant_id}`, { token });
    expect(list.body.items.map(({ id }: { id: string }) => id)).toEqual([schema.id]);
    expect((await server.call(`GET /v1/schemas/${schema.id}`, { token })).body).toEqual(schema);
    for (const call of [`GET /v1/schemas/${foreign.schema.id}`, `GET /v1/schemas?tenant_id=${foreign.tenant_id}`])
      expect((await server.call(call, { token })).status, call).toBe(404);
    const write = await server.call('POST /v1/schemas', { token, body: { tenant_id, name: 'x', content: true } });
    expect([write.status, write.body.permission]).toEqual([403, 'config_schemas:write']);
  });

  // proves B31
  test('a level in one project of the tenant suffices, when the request names that project', async () => {
    const { tenant_id, project, schema } = await newPlace();
    const sibling = (await newProject(server, tenant_id)).id;
    const id = await newServiceIdentity(server, tenant_id);
    const { key: token, id: keyId } = await keyOf(tenant_id, { scopes: ['registry:configs:read'] });
    await own(server, keyId, { service_identity_id: id });
    const ask = (query: string) => server.call(`GET /v1/schemas/${schema.id}${query}`, { token });
    expect((await ask(`?project_id=${project}`)).status).toBe(403);
    await bind(server, project, { type: 'service_identity', id }, 'viewer');
    expect((await ask(`?project_id=${project}`)).body).toEqual(schema);
    expect((await ask(`?project_id=${sibling}`)).status).toBe(403);
    expect((await ask('')).status).toBe(403);
    const checked = await server.call(`POST /v1/schemas/${schema.id}/check?project_id=${project}`, {
      token,
      body: { content: {} },
    });
    expect(checked.body).toEqual({ valid: true, errors: [] });
  });
});

test('a content is checked against any version, and nothing is written', async () => {
  const { tenant_id, schema } = await newPlace();
  await server.call(`POST /v1/schemas/${schema.id}/versions`, { body: { content: usersUpTo(10) } });
  const trail = (await trailOf(server, tenant_id)).length;
  const check = async (body: object) => (await server.call(`POST /v1/schemas/${schema.id}/check`, { body })).body;
  const content = { max_users: 50 };
  expect(await check({ content, version: 1 })).toEqual({ valid: true, errors: [] });
  expect(await check({ content })).toEqual({
    valid: false,
    errors: [{ pointer: '/content/max_users', message: 'must be at most 10' }],
  });
  expect(await trailOf(server, tenant_id)).toHaveLength(trail);
});
