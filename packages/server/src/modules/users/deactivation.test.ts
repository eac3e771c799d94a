import { beforeAll, describe, expect, test } from 'vitest';
import { newSession } from '../../../test/support/people.ts';
import { addMember, bind, newGroup } from '../../../test/support/role-holders.ts';
import {
  DAY_MS,
  newProject,
  newTenant,
  type TestServer,
  tenantIn,
  testServer,
  trailOf,
} from '../../../test/support/server.ts';
import { createUser, newLink, newOwnedKey } from '../../../test/support/users.ts';

const server = testServer();

const codeOf = async (key: string, at: TestServer = server): Promise<string> => {
  const { body } = await at.call('POST /v1/internal/api-keys/verify', { body: { key }, token: at.internalToken });
  return body.code;
};

const linksOf = ({ id }: { readonly id: string }) =>
  server.app.deps.db.selectFrom('password_links').select('user_id').where('user_id', '=', id).execute();

const sessionsOf = (id: string) =>
  server.app.deps.db.selectFrom('user_sessions').select(['id', 'revoked_at']).where('user_id', '=', id).execute();

/** A user with two sessions, a key and a link, beside another one with as much. */
async function twoUsers() {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const make = async () => {
    const user = await createUser(server, tenant_id);
    const sessions = [await newSession(server, user), await newSession(server, user)];
    const key = await newOwnedKey(server, user);
    await newLink(server, user);
    return { ...user, sessions, key };
  };
  return { tenant_id, user: await make(), other: await make() };
}

const deactivate = (id: string, query = '') => server.call(`POST /v1/users/${id}/deactivate${query}`);

describe('a deactivation', () => {
  // proves B29
  test('ends sessions, keys and link of the user in one commit, with an event for each, and of nobody else', async () => {
    const { tenant_id, user, other } = await twoUsers();
    expect([await codeOf(user.key.key), await codeOf(other.key.key)]).toEqual(['valid', 'valid']);
    for (const { sessions } of [user, other])
      for (const { options } of sessions) expect((await server.call('GET /v1/me', options)).status).toBe(200);
    const before = (await trailOf(server, tenant_id)).length;
    const { status, body } = await deactivate(user.id);
    expect([status, body]).toMatchObject([
      200,
      {
        user: { id: user.id, email: user.email },
        dry_run: false,
        sessions_ended: 2,
        api_keys_revoked: 1,
        password_link_deleted: true,
      },
    ]);
    expect(body.user.disabled_at).not.toBeNull();
    expect([await codeOf(user.key.key), await codeOf(other.key.key)]).toEqual(['revoked', 'valid']);
    const statuses = async ({ sessions }: { sessions: { options: object }[] }) =>
      Promise.all(sessions.map(async ({ options }) => (await server.call('GET /v1/me', options)).status));
    expect([await statuses(user), await statuses(other)]).toEqual([
      [401, 401],
      [200, 200],
    ]);
    expect((await sessionsOf(user.id)).filter(({ revoked_at }) => revoked_at === null)).toEqual([]);
    expect((await sessionsOf(other.id)).filter(({ revoked_at }) => revoked_at !== null)).toEqual([]);
    expect([(await linksOf(user)).length, (await linksOf(other)).length]).toEqual([0, 1]);
    const rows = (await trailOf(server, tenant_id)).slice(before);
    const happened = rows.map(({ action, target_id }) => `${action} ${target_id}`).sort();
    expect(happened).toEqual(
      [
        ...user.sessions.map(({ id }: { id: string }) => `session.ended ${id}`),
        `api_key.revoked ${user.key.id}`,
        `user.deactivated ${user.id}`,
      ].sort(),
    );
    expect(rows.find(({ action }) => action === 'user.deactivated')?.metadata).toMatchObject({
      sessions_ended: 2,
      api_keys_revoked: 1,
      password_link_deleted: true,
    });
  });

  test('that is repeated records nothing, and ends what came past the first', async () => {
    const { tenant_id, user } = await twoUsers();
    const first = await deactivate(user.id);
    const before = await trailOf(server, tenant_id);
    const again = await deactivate(user.id);
    expect([again.status, again.body]).toEqual([
      200,
      { ...first.body, sessions_ended: 0, api_keys_revoked: 0, password_link_deleted: false },
    ]);
    expect(await trailOf(server, tenant_id)).toEqual(before);
    await newSession(server, user);
    expect((await deactivate(user.id)).body).toMatchObject({ sessions_ended: 1, user: first.body.user });
  });

  test.each(['frozen', 'archived'] as const)('works in a tenant that is %s; an activation does not', async (status) => {
    const { tenant_id, user } = await twoUsers();
    await server.call(`POST /v1/tenants/${tenant_id}/cancel`);
    if (status === 'archived') await server.call(`POST /v1/tenants/${tenant_id}/archive`);
    expect((await deactivate(user.id)).body).toMatchObject({ sessions_ended: 2, api_keys_revoked: 1 });
    const activated = await server.call(`POST /v1/users/${user.id}/activate`);
    expect([activated.status, activated.body.code]).toEqual([409, `tenant_${status}`]);
  });

  test('is not asked for the version of the user, so it never fails for one', async () => {
    const { user } = await twoUsers();
    const headers = { 'if-match': '"0000000000000000000000"' };
    expect((await server.call(`POST /v1/users/${user.id}/deactivate`, { headers })).status).toBe(200);
  });
});

