import { expect, test } from 'vitest';
import { eventsAbout } from '../../../test/support/events.ts';
import { newSession } from '../../../test/support/people.ts';
import { addMember, newGroup } from '../../../test/support/role-holders.ts';
import { auditOf, newTenant, tenantIn, testServer, trailOf, UNKNOWN } from '../../../test/support/server.ts';
import { becomes, createUser } from '../../../test/support/users.ts';

const server = testServer();
const small = testServer({ quotaUsers: 2 });

const create = (tenant_id: string, fields: Record<string, unknown> = {}, token?: string) =>
  server.call('POST /v1/users', {
    body: { tenant_id, email: 'jane@example.com', display_name: 'Jane Doe', ...fields },
    ...(token === undefined ? {} : { token }),
  });

const idsIn = async (query: string) => {
  const { status, body } = await server.call(`GET /v1/users?${query}`);
  expect(status).toBe(200);
  return body.items.map(({ id }: { id: string }) => id);
};

/** The token of a key with these permissions. */
const keyWith = async (tenant_id: string, ...permissions: string[]): Promise<string> => {
  const scopes = permissions.map((permission) => `registry:${permission}`);
  return (await server.call('POST /v1/api-keys', { body: { tenant_id, name: 'k', scopes } })).body.key;
};

// proves B2, B29
test('a new user has a subject and a password of its own to set, with its Location, its ETag, its audit row and its event', async () => {
  const { id: tenant_id } = await newTenant(server);
  const { status, headers, body } = await create(tenant_id, { roles: ['member', 'admin', 'member'] });
  expect(status).toBe(201);
  expect(body).toEqual({
    id: body.id,
    tenant_id,
    external_subject: `local:${body.id}`,
    email: 'jane@example.com',
    user_name: null,
    display_name: 'Jane Doe',
    roles: ['admin', 'member'],
    provisioned_by: 'api',
    external_id: null,
    last_sign_in_at: null,
    disabled_at: null,
    created_at: body.created_at,
    updated_at: body.created_at,
  });
  expect(headers.get('location')).toBe(`/v1/users/${body.id}`);
  const read = await server.call(`GET /v1/users/${body.id}`);
  expect([read.body, read.headers.get('etag')]).toEqual([body, headers.get('etag')]);
  const [row, ...more] = await auditOf(server, body.id);
  expect(more).toEqual([]);
  expect(row).toMatchObject({
    action: 'user.created',
    tenant_id,
    target_type: 'user',
    target_name: 'Jane Doe',
    actor_type: 'operator',
    metadata: { id: body.id, roles: ['admin', 'member'] },
  });
  const events = await eventsAbout(server, body.id);
  expect(events.map(({ id, event_type }) => [id, event_type])).toEqual([[row?.id, 'user.created']]);
});

test.each([
  ['/tenant_id', { tenant_id: 'x' }],
  ['/email', { email: undefined }],
  ['/email', { email: 'jane' }],
  ['/email', { email: `${'x'.repeat(250)}@example.com` }],
  ['/display_name', { display_name: '' }],
  ['/display_name', { display_name: 'x'.repeat(201) }],
  ['/roles/0', { roles: ['operator'] }],
  ['/roles', { roles: 'admin' }],
  ['/password_hash', { password_hash: 'argon2id|a|b' }],
  ['/external_subject', { external_subject: 'local:x' }],
])('a wrong %s is named: %j', async (pointer, wrong) => {
  const { id } = await newTenant(server);
  const { status, body } = await create(id, wrong);
  expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'invalid_input', pointer]);
  expect(await idsIn(`tenant_id=${id}`)).toEqual([]);
});

// proves B2
test('an e-mail address belongs to one user of a tenant in any case, also when four ask at once, and other tenants may have it too', async () => {
  const [mine, theirs] = [await newTenant(server), await newTenant(server)];
  const spellings = ['jane@example.com', 'JANE@example.com', 'Jane@Example.com', 'jane@EXAMPLE.com'];
  const answers = await Promise.all(spellings.map((email) => create(mine.id, { email })));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
  expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({
    code: 'user_email_taken',
    errors: [{ pointer: '/email' }],
  });
  expect((await create(theirs.id)).status).toBe(201);
  const other = await createUser(server, mine.id);
  const moved = await server.call(`PATCH /v1/users/${other.id}`, { body: { email: 'JANE@EXAMPLE.COM' } });
  expect([moved.status, moved.body.code]).toEqual([409, 'user_email_taken']);
  const created = (await trailOf(server, mine.id)).filter(({ action }) => action === 'user.created');
  expect(created).toHaveLength(2);
});

