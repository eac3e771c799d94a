// engine: postgres
/** What a level lets one do in its project, by every way on which one has it, and nothing beyond. */
import { testDatabase } from '@tenant-registry/db/testing';
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
import { newProject, newTenant, oidcFor, startTestServer, type TestServer } from '../../../test/support/server.ts';
import { startTwoProjects } from '../../../test/support/two-projects.ts';
import { type ProjectLevel, projectLevels } from '../../kernel/permissions.ts';

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

const keyIn = async (project_id: string | null, scopes: readonly string[] = []) =>
  (
    await server.call('POST /v1/api-keys', {
      body: { tenant_id, name: 'x', scopes, ...(project_id === null ? {} : { project_id }) },
    })
  ).body;

/** The operations that a level may stand in for, in a project, with the lowest level that holds the permission. */
const operations: Record<
  string,
  {
    level: ProjectLevel;
    success: number;
    call: (target: string, token: string) => Promise<{ status: number; body: { code?: string } }>;
  }
> = {
  get_project: {
    level: 'viewer',
    success: 200,
    call: (target, token) => server.call(`GET /v1/projects/${target}`, { token }),
  },
  update_project: {
    level: 'admin',
    success: 200,
    call: (target, token) =>
      server.call(`PATCH /v1/projects/${target}`, { token, body: { description: token.slice(-9) } }),
  },
  list_role_bindings: {
    level: 'admin',
    success: 200,
    call: (target, token) => server.call(`GET /v1/projects/${target}/role-bindings`, { token }),
  },
  set_role_binding: {
    level: 'admin',
    success: 200,
    call: async (target, token) => {
      const principal = { type: 'user', id: (await newUser(server, tenant_id)).id };
      return server.call(`PUT /v1/projects/${target}/role-bindings`, { token, body: { principal, level: 'admin' } });
    },
  },
  remove_role_binding: {
    level: 'admin',
    success: 200,
    call: async (target, token) => {
      const { id } = await newUser(server, tenant_id);
      await bind(server, target, { type: 'user', id }, 'viewer');
      const query = `principal_type=user&principal_id=${id}`;
      return server.call(`DELETE /v1/projects/${target}/role-bindings?${query}`, { token });
    },
  },
  create_api_key: {
    level: 'admin',
    success: 201,
    call: (target, token) =>
      server.call('POST /v1/api-keys', { token, body: { tenant_id, project_id: target, name: 'x' } }),
  },
  list_api_keys: {
    level: 'admin',
    success: 200,
    call: (target, token) => server.call(`GET /v1/api-keys?tenant_id=${tenant_id}&project_id=${target}`, { token }),
  },
  rotate_api_key: {
    level: 'admin',
    success: 201,
    call: async (target, token) =>
      server.call(`POST /v1/api-keys/${(await keyIn(target)).id}/rotate`, { token, body: {} }),
  },
  revoke_api_key: {
    level: 'admin',
    success: 204,
    call: async (target, token) => {
      const { status, body } = await server.call(`DELETE /v1/api-keys/${(await keyIn(target)).id}`, { token });
      return { status, body: body ?? {} };
    },
  },
  archive_project: {
    level: 'admin',
    success: 200,
    call: async (target, token) => {
      // A project of its own with equal bindings, because no other test could use it afterwards.
      const { id } = await newProject(server, tenant_id);
      const { body } = await server.call(`GET /v1/projects/${target}/role-bindings?limit=200`);
      for (const { principal, level } of body.items) await bind(server, id, principal, level);
      return server.call(`POST /v1/projects/${id}/archive`, { token });
    },
  },
};