describe('an activation', () => {
  test('lets the user in again, and revives no session, no key and no link', async () => {
    const { tenant_id, user } = await twoUsers();
    await deactivate(user.id);
    const { status, body, headers } = await server.call(`POST /v1/users/${user.id}/activate`);
    expect([status, body.disabled_at]).toEqual([200, null]);
    expect(headers.get('etag')).toBe((await server.call(`GET /v1/users/${user.id}`)).headers.get('etag'));
    expect(await codeOf(user.key.key)).toBe('revoked');
    expect((await sessionsOf(user.id)).filter(({ revoked_at }) => revoked_at === null)).toEqual([]);
    expect(await linksOf(user)).toEqual([]);
    const before = await trailOf(server, tenant_id);
    expect(before.filter(({ action }) => action === 'user.activated')).toHaveLength(1);
    expect((await server.call(`POST /v1/users/${user.id}/activate`)).body).toEqual(body);
    expect(await trailOf(server, tenant_id)).toEqual(before);
  });

  test('of a user who may do more than the caller is refused', async () => {
    const { id: tenant_id } = await tenantIn(server, 'active');
    const user = await createUser(server, tenant_id, { roles: ['admin'] });
    await deactivate(user.id);
    const body = { tenant_id, name: 'k', scopes: ['registry:users:write'] };
    const { key: token } = (await server.call('POST /v1/api-keys', { body })).body;
    const { status, body: problem } = await server.call(`POST /v1/users/${user.id}/activate`, { token });
    expect([status, problem.code]).toEqual([403, 'forbidden']);
    expect((await server.call(`GET /v1/users/${user.id}`)).body.disabled_at).not.toBeNull();
    // What takes access away needs no more than the permission.
    expect((await server.call(`POST /v1/users/${user.id}/deactivate`, { token })).status).toBe(200);
  });
});

