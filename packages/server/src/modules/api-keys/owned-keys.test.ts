import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startIssuer, type TestIssuer } from '../../../test/support/oidc-provider.ts';
import { newProgram } from '../../../test/support/programs.ts';
import { giveRole } from '../../../test/support/role-holders.ts';
import {
  auditOf,
  madeIn,
  newProject,
  newTenant,
  oidcFor,
  startTestServer,
  type TestServer,
  tenantIn,
  UNKNOWN,
} from '../../../test/support/server.ts';

let issuer: TestIssuer;
let server: TestServer;
beforeAll(async () => {
  issuer = await startIssuer();
  server = await startTestServer({ oidc: oidcFor(issuer) });
});
afterAll(async () => {
  await server.close();
  await issuer.stop();
});

interface Person {
  readonly id: string;
  readonly token: string;
}

/** A user of the tenant, and an access token by which it comes. */
async function newPerson(tenant_id: string, ...roles: string[]): Promise<Person> {
  const sub = `person-${randomUUID()}`;
  const user = { tenant_id, external_subject: `${issuer.url}|${sub}`, display_name: 'Jane Doe', roles };
  const { db } = server.app.deps;
  const { id } = await db.insertInto('users').values(user).returning('id').executeTakeFirstOrThrow();
  return { id, token: await issuer.token({ tenant_id, sub }) };
}

const setRoles = ({ id }: Person, ...roles: string[]) =>
  server.app.deps.db.updateTable('users').set({ roles }).where('id', '=', id).execute();

const newIdentity = (tenant_id: string, fields: Record<string, unknown> = {}) =>
  madeIn(server, tenant_id, 'service-identities', { display_name: 'x', federation_kind: 'api_token', ...fields });

const own = (token: string, body: object = {}, headers: Record<string, string> = {}) =>
  server.call('POST /v1/me/api-keys', { token, headers, body: { name: 'mine', ...body } });

const permissionsOf = async (token: string): Promise<string[]> =>
  (await server.call('GET /v1/me', { token })).body.permissions;

const READ = 'registry:projects:read';

