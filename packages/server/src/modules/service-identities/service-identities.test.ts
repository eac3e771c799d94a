import { beforeAll, describe, expect, test } from 'vitest';
import { eventsAbout } from '../../../test/support/events.ts';
import { newProgram } from '../../../test/support/programs.ts';
import { giveRole } from '../../../test/support/role-holders.ts';
import {
  auditOf,
  madeIn,
  newProject,
  newTenant,
  tenantIn,
  testServer,
  trailOf,
  UNKNOWN,
} from '../../../test/support/server.ts';

const server = testServer({ quotaServiceIdentities: 3 });

const create = (tenant_id: string, fields: Record<string, unknown> = {}) =>
  server.call('POST /v1/service-identities', {
    body: { tenant_id, display_name: 'Exporter', federation_kind: 'api_token', ...fields },
  });
const newIdentity = async (tenant_id: string, fields: Record<string, unknown> = {}) => {
  const { status, body } = await create(tenant_id, fields);
  expect(status, JSON.stringify(body)).toBe(201);
  return body;
};
const newConfig = async (tenant_id: string, kind = 'oidc') =>
  (await madeIn(server, tenant_id, 'idp-configs', { kind, alias: 'IdP', issuer: 'https://login.acme.example' })).id;
const actionsOf = async (id: string) => (await auditOf(server, id)).map(({ action }) => action);

const svid = { federation_kind: 'spiffe_svid', subject: 'spiffe://acme.example/exporter', audience: 'registry' };
const oidc = { federation_kind: 'oidc_cc', subject: 'exporter', audience: 'registry' };

// proves C33
test('a service identity of each kind is made, with its Location, its ETag, its audit row and its event', async () => {
  const { id: tenant_id } = await newTenant(server);
  const idp_config_id = await newConfig(tenant_id);
  const [token, spiffe, provider] = [
    await create(tenant_id),
    await create(tenant_id, svid),
    await create(tenant_id, { ...oidc, idp_config_id }),
  ];
  expect(token.body).toMatchObject({
    tenant_id,
    project_id: null,
    audience: null,
    idp_config_id: null,
    disabled_at: null,
  });
  expect(token.body.subject).toBe(`api_token:${token.body.id}`);
  expect(spiffe.body).toMatchObject({ ...svid, idp_config_id: null });
  expect(provider.body).toMatchObject({ ...oidc, idp_config_id });
  for (const { status, headers, body } of [token, spiffe, provider]) {
    expect([status, headers.get('location')]).toEqual([201, `/v1/service-identities/${body.id}`]);
    const read = await server.call(`GET /v1/service-identities/${body.id}`);
    expect([read.body, read.headers.get('etag')]).toEqual([body, headers.get('etag')]);
    expect(await auditOf(server, body.id)).toMatchObject([
      { action: 'service_identity.created', tenant_id, target_type: 'service_identity', target_name: 'Exporter' },
    ]);
    const events = await eventsAbout(server, body.id);
    expect(events.map(({ event_type }) => event_type)).toEqual(['service_identity.created']);
  }
});

// proves C33
test.each([
  ['/tenant_id', 'invalid_input', { tenant_id: 'x' }],
  ['/display_name', 'invalid_input', { display_name: '' }],
  ['/federation_kind', 'invalid_input', { federation_kind: 'saml' }],
  ['/project_id', 'invalid_input', { project_id: 'x' }],
  ['/subject', 'invalid_input', { subject: 'mine' }],
  ['/subject', 'invalid_input', { ...svid, subject: undefined }],
  ['/subject', 'invalid_input', { ...svid, subject: 'exporter' }],
  ['/subject', 'invalid_input', { ...svid, subject: 'spiffe://acme.example' }],
  ['/subject', 'invalid_input', { ...svid, subject: 'spiffe://acme.example/a/../b' }],
  ['/subject', 'invalid_input', { ...svid, subject: 'spiffe://ACME.example/a' }],
  ['/subject', 'invalid_input', { ...svid, subject: 'spiffe://acme.example/a b' }],
  ['/subject', 'invalid_input', { ...svid, subject: `spiffe://acme.example/${'a'.repeat(500)}` }],
  ['/audience', 'service_identity_audience_invalid', { audience: 'registry' }],
  ['/audience', 'service_identity_audience_invalid', { ...svid, audience: undefined }],
  ['/idp_config_id', 'service_identity_issuer_invalid', oidc],
  ['/other', 'invalid_input', { other: 1 }],
])('a wrong %s is named, with %s: %j', async (pointer, code, wrong) => {
  const { id } = await newTenant(server);
  const { status, body } = await create(id, wrong);
  expect([status, body.code, body.errors[0].pointer]).toEqual([400, code, pointer]);
});