/** Makes somebody with the level in the project, and resolves to the credential. */
const ways: Record<string, (level: ProjectLevel, target: string) => Promise<string>> = {
  'a user, directly': async (level, target) => {
    const user = await newUser(server, tenant_id, { issuer });
    await bind(server, target, { type: 'user', id: user.id }, level);
    return signedIn(issuer, user);
  },
  'a user with a lower role, by a group': async (level, target) => {
    const user = await newUser(server, tenant_id, { issuer, roles: ['billing'] });
    const group_id = await newGroup(server, tenant_id);
    await addMember(server, { tenant_id, group_id, type: 'user', id: user.id });
    await bind(server, target, { type: 'group', id: group_id }, level);
    return signedIn(issuer, user);
  },
  'a user, by a group in a group in a group': async (level, target) => {
    const user = await newUser(server, tenant_id, { issuer });
    const [inner, middle, outer] = [
      await newGroup(server, tenant_id),
      await newGroup(server, tenant_id),
      await newGroup(server, tenant_id),
    ];
    await addMember(server, { tenant_id, group_id: inner, type: 'user', id: user.id });
    await addMember(server, { tenant_id, group_id: middle, type: 'group', id: inner });
    await addChild(server, { tenant_id, parent_id: outer, child_id: middle });
    await bind(server, target, { type: 'group', id: outer }, level);
    return signedIn(issuer, user);
  },
  'a key of a service identity, with every scope': async (level, target) => {
    const id = await newServiceIdentity(server, tenant_id);
    await bind(server, target, { type: 'service_identity', id }, level);
    const { grants } = server.app.deps;
    const key = await keyIn(
      null,
      grants.byKeys.map((permission) => `registry:${permission}`),
    );
    await own(server, key.id, { service_identity_id: id });
    return key.key;
  },
};

// proves B5, B31
describe.each(Object.keys(ways))('%s', (way) => {
  test.each(projectLevels)(
    'does as %s what the level holds in its project, and nothing in a sibling',
    async (level) => {
      const token = await ways[way]?.(level, project);
      for (const [name, operation] of Object.entries(operations)) {
        const may = projectLevels.indexOf(level) >= projectLevels.indexOf(operation.level);
        const here = await operation.call(project, token ?? '');
        expect([name, here.status, here.body.code], JSON.stringify(here.body)).toEqual([
          name,
          may ? operation.success : 403,
          may ? undefined : 'forbidden',
        ]);
        const there = await operation.call(sibling, token ?? '');
        expect([name, there.status, there.body.code]).toEqual([name, 403, 'forbidden']);
      }
    },
  );
});

describe('an admin of a project', () => {
  let token: string;
  beforeAll(async () => {
    token = (await ways['a user, directly']?.('admin', project)) ?? '';
  });

  test('makes no key beyond the project, and none that may do more than the level', async () => {
    const make = (fields: object) =>
      server.call('POST /v1/api-keys', { token, body: { tenant_id, name: 'x', project_id: project, ...fields } });
    const wide = await server.call('POST /v1/api-keys', { token, body: { tenant_id, name: 'x' } });
    expect([wide.status, wide.body.code]).toEqual([403, 'forbidden']);
    for (const permission of server.app.deps.grants.byLevel.admin)
      expect([permission, (await make({ scopes: [`registry:${permission}`] })).status]).toEqual([permission, 201]);
    const beyond = ['registry:tenants:read', 'registry:audit:read', 'registry:entitlements:read'];
    for (const scope of beyond) {
      const { status, body } = await make({ scopes: [scope] });
      // A key that is bound to a project cannot have some of them at all.
      expect([400, 403], scope).toContain(status);
      if (status === 403) expect(body.permission).toBe(scope.slice('registry:'.length));
    }
    const { body: strong } = await server.call('POST /v1/api-keys', {
      body: { tenant_id, project_id: project, name: 'x', scopes: ['registry:audit:read'] },
    });
    const rotated = await server.call(`POST /v1/api-keys/${strong.id}/rotate`, { token, body: {} });
    expect([rotated.status, rotated.body.permission]).toEqual([403, 'audit:read']);
  });

  test('lists the keys of the project alone, and has no way to those of the tenant', async () => {
    const inTenant = await keyIn(null);
    const { body } = await server.call(`GET /v1/api-keys?tenant_id=${tenant_id}&project_id=${project}&limit=200`, {
      token,
    });
    expect(new Set(body.items.map((each: { project_id: string }) => each.project_id))).toEqual(new Set([project]));
    for (const call of [`GET /v1/api-keys?tenant_id=${tenant_id}`, `DELETE /v1/api-keys/${inTenant.id}`])
      expect((await server.call(call, { token })).status, call).toBe(403);
  });

  test('names the project in capitals, too, and is refused with a project that is none', async () => {
    expect((await server.call(`GET /v1/projects/${project.toUpperCase()}`, { token })).status).toBe(200);
    expect((await server.call('GET /v1/projects/none', { token })).status).toBe(403);
  });

  test('binds no service identity that lies in another project, and does not learn that it is there', async () => {
    const elsewhere = await newServiceIdentity(server, tenant_id, { project_id: sibling });
    const body = { principal: { type: 'service_identity', id: elsewhere }, level: 'viewer' };
    const answer = await server.call(`PUT /v1/projects/${project}/role-bindings`, { token, body });
    expect([answer.status, answer.body.code]).toEqual([404, 'principal_not_found']);
    const inside = await newServiceIdentity(server, tenant_id, { project_id: project });
    const own = { principal: { type: 'service_identity', id: inside }, level: 'viewer' };
    expect((await server.call(`PUT /v1/projects/${project}/role-bindings`, { token, body: own })).status).toBe(200);
  });

  test('is on record as the person, for what the level let it do', async () => {
    const { body: me } = await server.call('GET /v1/me', { token });
    await server.call(`PATCH /v1/projects/${project}`, { token, body: { name: 'By level' } });
    const { body } = await server.call(`GET /v1/audit?target_id=${project}&action=project.updated&limit=1`);
    expect(body.items).toMatchObject([{ actor: { type: 'user', id: me.id }, project_id: project }]);
  });
});