describe('a person', () => {
  test('makes keys of its own, sees them alone, and ends them', async () => {
    const { id: tenant_id } = await newTenant(server);
    const [jane, john] = [await newPerson(tenant_id, 'member'), await newPerson(tenant_id, 'member')];
    const made = await own(jane.token, { scopes: [READ, 'registry:catalog:read'] });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      tenant_id,
      user_id: jane.id,
      service_identity_id: null,
      created_by_key_id: null,
    });
    const theirs = (await own(john.token)).body;
    await madeIn(server, tenant_id, 'api-keys', { name: 'of the tenant' });
    const { key, ...shown } = made.body;
    const list = async (token: string) => (await server.call('GET /v1/me/api-keys', { token })).body.items;
    expect(await list(jane.token)).toEqual([shown]);
    const { body } = await server.call(`GET /v1/api-keys?tenant_id=${tenant_id}&user_id=${john.id}`);
    expect(body.items.map(({ id }: { id: string }) => id)).toEqual([theirs.id]);
    expect((await server.call('GET /v1/me', { token: key })).body).toMatchObject({ type: 'api_key', id: shown.id });
    const end = (id: string) => server.call(`DELETE /v1/me/api-keys/${id}`, { token: jane.token });
    expect((await end(theirs.id)).status).toBe(404);
    expect((await end(UNKNOWN)).status).toBe(404);
    expect([(await end(shown.id)).status, (await end(shown.id)).status]).toEqual([204, 204]);
    expect((await server.call('GET /v1/me', { token: key })).status).toBe(401);
    expect(await list(jane.token)).toEqual([]);
    expect((await auditOf(server, shown.id)).map(({ action, actor_type }) => [action, actor_type])).toEqual([
      ['api_key.created', 'user'],
      ['api_key.revoked', 'user'],
    ]);
  });

  test('gives a key of its own only what it holds', async () => {
    const { id } = await newTenant(server);
    const jane = await newPerson(id, 'member');
    const wide = await own(jane.token, { scopes: ['registry:projects:write'] });
    expect([wide.status, wide.body.permission]).toEqual([403, 'projects:write']);
    const never = await own(jane.token, { scopes: ['registry:tenants:delete'] });
    expect([never.status, never.body.errors[0].pointer]).toEqual([400, '/scopes/0']);
    for (const wrong of [{ user_id: jane.id }, { service_identity_id: UNKNOWN }, { tenant_id: id }])
      expect((await own(jane.token, wrong)).body.errors[0].pointer).toBe(`/${Object.keys(wrong)[0]}`);
  });

  test('gives a key of its own scopes of the products only where it may make keys for others', async () => {
    const { id: tenant_id } = await tenantIn(server, 'active');
    const project = await newProject(server, tenant_id);
    const [jane, boss] = [await newPerson(tenant_id, 'member'), await newPerson(tenant_id, 'admin')];
    const scopes = [READ, 'reports:write'];
    const refused = await own(jane.token, { scopes });
    expect([refused.status, refused.body.permission]).toEqual([403, 'api_keys:write']);
    expect((await own(boss.token, { scopes })).status).toBe(201);
    const bind = (level: string) =>
      server.call(`PUT /v1/projects/${project.id}/role-bindings`, {
        body: { principal: { type: 'user', id: jane.id }, level },
      });
    await bind('editor');
    expect((await own(jane.token, { scopes, project_id: project.id })).status).toBe(403);
    await bind('admin');
    expect((await own(jane.token, { scopes, project_id: project.id })).status).toBe(201);
    expect((await own(jane.token, { scopes })).status).toBe(403);
  });

  test('makes no key for another person, and nobody takes a person’s key over by rotating it', async () => {
    const { id: tenant_id } = await newTenant(server);
    const [jane, boss] = [await newPerson(tenant_id, 'admin'), await newPerson(tenant_id, 'admin')];
    const body = { tenant_id, name: 'x', user_id: jane.id };
    const made = await server.call('POST /v1/api-keys', { token: boss.token, body });
    expect([made.status, made.body.errors[0].pointer]).toEqual([400, '/user_id']);
    const key = (await own(jane.token, { scopes: [READ] })).body;
    for (const token of [boss.token, server.operatorToken]) {
      const { status, body } = await server.call(`POST /v1/api-keys/${key.id}/rotate`, { token });
      expect([status, body.code]).toEqual([403, 'forbidden']);
    }
    const rotated = await server.call(`POST /v1/api-keys/${key.id}/rotate`, { token: jane.token });
    expect([rotated.status, rotated.body.user_id, rotated.body.scopes]).toEqual([201, jane.id, [READ]]);
    // An administrator ends it all the same.
    expect((await server.call(`DELETE /v1/api-keys/${rotated.body.id}`, { token: boss.token })).status).toBe(204);
  });

  test('that loses a role loses it for its keys at once, and gets it back for them', async () => {
    const { id } = await newTenant(server);
    const jane = await newPerson(id, 'member');
    const { key } = (await own(jane.token, { scopes: [READ, 'registry:catalog:read'] })).body;
    expect((await permissionsOf(key)).sort()).toEqual(['catalog:read', 'projects:read']);
    await setRoles(jane, 'billing');
    expect(await permissionsOf(key)).toEqual(['catalog:read']);
    await setRoles(jane);
    expect(await permissionsOf(key)).toEqual([]);
    await giveRole(server, id, { type: 'user', id: jane.id }, 'admin');
    expect((await permissionsOf(key)).sort()).toEqual(['catalog:read', 'projects:read']);
  });

  test('that was deactivated makes no key', async () => {
    const { id } = await newTenant(server);
    const jane = await newPerson(id, 'member');
    await server.app.deps.db.updateTable('users').set({ disabled_at: new Date() }).where('id', '=', jane.id).execute();
    expect((await own(jane.token)).status).toBe(401);
  });
});

