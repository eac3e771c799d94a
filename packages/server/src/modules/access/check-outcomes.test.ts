// engine: postgres
/** Checks over HTTP: what refuses them, many at once, and that what they say is what happens. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestIssuer } from '../../../test/support/oidc-provider.ts';
import { addChild, addMember, bind, newGroup, newUser, own, signedIn } from '../../../test/support/role-holders.ts';
import {
  type CallOptions,
  newProject,
  newTenant,
  type TestServer,
  trailOf,
  UNKNOWN,
} from '../../../test/support/server.ts';
import { startTwoProjects } from '../../../test/support/two-projects.ts';

let issuer: TestIssuer;
let server: TestServer;
let tenant_id: string;
let project: string;
let sibling: string;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ issuer, server, tenant_id, project, sibling, stop } = await startTwoProjects());
});
afterAll(() => stop());

const inProject = (id = project) => ({ type: 'project', id });
const inTenant = (id = tenant_id) => ({ type: 'tenant', id });
const ask = (body: object, options: CallOptions = {}) => server.call('POST /v1/access/check', { body, ...options });
const newKey = async (fields: object = {}) =>
  (await server.call('POST /v1/api-keys', { body: { tenant_id, name: 'ci', ...fields } })).body;
const nowhere = { by: null, path: [] };

test('a person without a tenant and without a role is answered as if there were nothing', async () => {
  const token = await issuer.token({ sub: 'stray', name: 'Stray' });
  for (const resource of [inProject(), inTenant()]) {
    const { status, body } = await ask({ permission: 'projects:read', resource }, { token });
    expect([status, body.code]).toEqual([404, 'not_found']);
  }
});

test('in a frozen tenant only reading is left, in an archived one nothing, in an archived project reading', async () => {
  const other = (await newTenant(server)).id;
  const [active, archived] = [(await newProject(server, other)).id, (await newProject(server, other)).id];
  const principal = { type: 'user', id: (await newUser(server, other, { roles: ['admin'] })).id };
  const reasons = async (resource: object) => {
    const asked = ['projects:read', 'project:viewer', 'projects:write', 'project:editor'];
    const answers = await Promise.all(asked.map((permission) => ask({ principal, permission, resource })));
    return answers.map(({ body }) => body.why.reason);
  };
  await server.call(`POST /v1/projects/${archived}/archive`);
  expect(await reasons(inProject(archived))).toEqual([null, null, 'project_archived', 'project_archived']);
  await server.call(`POST /v1/tenants/${other}/cancel`);
  expect(await reasons(inProject(active))).toEqual([null, null, 'tenant_frozen', 'tenant_frozen']);
  await server.call(`POST /v1/tenants/${other}/archive`);
  expect(await reasons(inProject(active))).toEqual(Array(4).fill('tenant_archived'));
});

describe('what is not there', () => {
  test('or belongs to another tenant, is not found, neither as a resource nor as a principal', async () => {
    const other = (await newTenant(server)).id;
    const theirs = (await newProject(server, other)).id;
    const stranger = { type: 'user', id: (await newUser(server, other)).id };
    const { key: token } = await newKey({ scopes: ['registry:access:check'] });
    const codes = async (body: object) => {
      const own = await ask({ permission: 'projects:read', ...body }, { token });
      const operator = await ask({ permission: 'projects:read', ...body });
      return [own.body.code, operator.body.code];
    };
    expect(await codes({ resource: inProject(UNKNOWN) })).toEqual(['not_found', 'not_found']);
    expect(await codes({ resource: inTenant(UNKNOWN) })).toEqual(['not_found', 'not_found']);
    expect(await codes({ resource: inProject(theirs) })).toEqual(['not_found', undefined]);
    expect(await codes({ resource: inProject(), principal: stranger })).toEqual(Array(2).fill('principal_not_found'));
    const unknown = { type: 'service_identity', id: UNKNOWN };
    expect(await codes({ resource: inProject(), principal: unknown })).toEqual(Array(2).fill('principal_not_found'));
  });

  test.each([
    ['/permission', { permission: 'projects:fly', resource: { type: 'project', id: UNKNOWN } }],
    ['/permission', { permission: 'projects', resource: { type: 'project', id: UNKNOWN } }],
    ['/resource/type', { permission: 'project:viewer', resource: { type: 'tenant', id: UNKNOWN } }],
    [
      '/principal/type',
      {
        permission: 'projects:read',
        resource: { type: 'tenant', id: UNKNOWN },
        principal: { type: 'group', id: UNKNOWN },
      },
    ],
    ['/resource', { permission: 'projects:read' }],
  ])('is refused by its field when it cannot be: %s', async (pointer, body) => {
    const answer = await ask(body);
    expect([answer.status, answer.body.errors[0].pointer]).toEqual([400, pointer]);
  });
});

describe('a batch', () => {
  const askAll = (checks: object[], options: CallOptions = {}) =>
    server.call('POST /v1/access/check-batch', { body: { checks }, ...options });

  test('is answered in its order, each check as it would be alone, and what is missing refuses one check alone', async () => {
    const user = await newUser(server, tenant_id);
    const principal = { type: 'user', id: user.id };
    await bind(server, sibling, { type: 'user', id: user.id }, 'viewer');
    const key = await newKey({ scopes: ['registry:projects:write'] });
    const checks = [
      { principal, permission: 'projects:read', resource: inProject() },
      { principal, permission: 'projects:read', resource: inProject(sibling) },
      { permission: 'tenants:write', resource: inTenant() },
      { principal: { type: 'api_key', id: key.id }, permission: 'projects:write', resource: inProject() },
    ];
    const alone = await Promise.all(checks.map(async (check) => (await ask(check)).body));
    const lost = [
      { principal, permission: 'projects:read', resource: inProject(UNKNOWN) },
      { principal: { type: 'user', id: UNKNOWN }, permission: 'projects:read', resource: inProject() },
    ];
    const { status, body } = await askAll([...lost, ...checks]);
    expect(status).toBe(200);
    expect(body.results.slice(2)).toEqual(alone);
    const refused = (reason: string) => ({ tenant_id: null, allowed: false, level: null, why: { ...nowhere, reason } });
    expect(body.results.slice(0, 2)).toEqual([refused('not_found'), refused('principal_not_found')]);
  });

  test('has 1 to 100 checks, and an unknown permission is refused by its place', async () => {
    const check = { permission: 'projects:read', resource: inProject() };
    expect((await askAll([])).status).toBe(400);
    expect((await askAll(Array(101).fill(check))).status).toBe(400);
    expect((await askAll(Array(100).fill(check))).body.results).toHaveLength(100);
    const { status, body } = await askAll([check, { ...check, permission: 'projects:fly' }]);
    expect([status, body.errors[0].pointer]).toEqual([400, '/checks/1/permission']);
  });

  test('about others needs the permission, as one check does', async () => {
    const { key: token } = await newKey();
    const principal = { type: 'user', id: (await newUser(server, tenant_id)).id };
    const { status, body } = await askAll([{ principal, permission: 'projects:read', resource: inProject() }], {
      token,
    });
    expect([status, body.permission]).toEqual([403, 'access:check']);
  });
});

describe('what a check says is what happens', () => {
  const operations = [
    ['projects:read', (id: string, token: string) => server.call(`GET /v1/projects/${id}`, { token })],
    [
      'projects:write',
      (id: string, token: string) => server.call(`PATCH /v1/projects/${id}`, { token, body: { name: 'x' } }),
    ],
    [
      'role_bindings:read',
      (id: string, token: string) => server.call(`GET /v1/projects/${id}/role-bindings`, { token }),
    ],
    [
      'api_keys:read',
      (id: string, token: string) => server.call(`GET /v1/api-keys?tenant_id=${tenant_id}&project_id=${id}`, { token }),
    ],
  ] as const;

  const userWith = async (roles: string[], level: string | null) => {
    const user = await newUser(server, tenant_id, { issuer, roles });
    if (level !== null) await bind(server, project, { type: 'user', id: user.id }, level);
    return signedIn(issuer, user);
  };
  const keyWith = async (scopes: string[], level: string | null, project_id?: string) => {
    const key = await newKey({ scopes, ...(project_id === undefined ? {} : { project_id }) });
    if (level === null) return key.key;
    const user = await newUser(server, tenant_id);
    await bind(server, project, { type: 'user', id: user.id }, level);
    await own(server, key.id, { user_id: user.id });
    return key.key;
  };
  const all = ['registry:projects:read', 'registry:projects:write', 'registry:api_keys:read'];
  const callers: [string, () => Promise<string>][] = [
    ['an admin', () => userWith(['admin'], null)],
    ['a member', () => userWith(['member'], null)],
    ['somebody without a role', () => userWith([], null)],
    ['a viewer', () => userWith([], 'viewer')],
    ['an editor who is a member', () => userWith(['member'], 'editor')],
    ['an admin of the project who is billing', () => userWith(['billing'], 'admin')],
    ['a key', () => keyWith(all, null)],
    ['a key of the project', () => keyWith(all, null, project)],
    ['a key of an admin of the project', () => keyWith(all, 'admin')],
    ['a key of a viewer', () => keyWith(all, 'viewer')],
    ['a key with one scope of an admin of the project', () => keyWith(['registry:projects:read'], 'admin', project)],
    ['a person whom the token alone describes', () => issuer.token({ tenant_id, org_roles: ['IT_ADMIN'], sub: 'new' })],
  ];
  test.each(callers)('to %s', async (_, make) => {
    const token = await make();
    for (const id of [project, sibling]) {
      for (const [permission, call] of operations) {
        const check = await ask({ permission, resource: inProject(id) }, { token });
        const { status } = await call(id, token);
        expect([permission, check.body.allowed ?? false]).toEqual([permission, status === 200]);
      }
    }
  });
});

test('a check changes nothing and leaves no trace', async () => {
  const before = await trailOf(server, tenant_id);
  await ask({ permission: 'projects:read', resource: inProject() }, { headers: { 'idempotency-key': 'once' } });
  const again = await ask(
    { permission: 'projects:read', resource: inProject() },
    { headers: { 'idempotency-key': 'once' } },
  );
  expect(again.headers.get('idempotency-replayed')).toBeNull();
  expect(await trailOf(server, tenant_id)).toEqual(before);
});

test('thirty-one diamonds on top of each other are answered, by a way of 33 groups at most', async () => {
  const other = (await newTenant(server)).id;
  const target = (await newProject(server, other)).id;
  const user = await newUser(server, other);
  let below: string[] = [];
  for (let depth = 0; depth < 31; depth += 1) {
    const level = [await newGroup(server, other), await newGroup(server, other)];
    for (const parent_id of level) {
      for (const child_id of below) await addChild(server, { tenant_id: other, parent_id, child_id });
      if (depth === 0) await addMember(server, { tenant_id: other, group_id: parent_id, type: 'user', id: user.id });
    }
    below = level;
  }
  const [top = ''] = below;
  await bind(server, target, { type: 'group', id: top }, 'viewer');
  const { body } = await ask({
    principal: { type: 'user', id: user.id },
    permission: 'project:viewer',
    resource: inProject(target),
  });
  expect([body.allowed, body.why.path.length]).toEqual([true, 33]);
  expect(body.why.path.at(-2).id).toBe(top);
});