test('a configuration belongs to the kind oidc_cc, is one of an OpenID provider, and of the tenant', async () => {
  const [mine, theirs] = [await newTenant(server), await newTenant(server)];
  const [config, saml] = [await newConfig(mine.id), await newConfig(theirs.id, 'saml')];
  const wrong = await create(mine.id, { ...svid, idp_config_id: config });
  expect([wrong.status, wrong.body.code]).toEqual([400, 'service_identity_issuer_invalid']);
  const other = await create(theirs.id, { ...oidc, idp_config_id: saml });
  expect([other.status, other.body.code]).toEqual([400, 'service_identity_issuer_invalid']);
  for (const idp_config_id of [config, UNKNOWN]) {
    const { status, body } = await create(theirs.id, { ...oidc, idp_config_id });
    expect([status, body.code, body.errors[0].pointer]).toEqual([404, 'idp_config_not_found', '/idp_config_id']);
  }
});

test('a project is one of the tenant, and not archived', async () => {
  const [mine, theirs] = [await tenantIn(server, 'active'), await tenantIn(server, 'active')];
  const project = await newProject(server, mine.id);
  for (const project_id of [project.id, UNKNOWN]) {
    const { status, body } = await create(theirs.id, { project_id });
    expect([status, body.code, body.errors[0].pointer]).toEqual([404, 'project_not_found', '/project_id']);
  }
  expect((await newIdentity(mine.id, { project_id: project.id })).project_id).toBe(project.id);
  await server.call(`POST /v1/projects/${project.id}/archive`);
  expect((await create(mine.id, { project_id: project.id })).body.code).toBe('project_archived');
});

test('a subject belongs to one service identity of a tenant, also when four ask at once, and other tenants may have it', async () => {
  const [mine, theirs] = [await newTenant(server), await newTenant(server)];
  const answers = await Promise.all([1, 2, 3, 4].map(() => create(mine.id, svid)));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
  expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({
    code: 'service_identity_subject_taken',
    errors: [{ pointer: '/subject' }],
  });
  expect((await create(theirs.id, svid)).status).toBe(201);
});

test('the list holds one tenant, filters by project and pages without a gap', async () => {
  const [mine, theirs] = [await tenantIn(server, 'active'), await newTenant(server)];
  const project = await newProject(server, mine.id);
  const inside = await newIdentity(mine.id, { project_id: project.id });
  const all = [(await newIdentity(mine.id)).id, (await newIdentity(mine.id)).id, inside.id];
  await newIdentity(theirs.id);
  const list = async (query: string) =>
    (await server.call(`GET /v1/service-identities?tenant_id=${mine.id}${query}`)).body;
  const idsIn = ({ items }: { items: { id: string }[] }) => items.map(({ id }) => id);
  expect(idsIn(await list('')).sort()).toEqual([...all].sort());
  expect(idsIn(await list(`&project_id=${project.id}`))).toEqual([inside.id]);
  const first = await list('&limit=2');
  expect([...idsIn(first), ...idsIn(await list(`&limit=2&cursor=${first.next_cursor}`))].sort()).toEqual(all.sort());
  const refused = await server.call(`GET /v1/service-identities?tenant_id=${theirs.id}&cursor=${first.next_cursor}`);
  expect([refused.status, refused.body.code]).toEqual([400, 'invalid_cursor']);
});

