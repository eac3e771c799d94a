// engine: postgres
/** Every operation by role, by tenant and by project: who is let in, and who is refused. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listOperations, type Operation } from '../src/http/operations.ts';
import { platformRoles, type Role, tenantRoles } from '../src/kernel/permissions.ts';
import { grants } from '../src/modules.ts';
import { startIssuer, type TestIssuer } from './support/oidc-provider.ts';
import { type Held, heldFor, heldWithAll, nowhere, requestOf, walkOf } from './support/requests.ts';
import { type CallOptions, newProject, oidcFor, startTestServer, type TestServer, trailOf } from './support/server.ts';

let issuer: TestIssuer;
let server: TestServer;
/** The tenant of the caller, and another one. */
let own: Held;
let foreign: Held;

beforeAll(async () => {
  issuer = await startIssuer();
  server = await startTestServer({ oidc: oidcFor(issuer) });
  [own, foreign] = [await heldWithAll(server), await heldWithAll(server)];
});
afterAll(async () => {
  await server.close();
  await issuer.stop();
});

const operations = listOperations().map((operation) => ({ operation, name: operation.route.operation }));
const names: Readonly<Partial<Record<Role, string>>> = {
  operator: 'BREAKPILOT_ADMIN',
  support: 'SUPPORT_ENGINEER',
  sales: 'SALES_REP',
  admin: 'IT_ADMIN',
  billing: 'CXO',
  member: 'USER',
};

/** Credentials are made once: of five hundred signatures and computations of argon2, most would be repetitions. */
const made = new Map<string, Promise<string>>();
function once(name: string, make: () => Promise<string>): Promise<string> {
  const credential = made.get(name) ?? make();
  made.set(name, credential);
  return credential;
}

/** A credential that gives this one role, of the tenant where it is one of a tenant. */
const tokenOf = (role: Role, tenant_id = own.tenant_id) =>
  once(`${role} ${tenant_id}`, () => newTokenOf(role, tenant_id));

async function newTokenOf(role: Role, tenant_id: string): Promise<string> {
  if (role === 'internal') return server.internalToken;
  const ofPlatform = platformRoles.some((each) => each === role);
  return issuer.token(
    ofPlatform ? { realm_access: { roles: [names[role]] } } : { tenant_id, org_roles: [names[role]] },
  );
}

function send(operation: Operation, held: Held, options: CallOptions) {
  const [call, request] = requestOf(server, operation, held);
  return server.call(call, { ...request, ...options });
}

/** A key of the tenant with every scope that a key can have on the registry, or with these fields. */
const ownKey = (fields: Record<string, unknown> = {}) => once(JSON.stringify(fields), () => newOwnKey(fields));

async function newOwnKey(fields: Record<string, unknown>): Promise<string> {
  const scopes = grants.byKeys.map((permission) => `registry:${permission}`);
  const body = { tenant_id: own.tenant_id, name: 'machine', scopes, ...fields };
  const answer = await server.call('POST /v1/api-keys', { body });
  expect(answer.status).toBe(201);
  return answer.body.key;
}

// proves A65, A66
test.each(operations.filter(({ operation }) => !operation.isPublic))(
  '$name refuses who cannot be known: without a credential, with a token for others, an expired one, an unknown key',
  async ({ operation }) => {
    const claims = { realm_access: { roles: [names.operator] } };
    const tokens = [
      null,
      await issuer.token(claims, { audience: 'https://elsewhere.example' }),
      await issuer.sign({ ...claims, exp: 1_700_000_000 }),
      `bp_${'B'.repeat(22)}`,
    ];
    for (const token of tokens) {
      const { status, headers, body } = await send(operation, own, { token, headers: {} });
      expect([status, body.code], String(token?.slice(0, 3))).toEqual([401, 'unauthenticated']);
      expect(headers.get('www-authenticate')).toMatch(token === null ? /^Bearer$/ : /^Bearer error="invalid_token"/);
    }
  },
);

const roles = [...platformRoles, ...tenantRoles, 'internal'] as const;
const holds = (role: Role, { permission }: Operation) =>
  permission === null || grants.byRole[role].includes(permission);

test.each(operations.filter(({ operation }) => operation.permission !== null))(
  '$name refuses every role that lacks its permission, and says which it is',
  async ({ operation }) => {
    const { permission } = operation;
    for (const role of roles.filter((each) => !holds(each, operation))) {
      const { status, body } = await send(operation, own, { token: await tokenOf(role) });
      expect([role, status, body.code, body.permission]).toEqual([role, 403, 'forbidden', permission]);
    }
    // Words of the products, even when they sound like permissions.
    const token = await ownKey({ scopes: ['tenants:read', `${permission}`] });
    const { status, body } = await send(operation, own, { token });
    expect([status, body.code]).toEqual([403, 'forbidden']);
  },
);

const isSelfOnly = (operation: Operation) => walkOf(operation).selfOnly !== undefined;
const forRoles = operations.filter(({ operation }) => !isSelfOnly(operation));

