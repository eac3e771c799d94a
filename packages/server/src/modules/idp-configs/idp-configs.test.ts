import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { eventsAbout, eventsOf } from '../../../test/support/events.ts';
import { auditOf, newTenant, tenantIn, testServer, trailOf, UNKNOWN } from '../../../test/support/server.ts';
import { PAGE_BYTES_MAX } from '../../kernel/pagination.ts';

const server = testServer();

const SECRET = 'GOCSPX-hunter2hunter2hunter2';

const oidc = { kind: 'oidc', alias: 'Okta', issuer: 'https://idp.example/realms/acme' };
const saml = { kind: 'saml', alias: 'ADFS', issuer: 'urn:adfs:acme' };
const metadataOf = (inner: string, before = '') =>
  `${before}<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="urn:adfs:acme">${inner}</md:EntityDescriptor>`;

async function newConfig(fields: Record<string, unknown> = {}) {
  const tenant_id = fields['tenant_id'] ?? (await newTenant(server)).id;
  const { status, body } = await server.call('POST /v1/idp-configs', { body: { tenant_id, ...oidc, ...fields } });
  if (status !== 201) throw new Error(`could not create a configuration: ${JSON.stringify(body)}`);
  return body;
}

const patch = (id: string, body: unknown, headers: Record<string, string> = {}) =>
  server.call(`PATCH /v1/idp-configs/${id}`, { body, headers });
const actionsOf = async (id: string) =>
  (await auditOf(server, id)).map(({ action }) => action.replace('idp_config.', ''));

/** Everything that is stored or told of a tenant, and everything that was logged. */
async function everythingAbout(tenantId: string): Promise<string> {
  const { db } = server.app.deps;
  const configs = await db.selectFrom('tenant_idp_config').selectAll().where('tenant_id', '=', tenantId).execute();
  return JSON.stringify([configs, await eventsOf(server, tenantId), await trailOf(server, tenantId), server.logs]);
}

// proves A28, C30, C37
test('a configuration is created active and unverified, with its Location, its ETag and its audit row', async () => {
  const tenant = await newTenant(server);
  const fields = {
    ...oidc,
    client_id: 'registry',
    client_secret_ref: 'file:okta/client-secret',
    metadata: { region: 'eu', nested: [1, { a: null }] },
    claim_mappings: { email: 'mail', groups: 'memberOf' },
    required_acr: ['urn:acr:gold'],
    required_amr: ['mfa', 'hwk'],
    jit_policy: 'allow',
  };
  const { status, headers, body } = await server.call('POST /v1/idp-configs', {
    body: { tenant_id: tenant.id, ...fields },
  });
  expect(status).toBe(201);
  expect(body).toMatchObject({ tenant_id: tenant.id, ...fields, status: 'active', version: 1, verified_at: null });
  expect(headers.get('location')).toBe(`/v1/idp-configs/${body.id}`);
  const read = await server.call(`GET /v1/idp-configs/${body.id}`);
  expect([read.status, read.body, read.headers.get('etag')]).toEqual([200, body, headers.get('etag')]);
  const [row] = await auditOf(server, body.id);
  expect(row).toMatchObject({
    action: 'idp_config.created',
    tenant_id: tenant.id,
    target_type: 'idp_config',
    target_name: 'Okta',
    is_failure: false,
    request_id: headers.get('x-request-id'),
    metadata: { id: body.id, tenant_id: tenant.id, kind: 'oidc', alias: 'Okta', status: 'active', version: 1 },
  });
});

test('what is left out has the careful default', async () => {
  expect(await newConfig()).toMatchObject({
    client_id: null,
    client_secret_ref: null,
    metadata: {},
    claim_mappings: {},
    required_acr: [],
    required_amr: [],
    jit_policy: 'deny',
  });
});

test.each(['file:okta', 'file:sso/okta.2026', 'env:own_NAME', 'env:own_2'])(
  'the reference %s to a place of the tenant is taken',
  async (ref) => {
    const { id: tenant_id } = await newTenant(server);
    const client_secret_ref = ref.replace('own', `IDP_SECRET_${tenant_id.replaceAll('-', '_')}`);
    expect((await newConfig({ tenant_id, client_secret_ref })).client_secret_ref).toBe(client_secret_ref);
  },
);

