import { expect, test } from 'vitest';
import { refusal } from '../../../test/support/api-keys.ts';
import { eventsAbout } from '../../../test/support/events.ts';
import { auditOf, DAY_MS, newTenant, runWorker, tenantIn, testServer, UNKNOWN } from '../../../test/support/server.ts';

const server = testServer();

async function newKey(fields: Record<string, unknown> = {}) {
  const tenant_id = fields['tenant_id'] ?? (await tenantIn(server, 'active')).id;
  const { status, body } = await server.call('POST /v1/api-keys', { body: { tenant_id, name: 'ci', ...fields } });
  expect(status).toBe(201);
  return body;
}

async function verify(key: string, question: Record<string, unknown> = {}) {
  const { status, body } = await server.call('POST /v1/internal/api-keys/verify', {
    body: { key, ...question },
    token: server.internalToken,
  });
  expect(status).toBe(200);
  return body;
}

async function newProject(tenantId: string) {
  const project = { tenant_id: tenantId, slug: 'web', name: 'Web' };
  const { id } = await server.app.deps.db
    .insertInto('tenant_projects')
    .values(project)
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

// proves A46, A58, A61
test('a key is shown once, in the documented format, and never again', async () => {
  const key = await newKey({ scopes: ['reports:read', 'reports:read'] });
  expect(key.key).toMatch(/^bp_[A-Za-z0-9_-]{22}$/);
  expect(key.prefix).toBe(key.key.slice(0, 11));
  expect(key.scopes).toEqual(['reports:read']);
  const { body } = await server.call(`GET /v1/api-keys?tenant_id=${key.tenant_id}`);
  const { key: _, ...shown } = key;
  expect(body.items).toEqual([shown]);
});

// proves A29, A59, C35
test('the database holds a tagged argon2id hash, and neither it nor the key is in an audit row, an event or a log line', async () => {
  const key = await newKey();
  const row = await server.app.deps.db
    .selectFrom('api_keys')
    .selectAll()
    .where('id', '=', key.id)
    .executeTakeFirstOrThrow();
  expect(row.hash).toMatch(/^argon2id\|[\w-]{22}\|[\w-]{43}$/);
  expect(row.hash_algo).toBe('argon2id');
  await verify(key.key);
  const audit = await auditOf(server, key.id);
  const outbox = await eventsAbout(server, key.id);
  expect(audit.map(({ action }) => action)).toEqual(['api_key.created']);
  const everything = JSON.stringify([audit, outbox, server.logs]);
  for (const secret of [key.key, row.hash, server.operatorToken, server.internalToken])
    expect(everything).not.toContain(secret);
});

// proves A49
test('a good key verifies with all that a product needs to know', async () => {
  const tenant = await tenantIn(server, 'active');
  const key = await newKey({ tenant_id: tenant.id, scopes: ['a:read', 'a:write'] });
  const expected = {
    valid: true,
    code: 'valid',
    key_id: key.id,
    tenant_id: tenant.id,
    tenant_slug: tenant.slug,
    tenant_status: 'active',
    project_id: null,
    scopes: ['a:read', 'a:write'],
    expires_at: null,
  };
  expect(await verify(key.key)).toEqual(expected);
  expect(await verify(key.key, { scopes: ['a:read'] })).toEqual(expected);
});

// proves A60
test('what is malformed, unknown or wrong is not_found, whatever it is', async () => {
  const { key } = await newKey();
  const flipped = key.endsWith('A') ? `${key.slice(0, -1)}Q` : `${key.slice(0, -1)}A`;
  const wrongs = [
    '',
    'x',
    'bp_',
    `${key}x`,
    key.slice(0, -1),
    key.toUpperCase(),
    `sk_${key.slice(3)}`,
    'bp_AAAAAAAAAAAAAAAAAAAAAA',
    flipped,
  ];
  for (const wrong of wrongs) expect(await verify(wrong), wrong).toEqual(refusal('not_found'));
});

test('a wrong key with a known prefix learns nothing of the revocation', async () => {
  const key = await newKey();
  await server.call(`DELETE /v1/api-keys/${key.id}`);
  const other = `${key.key.slice(0, 11)}AAAAAAAAAAAAAA`;
  expect(await verify(other)).toEqual(refusal('not_found'));
  expect(await verify(key.key)).toEqual(refusal('revoked'));
});

test('scopes, product, expiry and the state of the tenant each refuse with their own code', async () => {
  const tenant = await tenantIn(server, 'active');
  const expires_at = new Date(server.clock.now().getTime() + DAY_MS).toISOString();
  const { key } = await newKey({ tenant_id: tenant.id, scopes: ['a:read'], expires_at });
  expect(await verify(key, { scopes: ['a:read', 'a:write'] })).toEqual(refusal('insufficient_scope'));
  expect(await verify(key, { product: 'certifai' })).toEqual(refusal('not_entitled'));
  const product = { tenant_id: tenant.id, product: 'certifai' };
  await server.app.deps.db.insertInto('tenant_products').values(product).execute();
  expect(await verify(key, { product: 'certifai' })).toMatchObject({ valid: true });
  await server.call(`POST /v1/tenants/${tenant.id}/cancel`);
  expect(await verify(key)).toEqual(refusal('tenant_frozen'));
  expect(await verify(key, { access: 'read' })).toMatchObject({ valid: true, tenant_status: 'frozen' });
  await server.call(`POST /v1/tenants/${tenant.id}/archive`);
  expect(await verify(key, { access: 'read' })).toEqual(refusal('tenant_archived'));
  server.clock.advance(DAY_MS);
  expect(await verify(key, { access: 'read' })).toEqual(refusal('expired'));
});

// proves A48
test('a revoked key is refused by the next verification, and revoking again changes nothing', async () => {
  const key = await newKey();
  expect(await verify(key.key)).toMatchObject({ valid: true });
  const first = await server.call(`DELETE /v1/api-keys/${key.id}`);
  expect([first.status, first.body]).toEqual([204, null]);
  expect(await verify(key.key)).toEqual(refusal('revoked'));
  expect((await server.call(`DELETE /v1/api-keys/${key.id}`)).status).toBe(204);
  expect((await auditOf(server, key.id)).map(({ action }) => action)).toEqual(['api_key.created', 'api_key.revoked']);
});

test('revoking or rotating an unknown key is not found', async () => {
  expect((await server.call(`DELETE /v1/api-keys/${UNKNOWN}`)).status).toBe(404);
  expect((await server.call(`POST /v1/api-keys/${UNKNOWN}/rotate`)).status).toBe(404);
});

// proves A47
test('the list shows revoked keys only when asked, filters by project and pages', async () => {
  const tenant = await tenantIn(server, 'active');
  const project_id = await newProject(tenant.id);
  const first = await newKey({ tenant_id: tenant.id });
  const second = await newKey({ tenant_id: tenant.id, project_id });
  await server.call(`DELETE /v1/api-keys/${first.id}`);
  const ids = async (query: string) => {
    const { body } = await server.call(`GET /v1/api-keys?tenant_id=${tenant.id}${query}`);
    return body.items.map(({ id }: { id: string }) => id);
  };
  expect(await ids('')).toEqual([second.id]);
  expect(await ids('&include_revoked=true')).toEqual([second.id, first.id]);
  expect(await ids(`&include_revoked=true&project_id=${project_id}`)).toEqual([second.id]);
  const { body } = await server.call(`GET /v1/api-keys?tenant_id=${tenant.id}&include_revoked=true&limit=1`);
  expect(await ids(`&include_revoked=true&limit=1&cursor=${body.next_cursor}`)).toEqual([first.id]);
});

test('a rotated key ends at once without grace, and after the grace with it', async () => {
  const old = await newKey({ scopes: ['a:read'] });
  const rotated = await server.call(`POST /v1/api-keys/${old.id}/rotate`);
  expect(rotated.status).toBe(201);
  expect(rotated.body).toMatchObject({ name: old.name, scopes: old.scopes, tenant_id: old.tenant_id });
  expect(rotated.body.key).not.toBe(old.key);
  expect(await verify(old.key)).toEqual(refusal('revoked'));
  const next = await server.call(`POST /v1/api-keys/${rotated.body.id}/rotate`, { body: { grace_seconds: 60 } });
  expect(await verify(rotated.body.key)).toMatchObject({ valid: true });
  expect(await verify(next.body.key)).toMatchObject({ valid: true, scopes: ['a:read'] });
  server.clock.advance(60_000);
  expect(await verify(rotated.body.key)).toEqual(refusal('expired'));
  const [, event] = await auditOf(server, old.id);
  expect(event).toMatchObject({ action: 'api_key.rotated', metadata: { replaced_by: rotated.body.id } });
});

test('a revoked or expired key cannot be rotated', async () => {
  const key = await newKey();
  await server.call(`DELETE /v1/api-keys/${key.id}`);
  const { status, body } = await server.call(`POST /v1/api-keys/${key.id}/rotate`);
  expect([status, body.code]).toEqual([409, 'api_key_not_active']);
});

test('grace never lengthens a life', async () => {
  const expires_at = new Date(server.clock.now().getTime() + 10_000).toISOString();
  const key = await newKey({ expires_at });
  await server.call(`POST /v1/api-keys/${key.id}/rotate`, { body: { grace_seconds: 600_000 } });
  server.clock.advance(10_000);
  expect(await verify(key.key)).toEqual(refusal('expired'));
});

test('a key for a project of another tenant, or of none, is refused and nothing is written', async () => {
  const [mine, theirs] = [await tenantIn(server, 'active'), await tenantIn(server, 'active')];
  for (const project_id of [await newProject(theirs.id), UNKNOWN]) {
    const { status, body } = await server.call('POST /v1/api-keys', {
      body: { tenant_id: mine.id, name: 'k', project_id },
    });
    expect([status, body.code]).toEqual([404, 'project_not_found']);
  }
  expect((await server.call(`GET /v1/api-keys?tenant_id=${mine.id}`)).body.items).toEqual([]);
});

test('a frozen tenant gets no new key, keeps its list and can still take access away; an archived one only refuses', async () => {
  const tenant = await tenantIn(server, 'active');
  const key = await newKey({ tenant_id: tenant.id });
  await server.call(`POST /v1/tenants/${tenant.id}/cancel`);
  const refused = [
    await server.call('POST /v1/api-keys', { body: { tenant_id: tenant.id, name: 'k' } }),
    await server.call(`POST /v1/api-keys/${key.id}/rotate`),
  ];
  for (const { status, body } of refused) expect([status, body.code]).toEqual([409, 'tenant_frozen']);
  expect((await server.call(`GET /v1/api-keys?tenant_id=${tenant.id}`)).body.items).toHaveLength(1);
  expect((await server.call(`DELETE /v1/api-keys/${key.id}`)).status).toBe(204);
  await server.call(`POST /v1/tenants/${tenant.id}/archive`);
  const archived = await server.call(`GET /v1/api-keys?tenant_id=${tenant.id}`);
  expect([archived.status, archived.body.code]).toEqual([409, 'tenant_archived']);
});

test.each([
  ['/tenant_id', { tenant_id: 'x' }],
  ['/tenant_id', { tenant_id: undefined }],
  ['/name', { name: '' }],
  ['/name', { name: 'x'.repeat(201) }],
  ['/scopes/0', { scopes: ['With Space'] }],
  ['/expires_at', { expires_at: 'tomorrow' }],
  ['/expires_at', { expires_at: '2020-01-01T00:00:00Z' }],
  ['/hash', { hash: 'x' }],
])('a wrong %s is named: %j', async (pointer, wrong) => {
  const tenant = await newTenant(server);
  const { status, body } = await server.call('POST /v1/api-keys', {
    body: { tenant_id: tenant.id, name: 'k', ...wrong },
  });
  expect(status).toBe(400);
  expect(body.errors[0].pointer).toBe(pointer);
  expect((await server.call(`GET /v1/api-keys?tenant_id=${tenant.id}`)).body.items).toEqual([]);
});

test('when a key was last used is written in batches, by the worker and when the server closes', async () => {
  const key = await newKey();
  const lastUsed = async () =>
    (await server.call(`GET /v1/api-keys?tenant_id=${key.tenant_id}`)).body.items[0].last_used_at;
  await verify(key.key);
  expect(await lastUsed()).toBeNull();
  await runWorker(server, 'api-keys-last-used');
  expect(await lastUsed()).not.toBeNull();
});

test('an archived project gets no new key, neither a first one nor in exchange for an old one', async () => {
  const tenant = await tenantIn(server, 'active');
  const project_id = await newProject(tenant.id);
  const old = await newKey({ tenant_id: tenant.id, project_id });
  expect((await server.call(`POST /v1/projects/${project_id}/archive`)).status).toBe(200);
  const made = await server.call('POST /v1/api-keys', { body: { tenant_id: tenant.id, name: 'k', project_id } });
  const rotated = await server.call(`POST /v1/api-keys/${old.id}/rotate`);
  for (const { status, body } of [made, rotated]) expect([status, body.code]).toEqual([409, 'project_archived']);
  const { body } = await server.call(`GET /v1/api-keys?tenant_id=${tenant.id}&include_revoked=true`);
  expect(body.items).toHaveLength(1);
  expect(await verify(old.key)).toMatchObject({ valid: true });
  expect((await newKey({ tenant_id: tenant.id })).project_id).toBeNull();
});

test('a key that is made while its project is archived is there before, or not at all', async () => {
  const tenant = await tenantIn(server, 'active');
  const project_id = await newProject(tenant.id);
  const body = { tenant_id: tenant.id, name: 'k', project_id };
  const answers = await Promise.all([
    ...[1, 2, 3].map(() => server.call('POST /v1/api-keys', { body })),
    server.call(`POST /v1/projects/${project_id}/archive`),
  ]);
  for (const { status } of answers) expect([200, 201, 409]).toContain(status);
  const { db } = server.app.deps;
  const trail = await db
    .selectFrom('audit_log')
    .select('action')
    .where('project_id', '=', project_id)
    .orderBy('id')
    .execute();
  const made = answers.filter(({ status }) => status === 201).map(() => 'api_key.created');
  expect(trail.map(({ action }) => action)).toEqual([...made, 'project.archived']);
});

test('a row that the database refuses is not in the log, neither from its message nor from the statement', async () => {
  const { id: tenant_id } = await newTenant(server);
  const hash = 'argon2id|c2FsdA|aGFzaC1vZi1hLWtleQ';
  const hash_algo = 'md5' as 'argon2id'; // which the types refuse before the database does
  const row = { tenant_id, name: 'x', prefix: 'bp_AAAAAAAA', hash, hash_algo, scopes: [] };
  const err = await server.app.deps.db
    .insertInto('api_keys')
    .values(row)
    .execute()
    .catch((error: unknown) => error);
  expect(JSON.stringify(Object.values(err as object))).toContain(hash);
  server.app.deps.logger.error({ err }, 'refused');
  const line = server.logs.at(-1) ?? '';
  expect(line).toContain('api_keys_hash_algo_check');
  expect(line).not.toContain(hash);
});