test.each(forRoles)('$name lets every role that holds its permission do it', async ({ operation }) => {
  const changes = operation.type === 'mutation' && !operation.safe;
  for (const role of roles.filter((each) => holds(each, operation))) {
    const held = changes ? await heldFor(server, operation) : own;
    const { status, body } = await send(operation, held, { token: await tokenOf(role, held.tenant_id) });
    expect([role, status], JSON.stringify(body)).toEqual([role, operation.route.status ?? 200]);
  }
});

test.each(operations.filter(({ operation }) => isSelfOnly(operation)))(
  '$name refuses every caller that is no user and no service identity of a tenant',
  async ({ operation }) => {
    for (const token of [...(await Promise.all(roles.map((role) => tokenOf(role)))), await ownKey()]) {
      const { status, body } = await send(operation, own, { token, headers: {} });
      expect([status, body.code]).toEqual([403, operation.isPersonal ? 'no_user' : 'forbidden']);
    }
  },
);

const ofOneTenant = forRoles.filter(({ operation }) => walkOf(operation).namesNoTenant === undefined);

test.each(ofOneTenant.filter(({ operation }) => holds('admin', operation)))(
  '$name answers an admin and a key of another tenant as if there were no such thing, and does nothing',
  async ({ operation }) => {
    const before = await trailOf(server, foreign.tenant_id);
    // A permission that no key can have is refused to it wherever the thing is.
    const isForKeys = operation.permission === null || grants.byKeys.includes(operation.permission);
    for (const token of [await tokenOf('admin'), ...(isForKeys ? [await ownKey()] : [])]) {
      const theirs = await send(operation, foreign, { token });
      const none = await send(operation, nowhere, { token });
      expect([theirs.status, theirs.body.code], JSON.stringify(theirs.body)).toEqual([404, 'not_found']);
      expect({ ...theirs.body, instance: '' }).toEqual({ ...none.body, instance: '' });
    }
    expect(await trailOf(server, foreign.tenant_id)).toEqual(before);
  },
);

test('lists without a tenant show its people their own alone', async () => {
  for (const token of [await tokenOf('admin'), await ownKey()]) {
    const tenants = await server.call('GET /v1/tenants', { token });
    expect(tenants.body.items.map(({ id }: { id: string }) => id)).toEqual([own.tenant_id]);
    for (const list of ['catalog/requests', 'audit']) {
      const { body } = await server.call(`GET /v1/${list}?limit=200`, { token });
      expect(body.items.length).toBeGreaterThan(0);
      expect(new Set(body.items.map(({ tenant_id }: { tenant_id: string }) => tenant_id))).toEqual(
        new Set([own.tenant_id]),
      );
    }
    const { body } = await server.call('GET /v1/audit/export', { token });
    for (const line of body.trim().split('\n')) expect(JSON.parse(line).tenant_id).toBe(own.tenant_id);
  }
});

test('a token with a tenant role and no tenant, or a tenant and no role, may do nothing', async () => {
  const powerless = [
    { org_roles: ['IT_ADMIN'] },
    { tenant_id: own.tenant_id },
    { tenant_id: 'acme', org_roles: ['IT_ADMIN'] },
  ];
  for (const claims of powerless) {
    const token = await issuer.token(claims);
    expect((await server.call(`GET /v1/tenants/${own.tenant_id}`, { token })).status).toBe(403);
    expect((await server.call('GET /v1/me', { token })).body).toMatchObject({
      type: 'user',
      roles: [],
      permissions: [],
    });
  }
  // A person without a tenant is no caller of the platform either, and may name none.
  const token = await issuer.token({ org_roles: ['IT_ADMIN'] });
  expect((await server.call('GET /v1/limits', { token })).body.tenant_id).toBeNull();
  expect((await server.call(`GET /v1/limits?tenant_id=${own.tenant_id}`, { token })).status).toBe(404);
});