test('a change keeps what it does not name, is held against If-Match, and keeps the audience that the kind needs', async () => {
  const { id: tenant_id } = await newTenant(server);
  const { id } = await newIdentity(tenant_id, svid);
  const change = (body: object, headers = {}) => server.call(`PATCH /v1/service-identities/${id}`, { body, headers });
  const renamed = await change({ display_name: 'Other' });
  expect([renamed.status, renamed.body]).toMatchObject([200, { display_name: 'Other', audience: 'registry' }]);
  expect((await change({ audience: 'elsewhere' })).body).toMatchObject({
    display_name: 'Other',
    audience: 'elsewhere',
  });
  const stale = await change({ display_name: 'Late' }, { 'if-match': renamed.headers.get('etag') ?? '' });
  expect([stale.status, stale.body.code]).toEqual([412, 'precondition_failed']);
  const without = await change({ audience: null });
  expect([without.status, without.body.code]).toEqual([400, 'service_identity_audience_invalid']);
  expect((await change({})).status).toBe(200);
  expect((await change({ subject: 'other' })).body.errors[0].pointer).toBe('/subject');
  expect(await actionsOf(id)).toEqual([
    'service_identity.created',
    'service_identity.updated',
    'service_identity.updated',
  ]);
});

describe('deactivation', () => {
  test('revokes its keys in one step, says how many, and does nothing more when it is repeated', async () => {
    const { id: tenant_id } = await newTenant(server);
    const { id } = await newIdentity(tenant_id);
    const [one, two] = [
      await madeIn(server, tenant_id, 'api-keys', { name: 'one', service_identity_id: id }),
      await madeIn(server, tenant_id, 'api-keys', { name: 'two', service_identity_id: id }),
    ];
    const untouched = await madeIn(server, tenant_id, 'api-keys', { name: 'other' });
    await server.call(`DELETE /v1/api-keys/${two.id}`);
    const first = await server.call(`POST /v1/service-identities/${id}/deactivate`);
    const { service_identity } = first.body;
    expect([first.status, first.body]).toMatchObject([200, { dry_run: false, api_keys_revoked: 1, complete: true }]);
    expect(service_identity).toMatchObject({ id, disabled_at: expect.any(String) });
    const again = await server.call(`POST /v1/service-identities/${id}/deactivate`);
    expect([again.status, again.body]).toEqual([200, { ...first.body, api_keys_revoked: 0 }]);
    expect((await server.call('GET /v1/me', { token: one.key })).status).toBe(401);
    expect((await server.call('GET /v1/me', { token: untouched.key })).status).toBe(200);
    expect(await actionsOf(one.id)).toEqual(['api_key.created', 'api_key.revoked']);
    expect(await actionsOf(id)).toEqual(['service_identity.created', 'service_identity.deactivated']);
  });

  test('as a dry run tells who would lose what, and changes nothing', async () => {
    const { id: tenant_id } = await newTenant(server);
    const { id } = await newIdentity(tenant_id);
    await giveRole(server, tenant_id, { type: 'service_identity', id }, 'admin');
    const { key } = await madeIn(server, tenant_id, 'api-keys', { name: 'one', service_identity_id: id });
    const before = (await trailOf(server, tenant_id)).length;
    const deactivate = (query: string) => server.call(`POST /v1/service-identities/${id}/deactivate${query}`);
    const rehearsed = await deactivate('?dry_run=true');
    const principal = { type: 'service_identity', id };
    const losses = [{ principal, project_id: null, before: 'admin', after: null }];
    expect([rehearsed.status, rehearsed.body]).toMatchObject([200, { dry_run: true, api_keys_revoked: 1, losses }]);
    expect((await server.call('GET /v1/me', { token: key })).status).toBe(200);
    expect((await server.call(`GET /v1/service-identities/${id}`)).body.disabled_at).toBeNull();
    expect(await trailOf(server, tenant_id)).toHaveLength(before);
    expect((await deactivate('')).body).toMatchObject({ dry_run: false, api_keys_revoked: 1, losses });
  });

  test('leaves no key that is being made meanwhile', async () => {
    const { id: tenant_id } = await newTenant(server);
    const { id } = await newIdentity(tenant_id);
    const body = { tenant_id, name: 'x', service_identity_id: id };
    const made = [1, 2, 3].map(() => server.call('POST /v1/api-keys', { body }));
    await server.call(`POST /v1/service-identities/${id}/deactivate`);
    for (const { status, body } of await Promise.all(made)) {
      expect([201, 409]).toContain(status);
      if (status === 409) expect(body.code).toBe('service_identity_disabled');
      else expect((await server.call('GET /v1/me', { token: body.key })).status).toBe(401);
    }
  });

  test('works in a frozen tenant, where activation does not; activation brings no key back', async () => {
    const tenant = await tenantIn(server, 'active');
    const { id } = await newIdentity(tenant.id);
    const { key } = await madeIn(server, tenant.id, 'api-keys', { name: 'one', service_identity_id: id });
    await server.call(`POST /v1/tenants/${tenant.id}/cancel`);
    expect((await server.call(`POST /v1/service-identities/${id}/deactivate`)).status).toBe(200);
    expect((await server.call(`POST /v1/service-identities/${id}/activate`)).body.code).toBe('tenant_frozen');
    await server.call(`POST /v1/tenants/${tenant.id}/activate`);
    const active = await server.call(`POST /v1/service-identities/${id}/activate`);
    expect([active.status, active.body.disabled_at]).toEqual([200, null]);
    expect((await server.call(`POST /v1/service-identities/${id}/activate`)).body).toEqual(active.body);
    expect((await server.call('GET /v1/me', { token: key })).status).toBe(401);
    expect(await actionsOf(id)).toEqual([
      'service_identity.created',
      'service_identity.deactivated',
      'service_identity.activated',
    ]);
  });
});