test('whoever is no user and no service identity has no keys of its own, and a key makes none for its owner', async () => {
  const { id: tenant_id } = await newTenant(server);
  const jane = await newPerson(tenant_id, 'admin');
  const { key } = (await own(jane.token, { scopes: ['registry:api_keys:write'] })).body;
  const unknown = await issuer.token({ tenant_id, org_roles: ['IT_ADMIN'] });
  for (const token of [server.operatorToken, server.internalToken, unknown, key]) {
    const answers = [
      await own(token),
      await server.call('GET /v1/me/api-keys', { token }),
      await server.call(`DELETE /v1/me/api-keys/${UNKNOWN}`, { token }),
    ];
    expect(answers.map(({ status, body }) => [status, body.code])).toEqual(Array(3).fill([403, 'forbidden']));
  }
});

describe('a service identity', () => {
  // proves C37
  test('of kind api_token acts by its keys: with those of their scopes that its groups hold', async () => {
    const { id: tenant_id } = await newTenant(server);
    const { id } = await newIdentity(tenant_id);
    const scopes = [READ, 'registry:catalog:read', 'reports:read'];
    const made = await madeIn(server, tenant_id, 'api-keys', { name: 'x', scopes, service_identity_id: id });
    expect(made).toMatchObject({ service_identity_id: id, user_id: null, scopes });
    expect(await permissionsOf(made.key)).toEqual([]);
    await giveRole(server, tenant_id, { type: 'service_identity', id: id }, 'billing');
    expect(await permissionsOf(made.key)).toEqual(['catalog:read']);
    await giveRole(server, tenant_id, { type: 'service_identity', id: id }, 'member');
    expect((await permissionsOf(made.key)).sort()).toEqual(['catalog:read', 'projects:read']);
    await server.app.deps.db.deleteFrom('group_memberships').where('tenant_id', '=', tenant_id).execute();
    expect(await permissionsOf(made.key)).toEqual([]);
    // Products go by scopes alone.
    const verdict = await server.call('POST /v1/internal/api-keys/verify', {
      token: server.internalToken,
      body: { key: made.key, scopes: ['reports:read'] },
    });
    expect(verdict.body).toMatchObject({ valid: true, key_id: made.id });
    const { body } = await server.call(`GET /v1/api-keys?tenant_id=${tenant_id}&service_identity_id=${id}`);
    expect(body.items.map((key: { id: string }) => key.id)).toEqual([made.id]);
  });

  test('of another tenant or of none gets no key, a deactivated one neither', async () => {
    const [mine, theirs] = [await newTenant(server), await newTenant(server)];
    const { id } = await newIdentity(theirs.id);
    const make = (service_identity_id: string, tenant_id = mine.id) =>
      server.call('POST /v1/api-keys', { body: { tenant_id, name: 'x', service_identity_id } });
    for (const foreign of [id, UNKNOWN]) {
      const { status, body } = await make(foreign);
      expect([status, body.code, body.errors[0].pointer]).toEqual([
        404,
        'api_key_owner_not_found',
        '/service_identity_id',
      ]);
    }
    expect((await make('x')).body.errors[0].pointer).toBe('/service_identity_id');
    await server.call(`POST /v1/service-identities/${id}/deactivate`);
    const { status, body } = await make(id, theirs.id);
    expect([status, body.code]).toEqual([409, 'service_identity_disabled']);
  });

  test('that is bound to a project has its keys there', async () => {
    const { id: tenant_id } = await tenantIn(server, 'active');
    const [project, sibling] = [await newProject(server, tenant_id), await newProject(server, tenant_id)];
    const { id: service_identity_id } = await newIdentity(tenant_id, { project_id: project.id });
    const fields = { name: 'x', service_identity_id };
    expect((await madeIn(server, tenant_id, 'api-keys', fields)).project_id).toBe(project.id);
    expect((await madeIn(server, tenant_id, 'api-keys', { ...fields, project_id: project.id })).project_id).toBe(
      project.id,
    );
    const { status, body } = await server.call('POST /v1/api-keys', {
      body: { tenant_id, ...fields, project_id: sibling.id },
    });
    expect([status, body.errors[0].pointer]).toEqual([400, '/project_id']);
    const scopes = ['registry:api_keys:write'];
    const bound = await madeIn(server, tenant_id, 'api-keys', { name: 'x', project_id: sibling.id, scopes });
    const made = await server.call('POST /v1/api-keys', {
      token: bound.key,
      body: { tenant_id, ...fields, project_id: sibling.id },
    });
    expect([made.status, made.body.code]).toEqual([404, 'api_key_owner_not_found']);
  });

  test('that is bound to a project confines its keys to it, whatever their rows say', async () => {
    const { id: tenant_id } = await tenantIn(server, 'active');
    const [project, sibling] = [await newProject(server, tenant_id), await newProject(server, tenant_id)];
    const { id } = await newIdentity(tenant_id, { project_id: project.id });
    await giveRole(server, tenant_id, { type: 'service_identity', id: id }, 'admin');
    const scopes = [READ, 'registry:groups:read', 'registry:projects:write'];
    const { db } = server.app.deps;
    const bindTo = async (project_id: string | null) => {
      const { key } = await madeIn(server, tenant_id, 'api-keys', { name: 'x', scopes });
      const owned = { project_id, service_identity_id: id };
      await db.updateTable('api_keys').set(owned).where('name', '=', 'x').where('tenant_id', '=', tenant_id).execute();
      return key;
    };
    const statusOf = async (token: string, { id: asked }: { id: string }) =>
      (await server.call(`GET /v1/projects/${asked}`, { token })).status;
    const unbound = await bindTo(null);
    const me = await server.call('GET /v1/me', { token: unbound });
    expect(me.body).toMatchObject({ project_id: project.id, permissions: ['projects:read', 'projects:write'] });
    expect([await statusOf(unbound, project), await statusOf(unbound, sibling)]).toEqual([200, 404]);
    const body = { tenant_id, slug: 'web-shop', name: 'Web' };
    expect((await server.call('POST /v1/projects', { token: unbound, body })).body.code).toBe('bound_to_project');
    const { body: verdict } = await server.call('POST /v1/internal/api-keys/verify', {
      token: server.internalToken,
      body: { key: unbound },
    });
    expect(verdict).toMatchObject({ valid: true, project_id: project.id });
    const elsewhere = await bindTo(sibling.id);
    expect(await permissionsOf(elsewhere)).toEqual([]);
    expect(await statusOf(elsewhere, sibling)).toBe(403);
  });

  test('that comes with its token makes keys of its own', async () => {
    const { id: tenant_id } = await newTenant(server);
    const program = await newProgram(server, tenant_id);
    const made = await own(await program.token(), {}, program.headers);
    expect([made.status, made.body.service_identity_id]).toEqual([201, program.id]);
    const token = await program.token();
    const { body } = await server.call('GET /v1/me/api-keys', { token, headers: program.headers });
    expect(body.items.map(({ id }: { id: string }) => id)).toEqual([made.body.id]);
  });
});

