import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import {
  DAY_MS,
  entitle,
  newTenant,
  type TestServer,
  tenantIn,
  testServer,
  trailOf,
  UNKNOWN,
  uniqueSlug,
} from '../../../test/support/server.ts';

const small = testServer({ quotaProjects: 2, quotaApiKeys: 3, quotaIdpConfigs: 2 });
const usual = testServer();

const keyScopes = ['registry:api_keys:write', 'registry:projects:write', 'registry:idp_configs:write'];

async function newKey(server: TestServer, tenant_id: string, fields: Record<string, unknown> = {}) {
  return server.call('POST /v1/api-keys', { body: { tenant_id, name: 'k', ...fields } });
}

const usedOf = async (server: TestServer, tenant_id: string) => {
  const { body } = await server.call(`GET /v1/limits?tenant_id=${tenant_id}`);
  return Object.fromEntries(body.quotas.map(({ quota, used }: { quota: string; used: number }) => [quota, used]));
};

const exceeded = ({ status, body }: { status: number; body: Record<string, unknown> }) => [
  status,
  body['code'],
  body['quota'],
  body['limit'],
  body['used'],
];

describe('GET /v1/limits', () => {
  test('tells a key of its tenant what is enforced, what is used of it, and what is left of its budgets', async () => {
    const { id: tenant_id } = await tenantIn(usual, 'active');
    await entitle(usual, tenant_id);
    await usual.call('POST /v1/projects', { body: { tenant_id, slug: uniqueSlug(), name: 'P' } });
    const { body: key } = await newKey(usual, tenant_id);
    const { status, body } = await usual.call('GET /v1/limits', { token: key.key });
    expect(status).toBe(200);
    expect(body).toEqual({
      tenant_id,
      quotas: [
        { quota: 'projects', limit: 1_000, used: 1 },
        { quota: 'idp_configs', limit: 100, used: 0 },
        { quota: 'users', limit: 100_000, used: 0 },
        { quota: 'service_identities', limit: 1_000, used: 0 },
        { quota: 'trust_bundles', limit: 50, used: 0 },
        { quota: 'groups', limit: 10_000, used: 0 },
        { quota: 'group_edges', limit: 20_000, used: 0 },
        { quota: 'api_keys', limit: 1_000, used: 1 },
        { quota: 'config_schemas', limit: 1_000, used: 0 },
        { quota: 'resources', limit: 10_000, used: 0 },
        { quota: 'nodes', limit: 100_000, used: 0 },
        { quota: 'webhooks', limit: 50, used: 0 },
      ],
      budgets: [],
      cost_bytes_per_unit: 16_384,
      page_items_default: 50,
      page_items_max: 200,
      page_bytes_max: 1_048_576,
      body_bytes_max: 65_536,
      audit_bulk_bytes_max: 4_194_304,
      audit_bulk_events_max: 1_000,
    });
    expect((await usual.call(`GET /v1/limits?tenant_id=${tenant_id}`, { token: key.key })).body.quotas).toEqual(
      body.quotas,
    );
    expect(await trailOf(usual, tenant_id)).not.toContainEqual(expect.objectContaining({ action: 'limits.read' }));
  });

  test('tells the platform, products included, of any tenant, and of none without its name', async () => {
    const { id: tenant_id } = await newTenant(usual);
    for (const token of [usual.operatorToken, usual.internalToken]) {
      expect((await usual.call(`GET /v1/limits?tenant_id=${tenant_id}`, { token })).body.tenant_id).toBe(tenant_id);
    }
    const { body } = await usual.call('GET /v1/limits');
    expect(body.tenant_id).toBeNull();
    expect(new Set(body.quotas.map(({ used }: { used: null }) => used))).toEqual(new Set([null]));
  });

  test('answers any caller, and nobody without a credential', async () => {
    expect((await usual.call('GET /v1/limits', { token: usual.internalToken })).status).toBe(200);
    const { status, body } = await usual.call('GET /v1/limits', { token: null });
    expect([status, body.code]).toEqual([401, 'unauthenticated']);
  });

  test('is not found for an unknown tenant and for a tenant that is not the caller’s', async () => {
    const [{ id: mine }, { id: other }] = [await newTenant(usual), await newTenant(usual)];
    const { body: key } = await newKey(usual, mine);
    for (const [id, token] of [
      [UNKNOWN, usual.operatorToken],
      [other, key.key],
    ]) {
      const { status, body } = await usual.call(`GET /v1/limits?tenant_id=${id}`, { token });
      expect([status, body.code]).toEqual([404, 'not_found']);
    }
  });

  test('refuses what is no id and what is no parameter, and tells of a frozen tenant but not of an archived one', async () => {
    for (const query of ['tenant_id=x', 'limit=5']) {
      expect((await usual.call(`GET /v1/limits?${query}`)).status).toBe(400);
    }
    const [frozen, archived] = [await tenantIn(usual, 'frozen'), await tenantIn(usual, 'archived')];
    expect((await usual.call(`GET /v1/limits?tenant_id=${frozen.id}`)).status).toBe(200);
    const { status, body } = await usual.call(`GET /v1/limits?tenant_id=${archived.id}`);
    expect([status, body.code]).toEqual([409, 'tenant_archived']);
  });
});