// proves A28
test.each([
  'env:OPERATOR_TOKEN',
  'env:IDP_SECRET_',
  'env:IDP_SECRET_01890000_0000_7000_8000_000000000000_NAME',
  'env:own',
  'env:own_',
  'env:xown_NAME',
  'file:/etc/passwd',
  'file:../other/okta',
  'file:a/../../other',
  'file:a/./b',
  'file:.hidden',
  'file:a//b',
  'file:',
  'vault://kv/path',
  'k8s://ns/name/key',
  'https://example.com/secret',
])('the reference %s, which leads outside of the own place of the tenant, is refused by field', async (ref) => {
  const { id: tenant_id } = await newTenant(server);
  const client_secret_ref = ref.replace('own', `IDP_SECRET_${tenant_id.replaceAll('-', '_')}`);
  const config = await newConfig({ tenant_id });
  for (const { status, body } of [
    await server.call('POST /v1/idp-configs', {
      body: { tenant_id, ...oidc, issuer: 'https://two.example', client_secret_ref },
    }),
    await patch(config.id, { client_secret_ref }),
  ])
    expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'invalid_input', '/client_secret_ref']);
});

// proves A28
test.each([
  SECRET,
  `${SECRET} `,
  `Secret:${SECRET}`,
  `: ${SECRET}`,
  `env: ${SECRET}`,
  `env:${SECRET}\n`,
  `env:${SECRET.repeat(20)}`,
  '',
  `{"a":"${SECRET}"}`,
  `${'a'.repeat(100)}:${SECRET}`,
  `-----BEGIN PRIVATE KEY-----\n${SECRET}`,
])(
  'a secret pasted where its reference belongs is refused by field, and is in no answer, row, event or log: %#',
  async (client_secret_ref) => {
    const { id: tenant_id } = await newTenant(server);
    const config = await newConfig({ tenant_id, client_secret_ref: 'file:good' });
    const attempts = [
      await server.call('POST /v1/idp-configs', {
        body: { tenant_id, ...oidc, issuer: 'https://two.example', client_secret_ref },
      }),
      await patch(config.id, { client_secret_ref }),
    ];
    for (const { status, body } of attempts) {
      expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'invalid_input', '/client_secret_ref']);
      expect(body.errors[0].message).toContain('reference');
    }
    expect(JSON.stringify(attempts.map(({ body }) => body)) + (await everythingAbout(tenant_id))).not.toContain(SECRET);
    expect((await server.call(`GET /v1/idp-configs/${config.id}`)).body).toEqual(config);
  },
);

test.each([
  ['/client_secret', { client_secret: SECRET }],
  ['/metadata/client_secret', { metadata: { client_secret: SECRET } }],
  ['/metadata/clientSecret', { metadata: { clientSecret: SECRET } }],
  ['/metadata/password', { metadata: { password: SECRET } }],
])('a secret under a name of its own is refused too: %s', async (pointer, wrong) => {
  const { id: tenant_id } = await newTenant(server);
  const { status, body } = await server.call('POST /v1/idp-configs', { body: { tenant_id, ...oidc, ...wrong } });
  expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'invalid_input', pointer]);
  expect(JSON.stringify(body) + (await everythingAbout(tenant_id))).not.toContain(SECRET);
});

test('an event tells neither the reference to the secret nor anything of free form', async () => {
  const { id, tenant_id } = await newConfig({ client_secret_ref: 'file:inside', metadata: { note: 'inside' } });
  await patch(id, { claim_mappings: { email: 'inside' }, client_secret_ref: 'file:inside2' });
  await server.call(`DELETE /v1/idp-configs/${id}`);
  const events = await eventsAbout(server, id);
  expect(events.map(({ event_type }) => event_type).sort()).toEqual([
    'idp_config.created',
    'idp_config.deactivated',
    'idp_config.updated',
  ]);
  expect(JSON.stringify([events, await trailOf(server, tenant_id)])).not.toContain('inside');
});

const entityBomb = `<!DOCTYPE x [<!ENTITY a "ha">${Array.from({ length: 20 }, (_, level) => `<!ENTITY a${level} "&a${level - 1};&a${level - 1};">`).join('')}]>`;