test('the list holds one tenant, finds an address in any case, tells active from deactivated, and pages without a gap', async () => {
  const [mine, theirs] = [await newTenant(server), await newTenant(server)];
  const all: string[] = [];
  for (let index = 0; index < 3; index += 1) all.unshift((await createUser(server, mine.id)).id);
  await createUser(server, theirs.id);
  const { body: jane } = await create(mine.id, { email: 'Jane@example.com' });
  await server.call(`POST /v1/users/${jane.id}/deactivate`);
  expect(await idsIn(`tenant_id=${mine.id}`)).toEqual([jane.id, ...all]);
  expect(await idsIn(`tenant_id=${mine.id}&email=jane@EXAMPLE.com`)).toEqual([jane.id]);
  expect(await idsIn(`tenant_id=${mine.id}&disabled=true`)).toEqual([jane.id]);
  expect(await idsIn(`tenant_id=${mine.id}&disabled=false`)).toEqual(all);
  const first = await server.call(`GET /v1/users?tenant_id=${mine.id}&limit=3`);
  expect(await idsIn(`tenant_id=${mine.id}&limit=3&cursor=${first.body.next_cursor}`)).toEqual(all.slice(2));
  const moved = await server.call(`GET /v1/users?tenant_id=${theirs.id}&cursor=${first.body.next_cursor}`);
  expect([moved.status, moved.body.code]).toEqual([400, 'invalid_cursor']);
});

test('a change keeps what it does not name, and is refused for another version', async () => {
  const { id: tenant_id } = await newTenant(server);
  const user = await createUser(server, tenant_id, { roles: ['member'] });
  const path = `/v1/users/${user.id}`;
  const { headers } = await server.call(`GET ${path}`);
  const changed = await server.call(`PATCH ${path}`, {
    body: { roles: ['billing'] },
    headers: { 'if-match': headers.get('etag') ?? '' },
  });
  expect(changed.body).toEqual({ ...user, roles: ['billing'], updated_at: changed.body.updated_at });
  const stale = await server.call(`PATCH ${path}`, {
    body: { display_name: 'x' },
    headers: { 'if-match': headers.get('etag') ?? '' },
  });
  expect([stale.status, stale.body.code]).toEqual([412, 'precondition_failed']);
  expect((await server.call(`PATCH ${path}`, { body: {} })).body).toEqual(changed.body);
  expect((await server.call(`PATCH ${path}`, { body: { roles: null } })).body.roles).toEqual([]);
  const actions = (await auditOf(server, user.id)).map(({ action, metadata }) => [action, metadata]);
  expect(actions).toMatchObject([
    ['user.created', { roles: ['member'] }],
    ['user.updated', { roles: ['billing'], email: user.email }],
    ['user.updated', { roles: [] }],
  ]);
});

test('what a provider owns changes there alone; roles are given here', async () => {
  const { id: tenant_id } = await newTenant(server);
  const user = await createUser(server, tenant_id);
  await becomes(server, user, { external_subject: `scim:${user.id}`, provisioned_by: 'scim' });
  const patch = (body: object) => server.call(`PATCH /v1/users/${user.id}`, { body });
  for (const change of [{ email: 'other@example.com' }, { display_name: 'Other' }]) {
    const { status, body } = await patch({ ...change, roles: ['member'] });
    expect([status, body.code]).toEqual([409, 'user_provisioned']);
  }
  const same = await patch({ email: user.email, display_name: user.display_name, roles: ['member'] });
  expect([same.status, same.body.roles]).toEqual([200, ['member']]);
});