test('an owned key needs the scope beside the level of its owner', async () => {
  const user = await newUser(server, tenant_id);
  await bind(server, project, { type: 'user', id: user.id }, 'admin');
  const key = await keyIn(null, ['registry:projects:read']);
  await own(server, key.id, { user_id: user.id });
  expect((await server.call(`GET /v1/projects/${project}`, { token: key.key })).status).toBe(200);
  const write = await server.call(`PATCH /v1/projects/${project}`, { token: key.key, body: { name: 'x' } });
  expect([write.status, write.body.permission]).toEqual([403, 'projects:write']);
});

test('from the answer to its removal on, a level lets nobody in, directly or by a group', async () => {
  const user = await newUser(server, tenant_id, { issuer });
  const group_id = await newGroup(server, tenant_id);
  await addMember(server, { tenant_id, group_id, type: 'user', id: user.id });
  const token = await signedIn(issuer, user);
  const read = async () => (await server.call(`GET /v1/projects/${project}`, { token })).status;
  for (const principal of [{ type: 'user', id: user.id } as const, { type: 'group', id: group_id } as const]) {
    for (let round = 0; round < 5; round += 1) {
      expect(await read()).toBe(403);
      await bind(server, project, principal, 'viewer');
      expect(await read()).toBe(200);
      const query = `principal_type=${principal.type}&principal_id=${principal.id}`;
      await server.call(`DELETE /v1/projects/${project}/role-bindings?${query}`);
    }
  }
});

test('a binding in a project of another tenant helps nobody, and a disabled user is not let in', async () => {
  const other = (await newTenant(server)).id;
  const theirs = (await newProject(server, other)).id;
  const user = await newUser(server, tenant_id, { issuer });
  const token = await signedIn(issuer, user);
  expect((await server.call(`GET /v1/projects/${theirs}`, { token })).status).toBe(403);
  const disabled = await newUser(server, tenant_id, { issuer, disabled_at: new Date() });
  await bind(server, project, { type: 'user', id: disabled.id }, 'admin');
  const refused = await server.call(`GET /v1/projects/${project}`, { token: await signedIn(issuer, disabled) });
  expect(refused.status).toBe(401);
});

test('a level that one replica removed lets nobody in at another one, which had remembered it', async () => {
  const database = await testDatabase();
  const first = await startTestServer({ database, oidc: oidcFor(issuer) });
  // The first server closes the database.
  const second = await startTestServer({ database: { ...database, close: async () => {} }, oidc: oidcFor(issuer) });
  try {
    const { id: tenant } = await newTenant(first);
    const { id: target } = await newProject(first, tenant);
    const user = await newUser(first, tenant, { issuer });
    const token = await signedIn(issuer, user);
    for (let round = 0; round < 3; round += 1) {
      await bind(first, target, { type: 'user', id: user.id }, 'viewer');
      for (const server of [second, first, second])
        expect((await server.call(`GET /v1/projects/${target}`, { token })).status).toBe(200);
      await first.call(`DELETE /v1/projects/${target}/role-bindings?principal_type=user&principal_id=${user.id}`);
      for (const server of [second, first])
        expect((await server.call(`GET /v1/projects/${target}`, { token })).status).toBe(403);
    }
  } finally {
    await second.close();
    await first.close();
  }
});