// proves A28
test.each([
  ['an entity bomb', metadataOf('&a19;', entityBomb)],
  ['an external entity', metadataOf('&x;', '<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>')],
  ['an external DTD', metadataOf('', '<!DOCTYPE x SYSTEM "https://evil.example/x.dtd">')],
  ['a DTD in odd letters', metadataOf('', '<!doctype x>')],
  ['an entity that nobody declared', metadataOf('&x;')],
  ['XML that is not well-formed', '<md:EntityDescriptor'],
  ['two roots', `${metadataOf('')}${metadataOf('')}`],
  ['another document', '<html/>'],
  ['the right name outside the namespace', '<EntityDescriptor/>'],
  ['no XML', 'hello'],
  ['nothing', ''],
  ['no text', { a: 1 }],
])('SAML metadata with %s is refused by field, and nothing is written', async (_, xml) => {
  const { id: tenant_id } = await newTenant(server);
  const created = await server.call('POST /v1/idp-configs', { body: { tenant_id, ...saml, metadata: { xml } } });
  const config = await newConfig({ tenant_id, ...saml, metadata: { xml: metadataOf('') } });
  const changed = await patch(config.id, { metadata: { xml } });
  for (const { status, body } of [created, changed]) {
    expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'metadata_invalid', '/metadata/xml']);
  }
  expect((await server.call(`GET /v1/idp-configs?tenant_id=${tenant_id}`)).body.items).toEqual([config]);
  expect(await actionsOf(config.id)).toEqual(['created']);
});

test.each([
  ['/tenant_id', { tenant_id: 'x' }],
  ['/tenant_id', { tenant_id: undefined }],
  ['/kind', { kind: 'ldap' }],
  ['/kind', { kind: undefined }],
  ['/alias', { alias: '' }],
  ['/alias', { alias: 'x'.repeat(201) }],
  ['/issuer', { issuer: undefined }],
  ['/issuer', { issuer: '' }],
  ['/issuer', { issuer: 'idp.example' }],
  ['/issuer', { issuer: 'http://idp.example' }],
  ['/issuer', { issuer: 'http://127.0.0.1:8080' }],
  ['/issuer', { issuer: 'ftp://idp.example' }],
  ['/issuer', { issuer: 'https://idp.example?a=1' }],
  ['/issuer', { issuer: 'https://idp.example#a' }],
  ['/issuer', { issuer: 'https://user:x@idp.example' }],
  ['/issuer', { issuer: 'https://idp.example/a b' }],
  ['/issuer', { issuer: `https://idp.example/${'a'.repeat(1024)}` }],
  ['/issuer', { kind: 'saml', issuer: 'a\nb' }],
  ['/client_id', { client_id: '' }],
  ['/client_id', { client_id: 7 }],
  ['/metadata', { metadata: [] }],
  ['/metadata', { metadata: { a: 'x'.repeat(32_768) } }],
  ['/metadata', { metadata: { a: 'ä'.repeat(16_384) } }],
  ['/claim_mappings', { claim_mappings: { a: 'x'.repeat(32_768) } }],
  ['/claim_mappings', { claim_mappings: 'email' }],
  ['/required_acr', { required_acr: 'gold' }],
  ['/required_acr/1', { required_acr: ['gold', ''] }],
  ['/required_amr/0', { required_amr: ['x'.repeat(201)] }],
  ['/required_amr', { required_amr: Array.from({ length: 51 }, () => 'mfa') }],
  ['/jit_policy', { jit_policy: 'ask' }],
  ['/status', { status: 'active' }],
  ['/version', { version: 2 }],
  ['/verified_at', { verified_at: '2030-01-01T00:00:00Z' }],
])('a wrong %s is named, and nothing is written: %#', async (pointer, wrong) => {
  const { id: tenant_id } = await newTenant(server);
  const { status, body } = await server.call('POST /v1/idp-configs', { body: { tenant_id, ...oidc, ...wrong } });
  expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'invalid_input', pointer]);
  expect((await server.call(`GET /v1/idp-configs?tenant_id=${tenant_id}`)).body.items).toEqual([]);
});