describe('a key that is bound to a project', () => {
  let key: string;
  let sibling: string;
  beforeAll(async () => {
    sibling = (await newProject(server, own.tenant_id)).id;
    const scopes = ['projects:read', 'projects:write', 'api_keys:read', 'api_keys:write', 'audit:read'];
    key = await ownKey({ project_id: own.project, scopes: scopes.map((scope) => `registry:${scope}`) });
  });

  test('reaches its project and what is in it', async () => {
    expect((await server.call(`GET /v1/projects/${own.project}`, { token: key })).status).toBe(200);
    const changed = await server.call(`PATCH /v1/projects/${own.project}`, { token: key, body: { name: 'Mine' } });
    expect(changed.status).toBe(200);
    const body = { tenant_id: own.tenant_id, project_id: own.project, name: 'inner' };
    const made = await server.call('POST /v1/api-keys', { token: key, body });
    expect(made.status).toBe(201);
    expect((await server.call(`DELETE /v1/api-keys/${made.body.id}`, { token: key })).status).toBe(204);
  });

  test('knows of nothing beyond it', async () => {
    expect((await server.call(`GET /v1/projects/${sibling}`, { token: key })).status).toBe(404);
    expect((await server.call(`PATCH /v1/projects/${sibling}`, { token: key, body: { name: 'x' } })).status).toBe(404);
    expect((await server.call(`DELETE /v1/api-keys/${own.apiKey}`, { token: key })).status).toBe(404);
    expect(
      (await server.call(`GET /v1/api-keys?tenant_id=${own.tenant_id}&project_id=${sibling}`, { token: key })).status,
    ).toBe(404);
    const lists = { projects: 'id', 'api-keys': 'project_id', audit: 'project_id' } as const;
    for (const [list, field] of Object.entries(lists)) {
      const { body } = await server.call(`GET /v1/${list}?tenant_id=${own.tenant_id}&limit=200`, { token: key });
      expect(new Set(body.items.map((item: Record<string, string>) => item[field])), list).toEqual(
        new Set([own.project]),
      );
    }
  });

  test('makes nothing beyond it, and no key that can do more than itself', async () => {
    const make = (path: string, fields: object) =>
      server.call(`POST /v1/${path}`, { token: key, body: { tenant_id: own.tenant_id, name: 'x', ...fields } });
    for (const [path, fields] of [
      ['projects', { slug: 'beyond' }],
      ['api-keys', {}],
      ['api-keys', { project_id: sibling }],
    ] as const) {
      const { status, body } = await make(path, fields);
      expect([status, body.code], path).toEqual([403, 'bound_to_project']);
    }
    const wider = await make('api-keys', { project_id: own.project, scopes: ['registry:tenants:read'] });
    expect([wider.status, wider.body.errors[0].pointer]).toEqual([400, '/scopes/0']);
  });
});

test('no caller makes or rotates a key that may do more than the caller', async () => {
  const token = await ownKey({ scopes: ['registry:api_keys:write'] });
  const body = { tenant_id: own.tenant_id, name: 'x', scopes: ['registry:projects:write'] };
  const made = await server.call('POST /v1/api-keys', { token, body });
  expect([made.status, made.body.permission]).toEqual([403, 'projects:write']);
  const { body: strong } = await server.call('POST /v1/api-keys', { body });
  const rotated = await server.call(`POST /v1/api-keys/${strong.id}/rotate`, { token });
  expect([rotated.status, rotated.body.permission]).toEqual([403, 'projects:write']);
  const platform = await server.call('POST /v1/api-keys', { body: { ...body, scopes: ['registry:tenants:write'] } });
  expect([platform.status, platform.body.errors[0].pointer]).toEqual([400, '/scopes/0']);
});

test('a key gives away its own words of the products alone; people, who have none, give any', async () => {
  const fields = { project_id: own.project, scopes: ['registry:api_keys:write', 'reports:read'] };
  for (const token of [await ownKey(fields), await ownKey({ scopes: fields.scopes })]) {
    const make = (scopes: string[]) =>
      server.call('POST /v1/api-keys', { token, body: { ...fields, tenant_id: own.tenant_id, name: 'x', scopes } });
    expect((await make(fields.scopes)).status).toBe(201);
    const wider = await make(['reports:read', 'reports:write']);
    expect([wider.status, wider.body.code]).toEqual([403, 'forbidden']);
    expect(wider.body.detail).toContain('reports:write');
    const body = { tenant_id: own.tenant_id, project_id: own.project, name: 'x', scopes: ['reports:write'] };
    const strong = await server.call('POST /v1/api-keys', { token: await tokenOf('admin'), body });
    expect(strong.status).toBe(201);
    const rotated = await server.call(`POST /v1/api-keys/${strong.body.id}/rotate`, { token });
    expect([rotated.status, rotated.body.code]).toEqual([403, 'forbidden']);
  }
});

test('a key that was revoked, has expired or belongs to an archived tenant opens nothing; one of a frozen tenant reads', async () => {
  const held = await heldWithAll(server);
  const make = async (fields: object = {}) =>
    (
      await server.call('POST /v1/api-keys', {
        body: {
          tenant_id: held.tenant_id,
          name: 'x',
          scopes: ['registry:projects:read', 'registry:projects:write'],
          ...fields,
        },
      })
    ).body;
  const read = async (token: string) => (await server.call(`GET /v1/projects/${held.project}`, { token })).status;
  const [revoked, living] = [await make(), await make()];
  expect(await read(revoked.key)).toBe(200);
  await server.call(`DELETE /v1/api-keys/${revoked.id}`);
  expect(await read(revoked.key)).toBe(401);
  await server.call(`POST /v1/tenants/${held.tenant_id}/cancel`);
  expect(await read(living.key)).toBe(200);
  const write = await server.call(`PATCH /v1/projects/${held.project}`, { token: living.key, body: { name: 'x' } });
  expect([write.status, write.body.code]).toEqual([409, 'tenant_frozen']);
  await server.call(`POST /v1/tenants/${held.tenant_id}/archive`);
  expect(await read(living.key)).toBe(401);
});