describe('a dry run', () => {
  test('tells what a deactivation then does, and changes and records nothing', async () => {
    const { tenant_id, user } = await twoUsers();
    const [direct, byGroup] = [await newProject(server, tenant_id), await newProject(server, tenant_id)];
    const [inner, outer] = [await newGroup(server, tenant_id), await newGroup(server, tenant_id)];
    await addMember(server, { tenant_id, group_id: inner, type: 'user', id: user.id });
    await addMember(server, { tenant_id, group_id: outer, type: 'group', id: inner });
    await bind(server, direct.id, { type: 'user', id: user.id }, 'editor');
    await bind(server, byGroup.id, { type: 'group', id: outer }, 'admin');
    const before = await trailOf(server, tenant_id);
    const foreseen = await deactivate(user.id, '?dry_run=true');
    expect(foreseen.status).toBe(200);
    const principal = { type: 'user', id: user.id };
    expect(foreseen.body).toMatchObject({ dry_run: true, sessions_ended: 2, api_keys_revoked: 1, complete: true });
    const losses: { project_id: string }[] = foreseen.body.losses;
    expect(losses.toSorted((a, b) => (a.project_id < b.project_id ? -1 : 1))).toEqual([
      { principal, project_id: direct.id, before: 'editor', after: null },
      { principal, project_id: byGroup.id, before: 'admin', after: null },
    ]);
    expect(await trailOf(server, tenant_id)).toEqual(before);
    expect((await server.call(`GET /v1/users/${user.id}`)).body.disabled_at).toBeNull();
    expect(await codeOf(user.key.key)).toBe('valid');
    expect([await linksOf(user), (await sessionsOf(user.id)).map(({ revoked_at }) => revoked_at)]).toEqual([
      [{ user_id: user.id }],
      [null, null],
    ]);
    const { user: after, dry_run, ...done } = (await deactivate(user.id)).body;
    const { user: would, dry_run: _, ...told } = foreseen.body;
    expect([done, dry_run]).toEqual([told, false]);
    expect({ ...after, disabled_at: '', updated_at: '' }).toEqual({ ...would, disabled_at: '', updated_at: '' });
    expect((await deactivate(user.id, '?dry_run=true')).body).toMatchObject({ sessions_ended: 0, losses: [] });
  });

  test('of an admin tells that every project is lost', async () => {
    const { id: tenant_id } = await newTenant(server);
    const user = await createUser(server, tenant_id, { roles: ['admin'] });
    const { body } = await deactivate(user.id, '?dry_run=true');
    expect(body.losses).toEqual([
      { principal: { type: 'user', id: user.id }, project_id: null, before: 'admin', after: null },
    ]);
  });

  test('with an Idempotency-Key is answered anew by no later deactivation', async () => {
    const { user } = await twoUsers();
    const headers = { 'idempotency-key': `dry-${user.id}` };
    const call = `POST /v1/users/${user.id}/deactivate?dry_run=true`;
    const first = await server.call(call, { headers });
    const again = await server.call(call, { headers });
    expect([again.status, again.body]).toEqual([200, first.body]);
    const real = await server.call(`POST /v1/users/${user.id}/deactivate`, { headers });
    expect([real.status, real.body.code]).toEqual([422, 'idempotency_key_reused']);
  });
});

describe('a key of the user', () => {
  let tenant_id: string;
  beforeAll(async () => {
    tenant_id = (await tenantIn(server, 'active')).id;
  });

  // proves B29
  test('is refused by the registry itself from the answer on', async () => {
    const user = await createUser(server, tenant_id, { roles: ['admin'] });
    const { key: token } = await newOwnedKey(server, user, { scopes: ['registry:projects:read'] });
    const ask = () => server.call('GET /v1/me', { token });
    expect((await ask()).body).toMatchObject({ type: 'api_key', user_id: user.id, permissions: ['projects:read'] });
    await deactivate(user.id);
    expect((await ask()).status).toBe(401);
  });

  test('may do what its scopes and the roles of its owner allow, from the answer to a change on', async () => {
    const user = await createUser(server, tenant_id);
    const { key: token } = await newOwnedKey(server, user, { scopes: ['registry:projects:read'] });
    const permissions = async () => (await server.call('GET /v1/me', { token })).body.permissions;
    expect(await permissions()).toEqual([]);
    await server.call(`PATCH /v1/users/${user.id}`, { body: { roles: ['member'] } });
    expect(await permissions()).toEqual(['projects:read']);
    await server.call(`PATCH /v1/users/${user.id}`, { body: { roles: [] } });
    expect(await permissions()).toEqual([]);
  });
});

test('a session that has ended by its time is none that a deactivation ends', async () => {
  const { user } = await twoUsers();
  server.clock.advance(DAY_MS);
  expect((await deactivate(user.id)).body.sessions_ended).toBe(0);
});