test('nobody gives roles whose permissions they do not hold', async () => {
  const { id: tenant_id } = await newTenant(server);
  const weak = await keyWith(tenant_id, 'users:write');
  const member = [
    ...['tenants:read', 'projects:read', 'catalog:read', 'entitlements:read', 'databases:read'],
    ...['network:read', 'nodes:read'],
  ];
  const giver = await keyWith(tenant_id, 'users:write', ...member);
  const refused = await create(tenant_id, { roles: ['member'] }, weak);
  expect([refused.status, refused.body.permission]).toEqual([403, 'tenants:read']);
  const made = await create(tenant_id, { roles: ['member'] }, giver);
  expect(made.status).toBe(201);
  const path = `PATCH /v1/users/${made.body.id}`;
  const admin = await server.call(path, { body: { roles: ['member', 'admin'] }, token: giver });
  expect([admin.status, admin.body.code]).toEqual([403, 'forbidden']);
  // Who has a role already keeps it, and roles are taken away by whoever may change users.
  await server.call(path, { body: { roles: ['admin'] } });
  const kept = await server.call(path, { body: { roles: ['admin'], display_name: 'Other' }, token: weak });
  expect([kept.status, kept.body.roles]).toEqual([200, ['admin']]);
  expect((await server.call(path, { body: { roles: [] }, token: weak })).status).toBe(200);
});

test('a change of roles tells in advance which levels the user would lose, and changes nothing then', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const user = await createUser(server, tenant_id, { roles: ['admin'] });
  const before = await trailOf(server, tenant_id);
  const path = `PATCH /v1/users/${user.id}`;
  const { status, body } = await server.call(`${path}?dry_run=true`, { body: { roles: ['member'] } });
  expect([status, body.roles]).toEqual([200, ['member']]);
  const [loss, ...more] = body.losses;
  expect([loss, more, body.complete]).toMatchObject([
    { principal: { type: 'user', id: user.id }, project_id: null, before: 'admin' },
    [],
    true,
  ]);
  expect(await trailOf(server, tenant_id)).toEqual(before);
  expect((await server.call(`GET /v1/users/${user.id}`)).body).toEqual(user);
  const wrong = await server.call(`${path}?dry_run=maybe`, { body: {} });
  expect(wrong.body.errors).toMatchObject([{ pointer: '/dry_run', in: 'query' }]);
  const misplaced = await server.call(path, { body: { dry_run: true } });
  expect(misplaced.body.errors).toMatchObject([{ pointer: '/dry_run', in: 'body' }]);
});

test('the groups of a user are those that it is in itself and through others, each once', async () => {
  const { id: tenant_id } = await newTenant(server);
  const user = await createUser(server, tenant_id);
  const [inner, outer] = [
    await newGroup(server, tenant_id, { slug: 'night-shift' }),
    await newGroup(server, tenant_id, { slug: 'staff', tenant_role: 'member' }),
  ];
  await newGroup(server, tenant_id);
  await addMember(server, { tenant_id, group_id: inner, type: 'user', id: user.id });
  await addMember(server, { tenant_id, group_id: outer, type: 'group', id: inner });
  const { body } = await server.call(`GET /v1/users/${user.id}/groups`);
  const bySlug = Object.fromEntries(body.items.map((group: { slug: string }) => [group.slug, group]));
  expect(bySlug).toEqual({
    'night-shift': { group_id: inner, slug: 'night-shift', display_name: 'Crew', tenant_role: null, depth: 1 },
    staff: { group_id: outer, slug: 'staff', display_name: 'Crew', tenant_role: 'member', depth: 2 },
  });
  const first = await server.call(`GET /v1/users/${user.id}/groups?limit=1`);
  const second = await server.call(`GET /v1/users/${user.id}/groups?limit=1&cursor=${first.body.next_cursor}`);
  expect([...first.body.items, ...second.body.items]).toEqual(body.items);
  expect(second.body.next_cursor).toBeNull();
});