test('a tenant has as many in use as its quota says, also when one comes back', async () => {
  const { id: tenant_id } = await newTenant(server);
  const [first] = [await newIdentity(tenant_id), await newIdentity(tenant_id), await newIdentity(tenant_id)];
  const full = await create(tenant_id);
  expect([full.status, full.body]).toMatchObject([
    409,
    { code: 'quota_exceeded', quota: 'service_identities', limit: 3 },
  ]);
  await server.call(`POST /v1/service-identities/${first.id}/deactivate`);
  await newIdentity(tenant_id);
  expect((await server.call(`POST /v1/service-identities/${first.id}/activate`)).body.code).toBe('quota_exceeded');
});

test('one that has something is deleted only with cascade, and then with its keys', async () => {
  const { id: tenant_id } = await newTenant(server);
  const { id } = await newIdentity(tenant_id);
  const key = await madeIn(server, tenant_id, 'api-keys', { name: 'one', service_identity_id: id });
  const refused = await server.call(`DELETE /v1/service-identities/${id}`);
  expect([refused.status, refused.body]).toMatchObject([
    409,
    { code: 'service_identity_has_holdings', holdings: { api_keys: 1, group_memberships: 0, role_bindings: 0 } },
  ]);
  expect((await server.call(`DELETE /v1/service-identities/${id}?cascade=true`)).status).toBe(204);
  expect((await server.call(`GET /v1/service-identities/${id}`)).status).toBe(404);
  expect((await server.call('GET /v1/me', { token: key.key })).status).toBe(401);
  expect(await actionsOf(key.id)).toEqual(['api_key.created', 'api_key.revoked']);
  expect(await actionsOf(id)).toEqual(['service_identity.created', 'service_identity.deleted']);
  const empty = await newIdentity(tenant_id);
  expect((await server.call(`DELETE /v1/service-identities/${empty.id}`)).status).toBe(204);
});

