import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { PASSWORD, signedIn, signIn } from '../../../test/support/people.ts';
import { addMember, bind, newGroup } from '../../../test/support/role-holders.ts';
import { auditOf, DAY_MS, newProject, newTenant, tenantIn, testServer } from '../../../test/support/server.ts';
import { becomes, createUser } from '../../../test/support/users.ts';

const server = testServer({ publicUrl: 'https://registry.example' });
const closed = testServer({ publicUrl: null });

const issue = (id: string, options: object = {}) => server.call(`POST /v1/users/${id}/password-link`, options);

const linksOf = ({ id }: { readonly id: string }) =>
  server.app.deps.db.selectFrom('password_links').selectAll().where('user_id', '=', id).execute();

const keyWith = async (tenant_id: string, ...permissions: string[]): Promise<string> => {
  const scopes = permissions.map((permission) => `registry:${permission}`);
  return (await server.call('POST /v1/api-keys', { body: { tenant_id, name: 'k', scopes } })).body.key;
};

// proves B29
test('a link has its token in the fragment; the database keeps its SHA-256 alone, for a day', async () => {
  const { id: tenant_id } = await newTenant(server);
  const user = await createUser(server, tenant_id);
  const { status, body } = await issue(user.id);
  expect(status).toBe(201);
  const [, token = ''] = /^https:\/\/registry\.example\/auth\/set-password#token=([\w-]{43})$/.exec(body.url) ?? [];
  const [link, ...more] = await linksOf(user);
  expect([more, link?.expires_at]).toEqual([[], body.expires_at]);
  expect(Buffer.from(link?.token_hash ?? [])).toEqual(createHash('sha256').update(token).digest());
  expect(Date.parse(body.expires_at) - Date.parse(link?.created_at ?? '')).toBe(DAY_MS);
  const rows = await auditOf(server, user.id);
  expect(rows.at(-1)).toMatchObject({
    action: 'user.link_issued',
    metadata: { id: user.id, link_expires_at: body.expires_at },
  });
  expect(JSON.stringify(rows)).not.toContain(token);
});

test('a new link replaces the one before', async () => {
  const { id: tenant_id } = await newTenant(server);
  const user = await createUser(server, tenant_id);
  const [first, second] = [await issue(user.id), await issue(user.id)];
  expect(second.body.url).not.toBe(first.body.url);
  const links = await linksOf(user);
  const hash = createHash('sha256').update(second.body.url.split('#token=')[1]).digest();
  expect(links.map(({ token_hash }) => Buffer.from(token_hash))).toEqual([hash]);
});

test('a user of a provider has no password here, and a deactivated one gets none', async () => {
  const { id: tenant_id } = await newTenant(server);
  const [theirs, gone] = [await createUser(server, tenant_id), await createUser(server, tenant_id)];
  await becomes(server, theirs, { external_subject: 'https://login.example.com|jane' });
  await server.call(`POST /v1/users/${gone.id}/deactivate`);
  expect((await issue(theirs.id)).body).toMatchObject({ status: 409, code: 'user_not_local' });
  expect((await issue(gone.id)).body).toMatchObject({ status: 409, code: 'user_disabled' });
  expect([...(await linksOf(theirs)), ...(await linksOf(gone))]).toEqual([]);
});

test('nobody makes a link for a user who may do more: by a role, by the role of a group, by a level in a project', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const plain = await createUser(server, tenant_id);
  const byRole = await createUser(server, tenant_id, { roles: ['billing'] });
  const byGroup = await createUser(server, tenant_id);
  const [inner, outer] = [
    await newGroup(server, tenant_id),
    await newGroup(server, tenant_id, { tenant_role: 'admin' }),
  ];
  await addMember(server, { tenant_id, group_id: inner, type: 'user', id: byGroup.id });
  await addMember(server, { tenant_id, group_id: outer, type: 'group', id: inner });
  const byLevel = await createUser(server, tenant_id);
  const { id: project_id } = await newProject(server, tenant_id);
  await bind(server, project_id, { type: 'user', id: byLevel.id }, 'viewer');
  const token = await keyWith(tenant_id, 'users:write');
  expect((await issue(plain.id, { token })).status).toBe(201);
  for (const { id } of [byRole, byGroup, byLevel]) {
    const { status, body } = await issue(id, { token });
    expect([status, body.code]).toEqual([403, 'forbidden']);
    expect((await issue(id)).status).toBe(201);
  }
});

test('the frozen and the archived tenant still give links, also to a key of the tenant itself', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const user = await createUser(server, tenant_id);
  const token = await keyWith(tenant_id, 'users:write');
  await server.call(`POST /v1/tenants/${tenant_id}/cancel`);
  expect((await issue(user.id, { token })).status).toBe(201);
  await server.call(`POST /v1/tenants/${tenant_id}/archive`);
  expect((await issue(user.id)).status).toBe(201);
});

test('a registry without PUBLIC_URL gives none, because nobody signs in there', async () => {
  const { id: tenant_id } = await newTenant(closed);
  const user = await createUser(closed, tenant_id);
  const { status, body } = await closed.call(`POST /v1/users/${user.id}/password-link`);
  expect([status, body.code]).toEqual([403, 'sign_in_disabled']);
});

test('a replay of the request shows no link, and makes none', async () => {
  const { id: tenant_id } = await newTenant(server);
  const user = await createUser(server, tenant_id);
  const headers = { 'idempotency-key': `link-${user.id}` };
  const first = await issue(user.id, { headers });
  const [link] = await linksOf(user);
  const again = await issue(user.id, { headers });
  expect([again.status, again.body]).toEqual([201, { expires_at: first.body.expires_at }]);
  expect(await linksOf(user)).toEqual([link]);
});

// proves B29
test('whoever was handed the link sets the password and signs in, until the deactivation; the next link is for after it', async () => {
  const { id: tenant_id } = await newTenant(server);
  const user = await createUser(server, tenant_id);
  const redeem = async () => {
    const { body } = await issue(user.id);
    const [, token] = body.url.split('#token=');
    const headers = { origin: 'https://registry.example' };
    const redemption = { token: null, headers, body: { token, new: PASSWORD } };
    return server.call('POST /v1/auth/password/redeem', redemption);
  };
  expect((await redeem()).status).toBe(204);
  const { options } = await signedIn(server, user);
  expect((await server.call('GET /v1/me', options)).body).toMatchObject({ user_id: user.id, id: `local:${user.id}` });
  await server.call(`POST /v1/users/${user.id}/deactivate`);
  expect((await server.call('GET /v1/me', options)).status).toBe(401);
  expect((await signIn(server, user)).status).toBe(401);
  await server.call(`POST /v1/users/${user.id}/activate`);
  expect((await server.call('GET /v1/me', options)).status).toBe(401);
  expect((await redeem()).status).toBe(204);
  expect((await signIn(server, user)).status).toBe(200);
});