test('sessions of a user are listed newest first, and ended all together', async () => {
  const { id: tenant_id } = await newTenant(server);
  const user = await createUser(server, tenant_id);
  const ids = [(await newSession(server, user)).id, (await newSession(server, user)).id];
  await newSession(server, await createUser(server, tenant_id));
  const path = `/v1/users/${user.id}/sessions`;
  const listed = async () => (await server.call(`GET ${path}`)).body.items;
  const found = await listed();
  expect(found.map(({ id }: { id: string }) => id).sort()).toEqual(ids.sort());
  expect(found[0]).toMatchObject({ user_id: user.id, idp_config_id: null, source_ip: null });
  expect(Object.keys(found[0])).not.toContain('session_hash');
  expect((await server.call(`DELETE ${path}`)).status).toBe(204);
  expect((await server.call(`DELETE ${path}`)).status).toBe(204);
  expect(await listed()).toEqual([]);
  const ended = (await trailOf(server, tenant_id)).filter(({ action }) => action === 'session.ended');
  expect(ended.map(({ target_id }) => target_id).sort()).toEqual(ids.sort());
});

test('a hash of a password is in no answer, no audit row and no event', async () => {
  const { id: tenant_id } = await newTenant(server);
  const user = await createUser(server, tenant_id);
  const { db } = server.app.deps;
  const password_hash = 'argon2id|c2FsdA|aGFzaA';
  await db.updateTable('users').set({ password_hash }).where('id', '=', user.id).execute();
  const answers = [
    await server.call(`GET /v1/users/${user.id}`),
    await server.call(`GET /v1/users?tenant_id=${tenant_id}`),
    await server.call(`PATCH /v1/users/${user.id}`, { body: { display_name: 'Other' } }),
    await server.call(`POST /v1/users/${user.id}/deactivate`),
    await server.call(`POST /v1/users/${user.id}/activate`),
  ];
  for (const { status, body } of answers) {
    expect(status).toBe(200);
    expect(JSON.stringify(body)).not.toContain('argon2id');
  }
  const events = await eventsAbout(server, user.id);
  expect(events).toHaveLength(4);
  expect(JSON.stringify([events, await trailOf(server, tenant_id)])).not.toContain('argon2id');
});

test.each([
  'GET /v1/users/{id}',
  'PATCH /v1/users/{id}',
  'DELETE /v1/users/{id}',
  'POST /v1/users/{id}/deactivate',
  'POST /v1/users/{id}/activate',
  'POST /v1/users/{id}/password-link',
  'GET /v1/users/{id}/sessions',
  'DELETE /v1/users/{id}/sessions',
  'GET /v1/users/{id}/groups',
])('an unknown user, and one that its provider deleted, is not found: %s', async (operation) => {
  const { id: tenant_id } = await newTenant(server);
  const user = await createUser(server, tenant_id);
  await server.app.deps.db.updateTable('users').set({ deleted_at: new Date() }).where('id', '=', user.id).execute();
  expect(await idsIn(`tenant_id=${tenant_id}`)).toEqual([]);
  for (const id of [UNKNOWN, user.id]) {
    const options = operation.startsWith('PATCH') ? { body: {} } : {};
    const { status, body } = await server.call(operation.replace('{id}', id), options);
    expect([status, body.code]).toEqual([404, 'not_found']);
  }
});

test('a tenant has as many users as it may, deactivated ones included, also when creations meet', async () => {
  const { id: tenant_id } = await newTenant(small);
  const make = () =>
    small.call('POST /v1/users', { body: { tenant_id, email: `${Math.random()}@example.com`, display_name: 'x' } });
  const answers = await Promise.all([make(), make(), make()]);
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 409]);
  await small.call(`POST /v1/users/${answers.find(({ status }) => status === 201)?.body.id}/deactivate`);
  const { body } = await make();
  expect(body).toMatchObject({ code: 'quota_exceeded', quota: 'users', limit: 2, used: 2 });
  const { body: limits } = await small.call(`GET /v1/limits?tenant_id=${tenant_id}`);
  expect(limits.quotas).toContainEqual({ quota: 'users', limit: 2, used: 2 });
});

test('a tenant without users is told from one that does not exist', async () => {
  const { status, body } = await server.call(`GET /v1/users?tenant_id=${UNKNOWN}`);
  expect([status, body.code]).toEqual([404, 'not_found']);
  expect((await create(UNKNOWN)).body.code).toBe('not_found');
});