test('an admin of a project takes no key over of a service identity that lies beyond the project', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const project = await newProject(server, tenant_id);
  const jane = await newPerson(tenant_id);
  const principal = { type: 'user', id: jane.id };
  await server.call(`PUT /v1/projects/${project.id}/role-bindings`, { body: { principal, level: 'admin' } });
  const [inside, beyond] = [await newIdentity(tenant_id, { project_id: project.id }), await newIdentity(tenant_id)];
  const keyOf = ({ id }: { id: string }) =>
    madeIn(server, tenant_id, 'api-keys', {
      name: 'x',
      service_identity_id: id,
      project_id: project.id,
      scopes: ['registry:api_keys:write'],
    });
  const [own, foreign] = [await keyOf(inside), await keyOf(beyond)];
  const rotate = async ({ id }: { id: string }, token = jane.token) => {
    const { status, body } = await server.call(`POST /v1/api-keys/${id}/rotate`, { token });
    return [status, body.code];
  };
  expect(await rotate(own)).toEqual([201, undefined]);
  expect(await rotate(foreign)).toEqual([403, 'forbidden']);
  // The key goes on replacing itself.
  await giveRole(server, tenant_id, { type: 'service_identity', id: beyond.id }, 'admin');
  expect(await rotate(foreign, foreign.key)).toEqual([201, undefined]);
});