test('metadata of exactly 32 KiB fits, and so does a body with both objects of nearly that size', async () => {
  const metadata = { a: 'x'.repeat(32_768 - '{"a":""}'.length) };
  expect(await newConfig({ metadata, claim_mappings: { a: 'x'.repeat(32_000) } })).toMatchObject({ metadata });
});

// proves C30
test('a tenant has one active configuration for an issuer, also when several are created at once', async () => {
  const { id: tenant_id } = await newTenant(server);
  const answers = await Promise.all(
    [1, 2, 3, 4].map(() => server.call('POST /v1/idp-configs', { body: { tenant_id, ...oidc } })),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
  expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({
    code: 'idp_config_active',
    errors: [{ pointer: '/issuer' }],
  });
  expect((await trailOf(server, tenant_id)).filter(({ action }) => action === 'idp_config.created')).toHaveLength(1);
  await newConfig({ tenant_id, issuer: `${oidc.issuer}/` });
  await newConfig();
});

// proves C30
test('the history of an issuer stays: a deactivated configuration is listed beside its successor, newest first', async () => {
  const { id: tenant_id } = await newTenant(server);
  const first = await newConfig({ tenant_id });
  expect((await server.call(`DELETE /v1/idp-configs/${first.id}`)).status).toBe(204);
  const second = await newConfig({ tenant_id });
  const list = async (query: string) => {
    const { status, body } = await server.call(`GET /v1/idp-configs?tenant_id=${tenant_id}${query}`);
    expect(status).toBe(200);
    return body;
  };
  const states = async (query: string) =>
    (await list(query)).items.map(({ id, status }: Record<string, string>) => [id, status]);
  expect(await states('')).toEqual([
    [second.id, 'active'],
    [first.id, 'deactivated'],
  ]);
  expect(await states('&status=active')).toEqual([[second.id, 'active']]);
  expect(await states('&status=deactivated')).toEqual([[first.id, 'deactivated']]);
  expect(await states('&status=degraded')).toEqual([]);
  const page = await list('&limit=1');
  expect(page.items.map(({ id }: { id: string }) => id)).toEqual([second.id]);
  const next = await list(`&limit=1&cursor=${page.next_cursor}`);
  expect([next.items.map(({ id }: { id: string }) => id), next.next_cursor]).toEqual([[first.id], null]);
  const other = await server.call(
    `GET /v1/idp-configs?tenant_id=${tenant_id}&status=active&cursor=${page.next_cursor}`,
  );
  expect([other.status, other.body.code]).toEqual([400, 'invalid_cursor']);
});

test('the list refuses an unknown status and a missing tenant by field', async () => {
  for (const [query, pointer] of [
    [`tenant_id=${UNKNOWN}&status=asleep`, '/status'],
    ['', '/tenant_id'],
    ['tenant_id=x', '/tenant_id'],
  ]) {
    const { status, body } = await server.call(`GET /v1/idp-configs?${query}`);
    expect([status, body.errors[0].pointer]).toEqual([400, pointer]);
  }
});

test('deactivating again changes nothing', async () => {
  const { id } = await newConfig();
  for (let time = 0; time < 2; time++) {
    const { status, body } = await server.call(`DELETE /v1/idp-configs/${id}`);
    expect([status, body]).toEqual([204, null]);
  }
  expect((await server.call(`GET /v1/idp-configs/${id}`)).body).toMatchObject({ status: 'deactivated', version: 2 });
  expect(await actionsOf(id)).toEqual(['created', 'deactivated']);
});

test('a change counts the version up, keeps what it does not name and says which fields changed', async () => {
  const config = await newConfig({ client_id: 'a', client_secret_ref: 'file:good', required_amr: ['mfa'] });
  const { status, body } = await patch(config.id, { alias: 'New', client_secret_ref: null, client_id: 'a' });
  expect(status).toBe(200);
  const { updated_at: _, ...kept } = config;
  expect(body).toMatchObject({ ...kept, alias: 'New', client_secret_ref: null, version: 2 });
  const [, row] = await auditOf(server, config.id);
  expect(row).toMatchObject({
    action: 'idp_config.updated',
    metadata: { changed: ['alias', 'client_secret_ref'], version: 2 },
  });
});

test('the event of a large configuration is small: it names the fields that changed, and says nothing of what is in them', async () => {
  const config = await newConfig();
  const many = Array.from({ length: 50 }, (_, index) => String(index).padEnd(200, '€'));
  const changes = { required_acr: many, required_amr: many, metadata: { a: 'x' } };
  expect((await patch(config.id, changes)).status).toBe(200);
  const [, row] = await auditOf(server, config.id);
  expect(row?.metadata).toEqual({
    id: config.id,
    tenant_id: config.tenant_id,
    kind: config.kind,
    alias: config.alias,
    status: 'active',
    version: 2,
    changed: ['metadata', 'required_acr', 'required_amr'],
  });
});

test('a page of large configurations ends at 1 MiB, and pages hold each of them once', async () => {
  const { id: tenant_id } = await newTenant(server);
  const { rows } = await sql<{ id: string }>`
    insert into tenant_idp_config (id, tenant_id, kind, alias, issuer, metadata, claim_mappings)
    select gen_random_uuid(), ${tenant_id}, 'oidc', 'a', 'https://' || i || '.example',
      jsonb_build_object('a', repeat('é', 30000)), jsonb_build_object('b', repeat('b', 30000))
    from generate_series(1, 24) as i returning id`.execute(server.app.deps.db);
  const pages: { items: { id: string }[]; next_cursor: string | null }[] = [];
  do {
    const cursor = pages.at(-1)?.next_cursor;
    const query = `tenant_id=${tenant_id}&limit=200${cursor ? `&cursor=${cursor}` : ''}`;
    const { status, body } = await server.call(`GET /v1/idp-configs?${query}`);
    expect(status).toBe(200);
    expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThanOrEqual(PAGE_BYTES_MAX);
    pages.push(body);
  } while (pages.at(-1)?.next_cursor !== null);
  expect(pages.map(({ items }) => items.length)).toEqual([11, 11, 2]);
  const ids = pages.flatMap(({ items }) => items.map(({ id }) => id));
  expect(ids).toEqual(
    rows
      .map(({ id }) => id)
      .sort()
      .reverse(),
  );
});

test('null takes the required classes and methods away, and a change without them leaves them', async () => {
  const config = await newConfig({ required_acr: ['gold'], required_amr: ['mfa'] });
  const renamed = await patch(config.id, { alias: 'Renamed' });
  expect(renamed.body).toMatchObject({ required_acr: ['gold'], required_amr: ['mfa'] });
  const cleared = await patch(config.id, { required_acr: null });
  expect([cleared.status, cleared.body]).toMatchObject([200, { required_acr: [], required_amr: ['mfa'] }]);
});

test('a change that changes nothing writes nothing and keeps the version', async () => {
  const config = await newConfig({ metadata: { a: [1], b: 2 } });
  for (const same of [{}, { alias: config.alias, status: 'active', metadata: { b: 2, a: [1] } }]) {
    const { status, body } = await patch(config.id, same);
    expect([status, body]).toEqual([200, config]);
  }
  expect(await actionsOf(config.id)).toEqual(['created']);
});

test.each([
  ['client_id', { client_id: 'b' }, false],
  ['client_secret_ref', { client_secret_ref: 'file:good' }, false],
  ['issuer', { issuer: 'https://other.example' }, false],
  ['metadata', { metadata: { a: 1 } }, false],
  ['alias', { alias: 'B' }, true],
  ['claim_mappings', { claim_mappings: { a: 'b' } }, true],
  ['required_acr', { required_acr: ['gold'] }, true],
  ['jit_policy', { jit_policy: 'allow' }, true],
])('a change of %s keeps the verification only if a sign-in does not depend on it', async (_, change, kept) => {
  const { id } = await newConfig();
  const verified_at = '2026-01-02T03:04:05.000Z';
  await server.app.deps.db.updateTable('tenant_idp_config').set({ verified_at }).where('id', '=', id).execute();
  const { body } = await patch(id, change);
  expect(body.verified_at).toBe(kept ? verified_at : null);
});

test.each([
  ['/kind', { kind: 'saml' }],
  ['/tenant_id', { tenant_id: UNKNOWN }],
  ['/status', { status: 'degraded' }],
  ['/issuer', { issuer: 'http://idp.example' }],
  ['/alias', { alias: null }],
  ['/metadata', { metadata: { a: 'x'.repeat(32_768) } }],
  ['/version', { version: 9 }],
])('a change with a wrong %s is refused by field', async (pointer, wrong) => {
  const config = await newConfig();
  const { status, body } = await patch(config.id, wrong);
  expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'invalid_input', pointer]);
  expect((await server.call(`GET /v1/idp-configs/${config.id}`)).body).toEqual(config);
});