test.each([
  ['GET', ''],
  ['PATCH', ''],
  ['POST', '/deactivate'],
  ['POST', '/activate'],
  ['DELETE', ''],
])('an unknown id is not found: %s /v1/service-identities/{id}%s', async (method, path) => {
  const options = method === 'PATCH' ? { body: { display_name: 'x' } } : {};
  const { status, body } = await server.call(`${method} /v1/service-identities/${UNKNOWN}${path}`, options);
  expect([status, body.code]).toEqual([404, 'not_found']);
});

describe('a key that is bound to a project', () => {
  let key: string;
  let own: { id: string };
  let sibling: { id: string };
  let tenant_id: string;
  let project_id: string;
  beforeAll(async () => {
    tenant_id = (await tenantIn(server, 'active')).id;
    project_id = (await newProject(server, tenant_id)).id;
    const scopes = ['registry:service_identities:read', 'registry:service_identities:write'];
    key = (await madeIn(server, tenant_id, 'api-keys', { name: 'x', project_id, scopes })).key;
    own = await newIdentity(tenant_id, { project_id });
    sibling = await newIdentity(tenant_id);
  });

  test('makes and reaches those of its project alone', async () => {
    const call = (operation: string, body?: object) =>
      server.call(operation, { token: key, ...(body ? { body } : {}) });
    expect((await call(`GET /v1/service-identities/${own.id}`)).status).toBe(200);
    expect((await call(`GET /v1/service-identities/${sibling.id}`)).status).toBe(404);
    expect((await call(`POST /v1/service-identities/${sibling.id}/deactivate`)).status).toBe(404);
    const { body } = await call(`GET /v1/service-identities?tenant_id=${tenant_id}`);
    expect(body.items.map(({ id }: { id: string }) => id)).toEqual([own.id]);
    const made = { tenant_id, display_name: 'x', federation_kind: 'api_token' };
    expect((await call('POST /v1/service-identities', made)).body.code).toBe('bound_to_project');
    expect((await call('POST /v1/service-identities', { ...made, project_id })).status).toBe(201);
  });

  test('decides on no trust domain, because that reaches all of the tenant', async () => {
    for (const operation of [
      `GET /v1/trust-bundles?tenant_id=${tenant_id}`,
      `DELETE /v1/trust-bundles?tenant_id=${tenant_id}&trust_domain=acme.example`,
    ])
      expect((await server.call(operation, { token: key })).body.code).toBe('bound_to_project');
    const body = { tenant_id, trust_domain: 'acme.example', keys: { keys: [] } };
    expect((await server.call('PUT /v1/trust-bundles', { token: key, body })).body.code).toBe('bound_to_project');
  });
});

test('nothing is written for a refused change', async () => {
  const tenant = await newTenant(server);
  const before = (await trailOf(server, tenant.id)).length;
  await create(tenant.id, { ...svid, audience: undefined });
  expect(await trailOf(server, tenant.id)).toHaveLength(before);
});

test('one that may do more than the caller is not activated by it, and gets no other audience', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const program = await newProgram(server, tenant_id);
  const scopes = ['registry:service_identities:read', 'registry:service_identities:write'];
  const { key: token } = await madeIn(server, tenant_id, 'api-keys', { name: 'x', scopes });
  const path = `/v1/service-identities/${program.id}`;
  const renamed = async (audience: string) =>
    (await server.call(`PATCH ${path}`, { token, body: { audience } })).status;
  const activated = async () => {
    expect((await server.call(`POST ${path}/deactivate`, { token })).status).toBe(200);
    return (await server.call(`POST ${path}/activate`, { token })).status;
  };
  expect([await renamed('other'), await activated()]).toEqual([200, 200]);
  await giveRole(server, tenant_id, { type: 'service_identity', id: program.id }, 'billing');
  expect([await renamed('third'), await activated()]).toEqual([403, 403]);
  expect((await server.call(`POST ${path}/activate`)).status).toBe(200);
});
