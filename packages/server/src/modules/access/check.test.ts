/** Checks over HTTP: whom they are answered for, and what they say. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestIssuer } from '../../../test/support/oidc-provider.ts';
import {
  addChild,
  addMember,
  bind,
  newGroup,
  newServiceIdentity,
  newUser,
  own,
  signedIn,
} from '../../../test/support/role-holders.ts';
import { type CallOptions, type TestServer, UNKNOWN } from '../../../test/support/server.ts';
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

describe('a user in a group in a group', () => {
  let user: Awaited<ReturnType<typeof newUser>>;
  let groups: { inner: string; outer: string };
  const principal = () => ({ type: 'user', id: user.id });
  beforeAll(async () => {
    user = await newUser(server, tenant_id, { issuer });
    groups = {
      inner: await newGroup(server, tenant_id, { display_name: 'Night shift' }),
      outer: await newGroup(server, tenant_id, { display_name: 'All shifts' }),
    };
    await addMember(server, { tenant_id, group_id: groups.inner, type: 'user', id: user.id });
    await addChild(server, { tenant_id, parent_id: groups.outer, child_id: groups.inner });
    await bind(server, project, { type: 'group', id: groups.outer }, 'editor');
  });

  // proves B31
  test('may what the level holds, and the answer shows the way', async () => {
    const { status, body } = await ask({
      principal: principal(),
      permission: 'project:editor',
      resource: inProject(),
    });
    expect([status, body]).toEqual([
      200,
      {
        tenant_id,
        allowed: true,
        level: 'editor',
        why: {
          by: 'role_binding',
          path: [
            { ...principal(), name: 'Jane Doe' },
            { type: 'group', id: groups.inner, name: 'Night shift' },
            { type: 'group', id: groups.outer, name: 'All shifts' },
            { type: 'role_binding', id: expect.any(String), name: 'editor' },
          ],
          reason: null,
        },
      },
    ]);
  });

  test('may no more than the level, nothing in a sibling, and nothing in the tenant as a whole', async () => {
    const refusal = { tenant_id, allowed: false, why: { ...nowhere, reason: 'no_grant' } };
    for (const [permission, resource, level] of [
      ['projects:write', inProject(), 'editor'],
      ['project:admin', inProject(), 'editor'],
      ['projects:read', inProject(sibling), null],
      ['projects:read', inTenant(), null],
    ] as const) {
      const { body } = await ask({ principal: principal(), permission, resource });
      expect(body, permission).toEqual({ ...refusal, level });
    }
  });

  test('of two bindings has the higher one, and for what both give the shorter way', async () => {
    await bind(server, project, { type: 'user', id: user.id }, 'viewer');
    const higher = await ask({ principal: principal(), permission: 'project:editor', resource: inProject() });
    expect([higher.body.level, higher.body.why.path.length]).toEqual(['editor', 4]);
    const shorter = await ask({ principal: principal(), permission: 'projects:read', resource: inProject() });
    expect([shorter.body.level, shorter.body.why.path.length]).toEqual(['editor', 2]);
  });

  test('asks for itself without any permission, and gets the answer that others get', async () => {
    const token = await signedIn(issuer, user);
    const question = { permission: 'projects:read', resource: inProject() };
    const alone = await ask(question, { token });
    expect(alone.body).toEqual((await ask({ ...question, principal: principal() })).body);
    expect((await ask({ ...question, principal: principal() }, { token })).body).toEqual(alone.body);
    const other = { type: 'user', id: (await newUser(server, tenant_id)).id };
    const refused = await ask({ ...question, principal: other }, { token });
    expect([refused.status, refused.body.permission]).toEqual([403, 'access:check']);
  });
});

test('a role in the tenant reaches every project, one of a group too, and an admin has the level admin there', async () => {
  const user = await newUser(server, tenant_id, { roles: ['member'] });
  const question = { principal: { type: 'user', id: user.id }, resource: inProject() };
  const { body: member } = await ask({ ...question, permission: 'projects:read' });
  expect(member).toMatchObject({ allowed: true, level: null, why: { by: 'tenant_role' } });
  expect(member.why.path.at(-1)).toEqual({ type: 'tenant_role', id: 'member', name: 'member' });
  expect((await ask({ ...question, permission: 'projects:write' })).body.allowed).toBe(false);
  const group_id = await newGroup(server, tenant_id, { tenant_role: 'admin' });
  await addMember(server, { tenant_id, group_id, type: 'user', id: user.id });
  const { body: admin } = await ask({ ...question, permission: 'project:admin' });
  expect(admin).toMatchObject({ allowed: true, level: 'admin', why: { by: 'tenant_role' } });
  expect(admin.why.path.map(({ type }: { type: string }) => type)).toEqual(['user', 'group', 'tenant_role']);
});

test('somebody who was deactivated, and a key that has ended, may nothing', async () => {
  const user = await newUser(server, tenant_id, { roles: ['admin'], disabled_at: new Date() });
  const [revoked, expired] = [
    await newKey({ scopes: ['registry:projects:read'] }),
    await newKey({ scopes: ['registry:projects:read'], expires_at: '2099-01-01T00:00:00Z' }),
  ];
  await server.call(`DELETE /v1/api-keys/${revoked.id}`);
  const past = new Date(server.clock.now().getTime() - 1_000);
  await server.app.deps.db.updateTable('api_keys').set({ expires_at: past }).where('id', '=', expired.id).execute();
  const ended = [
    { type: 'user', id: user.id },
    { type: 'api_key', id: revoked.id },
    { type: 'api_key', id: expired.id },
  ];
  for (const principal of ended) {
    const { body } = await ask({ principal, permission: 'projects:read', resource: inProject() });
    expect(body).toEqual({
      tenant_id,
      allowed: false,
      level: null,
      why: { ...nowhere, reason: 'principal_disabled' },
    });
  }
});

describe('a key', () => {
  test('of the tenant may what its scopes say', async () => {
    const { id } = await newKey({ scopes: ['registry:projects:read'] });
    const question = { principal: { type: 'api_key', id }, resource: inProject() };
    const scope = 'registry:projects:read';
    expect((await ask({ ...question, permission: 'projects:read' })).body).toMatchObject({
      allowed: true,
      why: {
        by: 'scope',
        path: [
          { type: 'api_key', id, name: 'ci' },
          { type: 'scope', id: scope, name: scope },
        ],
      },
    });
    const lacking = await ask({ ...question, permission: 'projects:write' });
    expect(lacking.body).toMatchObject({ allowed: false, why: { ...nowhere, reason: 'key_scope' } });
  });

  test('that is bound to a project has nothing in another one, and no projects of the tenant', async () => {
    const { id } = await newKey({ scopes: ['registry:projects:read', 'registry:audit:read'], project_id: project });
    const principal = { type: 'api_key', id };
    const allowed = async (permission: string, resource: object) =>
      (await ask({ principal, permission, resource })).body.allowed;
    expect(await allowed('projects:read', inProject())).toBe(true);
    expect(await allowed('projects:read', inProject(sibling))).toBe(false);
    expect(await allowed('projects:read', inTenant())).toBe(false);
    // It reads the part of the log that is its project's.
    expect(await allowed('audit:read', inTenant())).toBe(true);
  });

  test('with an owner may what its scopes and its owner may', async () => {
    const owner = await newServiceIdentity(server, tenant_id);
    const key = await newKey({ scopes: ['registry:projects:read'] });
    await own(server, key.id, { service_identity_id: owner });
    const question = { principal: { type: 'api_key', id: key.id }, resource: inProject() };
    const reasonOf = async (permission: string) => (await ask({ ...question, permission })).body.why.reason;
    expect(await reasonOf('projects:read')).toBe('no_grant');
    await bind(server, project, { type: 'service_identity', id: owner }, 'admin');
    const { body } = await ask({ ...question, permission: 'projects:read' });
    expect(body.why.path.map(({ type }: { type: string }) => type)).toEqual([
      'api_key',
      'service_identity',
      'role_binding',
    ]);
    expect(await reasonOf('projects:write')).toBe('key_scope');
    expect((await ask(question.principal && { ...question, permission: 'project:admin' })).body).toMatchObject({
      allowed: false,
      level: null,
    });
  });

  test('asks for itself; about its owner and about others it needs the scope', async () => {
    const user = await newUser(server, tenant_id);
    const key = await newKey({ scopes: ['registry:projects:read'] });
    const question = { permission: 'projects:read', resource: inProject() };
    const self = { ...question, principal: { type: 'api_key', id: key.id } };
    expect((await ask(self, { token: key.key })).body).toEqual((await ask(question, { token: key.key })).body);
    const about = { ...question, principal: { type: 'user', id: user.id } };
    expect((await ask(about, { token: key.key })).status).toBe(403);
    const { key: asker } = await newKey({ scopes: ['registry:access:check'] });
    expect((await ask(about, { token: asker })).status).toBe(200);
  });
});

describe('a caller that is bound to a project', () => {
  test('asks about people there, and knows of no key and no program beyond it', async () => {
    const admin = await newUser(server, tenant_id, { issuer });
    await bind(server, project, { type: 'user', id: admin.id }, 'admin');
    const tokens = [
      await signedIn(issuer, admin),
      (await newKey({ project_id: project, scopes: ['registry:access:check'] })).key,
    ];
    const user = { type: 'user', id: (await newUser(server, tenant_id)).id };
    const hidden = [
      { type: 'api_key', id: (await newKey()).id },
      { type: 'api_key', id: (await newKey({ project_id: sibling })).id },
      { type: 'service_identity', id: await newServiceIdentity(server, tenant_id, { project_id: sibling }) },
      { type: 'user', id: UNKNOWN },
    ];
    const shown = [
      user,
      { type: 'api_key', id: (await newKey({ project_id: project })).id },
      { type: 'service_identity', id: await newServiceIdentity(server, tenant_id, { project_id: project }) },
    ];
    for (const token of tokens) {
      const question = { permission: 'projects:read', resource: inProject() };
      for (const principal of shown)
        expect([principal, (await ask({ ...question, principal }, { token })).status]).toEqual([principal, 200]);
      for (const principal of hidden) {
        const { status, body } = await ask({ ...question, principal }, { token });
        expect([principal, status, body.code]).toEqual([principal, 404, 'principal_not_found']);
      }
    }
    const [person = '', key = ''] = tokens;
    const beyond = { permission: 'projects:read', resource: inProject(sibling), principal: user };
    expect((await ask(beyond, { token: person })).status).toBe(403);
    expect((await ask(beyond, { token: key })).status).toBe(404);
  });
});

describe('static tokens', () => {
  test('may what their role holds, by a role of the platform', async () => {
    const question = { permission: 'projects:write', resource: inProject() };
    expect((await ask(question)).body).toEqual({
      tenant_id,
      allowed: true,
      level: 'admin',
      why: {
        by: 'platform_role',
        path: [
          { type: 'operator', id: 'operator_token', name: 'Operator token' },
          { type: 'platform_role', id: 'operator', name: 'operator' },
        ],
        reason: null,
      },
    });
    const internal = await ask(question, { token: server.internalToken });
    expect(internal.body).toMatchObject({ allowed: false, why: { reason: 'no_grant' } });
  });

  test('of products ask about everybody', async () => {
    const principal = { type: 'user', id: (await newUser(server, tenant_id)).id };
    const body = { principal, permission: 'project:viewer', resource: inProject() };
    expect((await ask(body, { token: server.internalToken })).status).toBe(200);
  });
});