test('a change made for an older version is refused, and of several at once exactly one goes through', async () => {
  const { id } = await newConfig();
  const etag = (await server.call(`GET /v1/idp-configs/${id}`)).headers.get('etag') ?? '';
  const answers = await Promise.all(['a', 'b', 'c', 'd'].map((alias) => patch(id, { alias }, { 'if-match': etag })));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412]);
  const late = await patch(id, { alias: 'e' }, { 'if-match': etag });
  expect([late.status, late.body.code]).toEqual([412, 'precondition_failed']);
  const current = (await server.call(`GET /v1/idp-configs/${id}`)).headers.get('etag') ?? '';
  expect((await patch(id, { alias: 'e' }, { 'if-match': current })).status).toBe(200);
  expect(await actionsOf(id)).toEqual(['created', 'updated', 'updated']);
});

// proves C30
test('a deactivated configuration takes no change but its return, and returns only while no other is active', async () => {
  const first = await newConfig();
  const { tenant_id } = first;
  expect((await patch(first.id, { status: 'deactivated' })).body).toMatchObject({ status: 'deactivated', version: 2 });
  const refused = await patch(first.id, { alias: 'New' });
  expect([refused.status, refused.body.code]).toEqual([409, 'idp_config_deactivated']);
  const second = await newConfig({ tenant_id });
  const conflict = await patch(first.id, { status: 'active' });
  expect([conflict.status, conflict.body.code]).toEqual([409, 'idp_config_active']);
  await server.call(`DELETE /v1/idp-configs/${second.id}`);
  const back = await patch(first.id, { status: 'active', alias: 'Back' });
  expect([back.status, back.body]).toMatchObject([200, { status: 'active', alias: 'Back', verified_at: null }]);
  expect(await actionsOf(first.id)).toEqual(['created', 'deactivated', 'updated']);
  expect((await auditOf(server, first.id)).map(({ metadata }) => metadata['changed'])).toEqual([
    undefined,
    ['status'],
    ['alias', 'status'],
  ]);
});