test('a key that an owned key makes, or that replaces it, has its owner: so neither does more than the owner', async () => {
  const { id: tenant_id } = await newTenant(server);
  const jane = await newPerson(tenant_id, 'admin');
  const scopes = ['registry:api_keys:write', READ];
  const first = (await own(jane.token, { scopes })).body;
  const body = { tenant_id, name: 'x', scopes: [READ] };
  const made = await server.call('POST /v1/api-keys', { token: first.key, body });
  expect([made.status, made.body.user_id, made.body.created_by_key_id]).toEqual([201, jane.id, first.id]);
  const rotated = await server.call(`POST /v1/api-keys/${first.id}/rotate`, { token: first.key });
  expect([rotated.status, rotated.body.user_id]).toEqual([201, jane.id]);
  await setRoles(jane);
  expect([await permissionsOf(made.body.key), await permissionsOf(rotated.body.key)]).toEqual([[], []]);
});

test('rotations and a deactivation of the owner at once leave no key that works', async () => {
  const { id: tenant_id } = await newTenant(server);
  const { id: service_identity_id } = await newIdentity(tenant_id);
  const fields = { name: 'x', service_identity_id };
  const keys = await Promise.all([1, 2, 3, 4].map(() => madeIn(server, tenant_id, 'api-keys', fields)));
  const rotate = ({ id }: { id: string }, grace_seconds: number) =>
    server.call(`POST /v1/api-keys/${id}/rotate`, { body: { grace_seconds } });
  const rotations = keys.map((key, index) => rotate(key, index % 2));
  const ended = await server.call(`POST /v1/service-identities/${service_identity_id}/deactivate`);
  expect(ended.status).toBe(200);
  const answers = await Promise.all(rotations);
  const rotated = answers.filter(({ status }) => status === 201);
  for (const answer of answers)
    if (!rotated.includes(answer)) expect([answer.status, answer.body.code]).toEqual([409, 'api_key_not_active']);
  const plaintexts = [...keys, ...rotated.map(({ body }) => body)].map(({ key }) => key);
  expect(plaintexts).not.toContain(undefined);
  for (const token of plaintexts) expect((await server.call('GET /v1/me', { token })).status).toBe(401);
});

// proves C34, C36
test('a key has one owner at most and a hash of its own, which the database holds against every writer', async () => {
  const { id: tenant_id } = await newTenant(server);
  const [jane, identity] = [await newPerson(tenant_id, 'member'), await newIdentity(tenant_id)];
  const [mine, theirs] = [
    (await own(jane.token)).body,
    await madeIn(server, tenant_id, 'api-keys', { name: 'x', service_identity_id: identity.id }),
  ];
  const { db } = server.app.deps;
  const change = (set: object) => db.updateTable('api_keys').set(set).where('id', '=', mine.id).execute();
  await expect(change({ service_identity_id: identity.id })).rejects.toThrow('api_keys_one_owner_check');
  await expect(change({ user_id: UNKNOWN })).rejects.toThrow('api_keys_tenant_id_user_id_fkey');
  const { hash } = await db.selectFrom('api_keys').select('hash').where('id', '=', theirs.id).executeTakeFirstOrThrow();
  await expect(change({ hash })).rejects.toThrow('api_keys_hash_key');
});

test('an owned key counts for the quota of its tenant', async () => {
  const limited = await startTestServer({ quotaApiKeys: 1 });
  const { id: tenant_id } = await newTenant(limited);
  const program = await newProgram(limited, tenant_id);
  const make = async () =>
    limited.call('POST /v1/me/api-keys', {
      token: await program.token(),
      headers: program.headers,
      body: { name: 'x' },
    });
  expect((await make()).status).toBe(201);
  expect((await make()).body).toMatchObject({ code: 'quota_exceeded', quota: 'api_keys' });
  await limited.close();
});