describe('a quota', () => {
  test('ends the creation of projects, and an archived one makes room', async () => {
    const { id: tenant_id } = await tenantIn(small, 'active');
    await entitle(small, tenant_id);
    const create = () => small.call('POST /v1/projects', { body: { tenant_id, slug: uniqueSlug(), name: 'P' } });
    const { body: first } = await create();
    expect((await create()).status).toBe(201);
    const trail = (await trailOf(small, tenant_id)).length;
    expect(exceeded(await create())).toEqual([409, 'quota_exceeded', 'projects', 2, 2]);
    expect(await trailOf(small, tenant_id)).toHaveLength(trail);
    await small.call(`POST /v1/projects/${first.id}/archive`);
    expect((await create()).status).toBe(201);
    expect(await usedOf(small, tenant_id)).toMatchObject({ projects: 2 });
  });

  test('ends the creation of keys; a key that is revoked or has expired makes room', async () => {
    const { id: tenant_id } = await tenantIn(small, 'active');
    const expires_at = new Date(small.clock.now().getTime() + DAY_MS).toISOString();
    const first = await newKey(small, tenant_id, { expires_at });
    const second = await newKey(small, tenant_id);
    expect([first.status, second.status, (await newKey(small, tenant_id)).status]).toEqual([201, 201, 201]);
    expect(exceeded(await newKey(small, tenant_id))).toEqual([409, 'quota_exceeded', 'api_keys', 3, 3]);
    await small.call(`DELETE /v1/api-keys/${second.body.id}`);
    expect((await newKey(small, tenant_id)).status).toBe(201);
    small.clock.advance(DAY_MS);
    expect(await usedOf(small, tenant_id)).toMatchObject({ api_keys: 2 });
    expect((await newKey(small, tenant_id)).status).toBe(201);
  });

  test('lets a key be rotated at once when it is used up, and with a grace only while there is room for both', async () => {
    const { id: tenant_id } = await tenantIn(small, 'active');
    const keys = [await newKey(small, tenant_id), await newKey(small, tenant_id), await newKey(small, tenant_id)];
    const rotate = (id: string, grace_seconds: number) =>
      small.call(`POST /v1/api-keys/${id}/rotate`, { body: { grace_seconds } });
    expect(exceeded(await rotate(keys[0]?.body.id, 60))).toEqual([409, 'quota_exceeded', 'api_keys', 3, 3]);
    expect((await rotate(keys[0]?.body.id, 0)).status).toBe(201);
    await small.call(`DELETE /v1/api-keys/${keys[1]?.body.id}`);
    expect((await rotate(keys[2]?.body.id, 60)).status).toBe(201);
    expect(await usedOf(small, tenant_id)).toMatchObject({ api_keys: 3 });
  });

  test('counts all keys of the tenant, also for a key that is bound to a project and sees those of the project alone', async () => {
    const { id: tenant_id } = await tenantIn(small, 'active');
    await entitle(small, tenant_id);
    const { body: project } = await small.call('POST /v1/projects', {
      body: { tenant_id, slug: uniqueSlug(), name: 'P' },
    });
    const scopes = ['registry:api_keys:write', 'registry:api_keys:read'];
    const { body: bound } = await newKey(small, tenant_id, { project_id: project.id, scopes });
    await newKey(small, tenant_id);
    const make = () =>
      small.call('POST /v1/api-keys', {
        token: bound.key,
        body: { tenant_id, name: 'k', project_id: project.id, scopes: [] },
      });
    expect((await make()).status).toBe(201);
    expect(exceeded(await make())).toEqual([409, 'quota_exceeded', 'api_keys', 3, 3]);
    // It still sees the keys of its project alone.
    const { body: list } = await small.call(`GET /v1/api-keys?tenant_id=${tenant_id}`, { token: bound.key });
    expect(list.items).toHaveLength(2);
    expect((await small.call('GET /v1/limits', { token: bound.key })).body.quotas).toContainEqual({
      quota: 'api_keys',
      limit: 3,
      used: 3,
    });
  });

  test('ends the creation of SSO configurations and the return of deactivated ones, not the change of active ones', async () => {
    const { id: tenant_id } = await tenantIn(small, 'active');
    const create = (issuer: string) =>
      small.call('POST /v1/idp-configs', { body: { tenant_id, kind: 'oidc', alias: 'a', issuer } });
    const { body: first } = await create('https://one.example');
    await create('https://two.example');
    expect(exceeded(await create('https://three.example'))).toEqual([409, 'quota_exceeded', 'idp_configs', 2, 2]);
    await small.call(`DELETE /v1/idp-configs/${first.id}`);
    const { body: third, status } = await create('https://three.example');
    expect(status).toBe(201);
    const patch = (id: string, body: object) => small.call(`PATCH /v1/idp-configs/${id}`, { body });
    expect(exceeded(await patch(first.id, { status: 'active' }))).toEqual([409, 'quota_exceeded', 'idp_configs', 2, 2]);
    expect((await patch(third.id, { status: 'active', alias: 'b' })).status).toBe(200);
    await patch(third.id, { status: 'deactivated' });
    expect((await patch(first.id, { status: 'active' })).status).toBe(200);
  });

  test('is not passed by creations at once, whoever makes them', async () => {
    const { id: tenant_id } = await tenantIn(small, 'active');
    await entitle(small, tenant_id);
    const { body: key } = await newKey(small, tenant_id, { scopes: keyScopes });
    const token = (index: number) => (index % 2 === 0 ? small.operatorToken : key.key);
    const at = (operation: string, body: (index: number) => object) =>
      Promise.all(
        [0, 1, 2, 3, 4, 5].map((index) =>
          small.call(operation, { token: token(index), body: { tenant_id, ...body(index) } }),
        ),
      );
    const made = (answers: { status: number }[]) => answers.filter(({ status }) => status === 201).length;
    expect(made(await at('POST /v1/projects', () => ({ slug: uniqueSlug(), name: 'P' })))).toBe(2);
    expect(made(await at('POST /v1/api-keys', () => ({ name: 'k' })))).toBe(2);
    const provider = (index: number) => ({ kind: 'oidc', alias: 'a', issuer: `https://i${index}.example` });
    expect(made(await at('POST /v1/idp-configs', provider))).toBe(2);
    expect(await usedOf(small, tenant_id)).toMatchObject({ projects: 2, api_keys: 3, idp_configs: 2 });
  });

  test('has one name and one module, and a name that no module declared is a mistake', async () => {
    const { quotas } = usual.app.deps;
    expect(quotas.list().map(({ name }) => name)).toEqual([
      'projects',
      'idp_configs',
      'users',
      'service_identities',
      'trust_bundles',
      'groups',
      'group_edges',
      'api_keys',
      'config_schemas',
      'resources',
      'nodes',
      'webhooks',
    ]);
    expect(() => quotas.named('nothing')).toThrow('no module declares');
    expect(() => quotas.declare({ name: 'projects', limit: 0, used: async () => 0 })).toThrow('two modules');
  });
});

describe('without a quota', () => {
  const server = testServer({ quotaApiKeys: 0 });

  test('as many are made as are asked for, and the limit is null', async () => {
    const { id: tenant_id } = await tenantIn(server, 'active');
    await sql`
      insert into api_keys (tenant_id, name, prefix, hash)
      select ${tenant_id}, 'key', 'bp_' || i, gen_random_uuid() from generate_series(1, 1500) as i`.execute(
      server.app.deps.db,
    );
    expect((await newKey(server, tenant_id)).status).toBe(201);
    const { body } = await server.call(`GET /v1/limits?tenant_id=${tenant_id}`);
    expect(body.quotas).toContainEqual({ quota: 'api_keys', limit: null, used: 1_501 });
  });
});