test('moving a configuration to an issuer that has an active one is a conflict', async () => {
  const { id, tenant_id } = await newConfig();
  await newConfig({ tenant_id, issuer: 'https://other.example' });
  const { status, body } = await patch(id, { issuer: 'https://other.example' });
  expect([status, body.code]).toEqual([409, 'idp_config_active']);
  expect(await actionsOf(id)).toEqual(['created']);
});

const mutations = (id: string) =>
  [
    [`PATCH /v1/idp-configs/${id}`, { alias: 'New' }],
    [`DELETE /v1/idp-configs/${id}`, undefined],
    [`POST /v1/idp-configs/${id}/verify`, undefined],
  ] as const;

test('an unknown configuration or tenant is not found', async () => {
  const operations = [
    ...mutations(UNKNOWN),
    [`GET /v1/idp-configs/${UNKNOWN}`, undefined],
    [`GET /v1/idp-configs?tenant_id=${UNKNOWN}`, undefined],
    ['POST /v1/idp-configs', { tenant_id: UNKNOWN, ...oidc }],
  ] as const;
  for (const [operation, body] of operations) {
    const answer = await server.call(operation, body === undefined ? {} : { body });
    expect([operation, answer.status, answer.body.code]).toEqual([operation, 404, 'not_found']);
  }
});

test('in a frozen tenant configurations are read but not changed, deactivated or verified; an archived one only refuses', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const config = await newConfig({ tenant_id });
  const writes = [
    ...mutations(config.id),
    ['POST /v1/idp-configs', { tenant_id, ...oidc, issuer: 'https://b.example' }],
  ] as const;
  const reads = [`GET /v1/idp-configs/${config.id}`, `GET /v1/idp-configs?tenant_id=${tenant_id}`];
  for (const [step, code] of [
    ['cancel', 'tenant_frozen'],
    ['archive', 'tenant_archived'],
  ]) {
    await server.call(`POST /v1/tenants/${tenant_id}/${step}`);
    for (const [operation, body] of writes) {
      const answer = await server.call(operation, body === undefined ? {} : { body });
      expect([operation, answer.status, answer.body.code]).toEqual([operation, 409, code]);
    }
    for (const read of reads) {
      const { status, body } = await server.call(read);
      expect([read, status, body.code]).toEqual(step === 'cancel' ? [read, 200, undefined] : [read, 409, code]);
    }
  }
  expect(await actionsOf(config.id)).toEqual(['created']);
});

test('a configuration goes with its tenant', async () => {
  const { id: tenant_id } = await newTenant(server);
  const { id } = await newConfig({ tenant_id });
  await server.call(`POST /v1/tenants/${tenant_id}/cancel`);
  await server.call(`POST /v1/tenants/${tenant_id}/archive`);
  expect((await server.call(`DELETE /v1/tenants/${tenant_id}`)).status).toBe(204);
  expect((await server.call(`GET /v1/idp-configs/${id}`)).status).toBe(404);
});

// proves C37
test.each([
  ['/claim_mappings/email', { email: 5 }],
  ['/claim_mappings/subject', { subject: '' }],
  ['/claim_mappings/name', { name: 'a..b' }],
  ['/claim_mappings/groups', { groups: null }],
  ['/claim_mappings/roles', { roles: 'with space' }],
  ['/claim_mappings/scim', { scim: 'x'.repeat(201) }],
  ['/claim_mappings/role_map', { role_map: 'admin' }],
  ['/claim_mappings/role_map/IT', { role_map: { IT: 'operator' } }],
])('a mapping of claims that means nothing is refused at %s', async (pointer, claim_mappings) => {
  const config = await newConfig();
  for (const { status, body } of [
    await server.call('POST /v1/idp-configs', {
      body: { tenant_id: config.tenant_id, ...oidc, issuer: 'https://two.example', claim_mappings },
    }),
    await patch(config.id, { claim_mappings }),
  ])
    expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'invalid_input', pointer]);
});

test.each([`https://idp.example/${'a'.repeat(240)}`, 'https://idp.example/a|b'])(
  'an OIDC issuer that cannot be a part of the ids of its people is refused: %s',
  async (issuer) => {
    const { id: tenant_id } = await newTenant(server);
    const { status, body } = await server.call('POST /v1/idp-configs', { body: { tenant_id, ...oidc, issuer } });
    expect([status, body.errors[0].pointer]).toEqual([400, '/issuer']);
    expect((await newConfig({ tenant_id, ...saml, issuer })).issuer).toBe(issuer);
  },
);

test('a mapping gives nobody a role with more than its writer may do', async () => {
  const { id: tenant_id } = await newTenant(server);
  const { body: key } = await server.call('POST /v1/api-keys', {
    body: { tenant_id, name: 'sso', scopes: ['registry:idp_configs:write', 'registry:idp_configs:read'] },
  });
  const token: string = key.key;
  const giving = { claim_mappings: { roles: 'roles', role_map: { IT: 'admin' } } };
  const refused = await server.call('POST /v1/idp-configs', { token, body: { tenant_id, ...oidc, ...giving } });
  expect([refused.status, refused.body.code]).toEqual([403, 'forbidden']);
  const { status, body: config } = await server.call('POST /v1/idp-configs', { token, body: { tenant_id, ...oidc } });
  expect(status).toBe(201);
  const changed = await server.call(`PATCH /v1/idp-configs/${config.id}`, { token, body: giving });
  expect([changed.status, changed.body.code]).toEqual([403, 'forbidden']);
  expect((await patch(config.id, giving)).status).toBe(200);
  const kept = await server.call(`PATCH /v1/idp-configs/${config.id}`, { token, body: { alias: 'B', ...giving } });
  expect([kept.status, kept.body.alias]).toEqual([200, 'B']);
});
