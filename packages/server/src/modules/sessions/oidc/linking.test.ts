// engine: postgres
/** Groups that mirror a claim, provisioned people at their first sign-in, and what ends with a configuration. */
import { expect, test } from 'vitest';
import { inSession } from '../../../../test/support/people.ts';
import { startTestServer, testServer, trailOf } from '../../../../test/support/server.ts';
import {
  browserOf,
  PUBLIC_URL,
  type SignInTenant,
  sessionsOf,
  signInOptions,
  signInTenant,
  testSignInProvider,
  usersOf,
} from '../../../../test/support/sign-in.ts';
import { newId } from '../../../kernel/ids.ts';

const provider = testSignInProvider();
const server = testServer(async () => signInOptions());

const db = () => server.app.deps.db;
const home = `${PUBLIC_URL}/home`;

/** Makes a group straight in the table: of the configuration's claim value, or by hand. */
async function newGroup({ id: tenant_id, idp }: SignInTenant, slug: string, value: string | null) {
  const id = newId(server.app.deps.clock);
  const source = value === null ? 'manual' : 'idp';
  const idp_config_id = value === null ? null : idp;
  await db()
    .insertInto('groups')
    .values({ id, tenant_id, slug, display_name: slug, source, idp_config_id, idp_claim_value: value })
    .execute();
  return id;
}

/** The slugs of the groups that a user is in, in their order. */
async function groupsOf(userId = ''): Promise<string[]> {
  const rows = await db()
    .selectFrom('group_memberships')
    .innerJoin('groups', 'groups.id', 'group_memberships.group_id')
    .select('slug')
    .where('principal_user_id', '=', userId)
    .orderBy('slug')
    .execute();
  return rows.map(({ slug }) => slug);
}

const syncsOf = async (tenantId: string) =>
  (await trailOf(server, tenantId)).filter(({ action }) => action === 'user.groups_synced');

// proves C44, C58
test('each sign-in makes the memberships in mirrored groups equal to the claim, and no other', async () => {
  const tenant = await signInTenant(server, provider, { claim_mappings: { groups: 'realm.groups' } });
  const other = await signInTenant(server, provider);
  const ids = {
    ops: await newGroup(tenant, 'ops', 'OPS'),
    dev: await newGroup(tenant, 'dev', 'DEV'),
    hand: await newGroup(tenant, 'hand', null),
  };
  await newGroup(other, 'ops', 'OPS');
  const signIn = async (groups: unknown) => {
    provider.people.set('jane', { realm: { groups } });
    expect((await browserOf(server, 'jane').signIn(tenant.start)).location).toBe(home);
    const [user] = await usersOf(server, tenant.id);
    return groupsOf(user?.id);
  };
  expect(await signIn(['OPS', 'UNKNOWN', 'ops', 7, 'a\u0000b'])).toEqual(['ops']);
  const [user] = await usersOf(server, tenant.id);
  await db()
    .insertInto('group_memberships')
    .values({ tenant_id: tenant.id, group_id: ids.hand, principal_user_id: user?.id ?? '' })
    .execute();
  expect(await signIn(['OPS'])).toEqual(['hand', 'ops']);
  expect(await syncsOf(tenant.id)).toHaveLength(1);
  expect(await signIn(['DEV', 'OPS'])).toEqual(['dev', 'hand', 'ops']);
  expect(await signIn('DEV')).toEqual(['dev', 'hand']);
  expect(await signIn(undefined)).toEqual(['hand']);
  const syncs = await syncsOf(tenant.id);
  expect(syncs.map(({ metadata: { added, removed } }) => ({ added, removed }))).toEqual([
    { added: [ids.ops], removed: [] },
    { added: [ids.dev], removed: [] },
    { added: [], removed: [ids.ops] },
    { added: [], removed: [ids.dev] },
  ]);
});

// proves C44
test.each([
  ['names another place for them', { _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: 'x' } } }],
  ['says that there are too many', { hasgroups: true }],
])('a claim of groups that %s touches no membership', async (_, overage) => {
  const tenant = await signInTenant(server, provider);
  await newGroup(tenant, 'ops', 'OPS');
  provider.people.set('jane', { groups: ['OPS'] });
  await browserOf(server, 'jane').signIn(tenant.start);
  provider.people.set('jane', overage);
  expect((await browserOf(server, 'jane').signIn(tenant.start)).location).toBe(home);
  const [user] = await usersOf(server, tenant.id);
  expect(await groupsOf(user?.id)).toEqual(['ops']);
  expect(await syncsOf(tenant.id)).toHaveLength(1);
});

test('two providers of a tenant decide each about the groups of their own', async () => {
  const one = await signInTenant(server, provider, { claim_mappings: { scim: 'sub' } });
  const { body } = await server.call('POST /v1/idp-configs', {
    body: { tenant_id: one.id, kind: 'oidc', alias: 'Two', issuer: 'https://two.example', client_id: 'public' },
  });
  await newGroup(one, 'ops', 'OPS');
  const foreign = await newGroup({ ...one, idp: body.id }, 'foreign', 'OPS');
  provider.people.set('jane', { groups: ['OPS'] });
  await browserOf(server, 'jane').signIn(one.start);
  const [user] = await usersOf(server, one.id);
  expect(await groupsOf(user?.id)).toEqual(['ops']);
  await db()
    .insertInto('group_memberships')
    .values({ tenant_id: one.id, group_id: foreign, principal_user_id: user?.id ?? '', source: 'idp' })
    .execute();
  provider.people.set('jane', {});
  await browserOf(server, 'jane').signIn(one.start);
  expect(await groupsOf(user?.id)).toEqual(['foreign']);
});

/** Somebody whom a directory provisioned, straight in the table. */
async function newProvisioned({ id: tenant_id }: SignInTenant, fields: Readonly<Record<string, unknown>>) {
  const id = newId(server.app.deps.clock);
  await db()
    .insertInto('users')
    .values({ id, tenant_id, external_subject: `scim:${id}`, display_name: 'P', provisioned_by: 'scim', ...fields })
    .execute();
  return id;
}

const byScim = { claim_mappings: { scim: 'oid' } };

test.each([
  ['external id', { external_id: 'o-1', user_name: 'other' }],
  ['user name, in any case', { user_name: 'O-1' }],
])('somebody provisioned is recognized at the first sign-in by %s', async (_, fields) => {
  const tenant = await signInTenant(server, provider, { ...byScim, jit_policy: 'deny' });
  const id = await newProvisioned(tenant, { ...fields, roles: ['billing'] });
  await newProvisioned(tenant, { external_id: 'o-2', user_name: 'o-2' });
  provider.people.set('jane', { oid: 'o-1', email: 'jane@acme.example' });
  expect((await browserOf(server, 'jane').signIn(tenant.start)).location).toBe(home);
  const users = await usersOf(server, tenant.id);
  expect(users).toHaveLength(2);
  expect(users.find((user) => user.id === id)).toMatchObject({
    external_subject: `${provider.url}|jane`,
    roles: ['billing'],
    email: null,
  });
  expect((await trailOf(server, tenant.id)).slice(-2)).toMatchObject([
    { action: 'user.linked', target_id: id },
    { action: 'session.started' },
  ]);
  // From now on the subject decides, whatever the claim says.
  provider.people.set('jane', { oid: 'o-2' });
  expect((await browserOf(server, 'jane').signIn(tenant.start)).location).toBe(home);
  expect((await sessionsOf(server, tenant.id)).map(({ user_id }) => user_id)).toEqual([id, id]);
});

test.each<[string, string, Readonly<Record<string, unknown>>[]]>([
  [
    'nobody is recognized by e-mail',
    'account_unknown',
    [{ email: 'jane@acme.example', user_name: 'jane@acme.example' }],
  ],
  [
    'two who share the external id are not told apart',
    'account_unknown',
    [{ external_id: 'o-1' }, { external_id: 'o-1' }],
  ],
  ['whoever is disabled stays out', 'account_disabled', [{ external_id: 'o-1', disabled_at: new Date(0) }]],
  ['whoever was deleted stays deleted', 'account_unknown', [{ external_id: 'o-1', deleted_at: new Date(0) }]],
])('of provisioned people, %s', async (_, error, provisioned) => {
  const isJit = error !== 'account_unknown' || provisioned.some(({ external_id }) => external_id !== undefined);
  const tenant = await signInTenant(server, provider, { ...byScim, jit_policy: isJit ? 'allow' : 'deny' });
  for (const fields of provisioned) await newProvisioned(tenant, fields);
  provider.people.set('jane', { oid: 'o-1', email: 'jane@acme.example' });
  expect((await browserOf(server, 'jane').signIn(tenant.start)).location).toBe(`${home}?error=${error}`);
  const users = await usersOf(server, tenant.id);
  expect(users).toHaveLength(provisioned.length);
  for (const { external_subject } of users) expect(external_subject).toMatch(/^scim:/);
});

test('without the mapping nobody provisioned is recognized', async () => {
  const tenant = await signInTenant(server, provider);
  await newProvisioned(tenant, { external_id: 'jane', user_name: 'jane' });
  await browserOf(server, 'jane').signIn(tenant.start);
  expect(await usersOf(server, tenant.id)).toHaveLength(2);
});

test('the session of a sign-in is one: the person acts with it, by cookie and token of the page', async () => {
  const tenant = await signInTenant(server, provider);
  const browser = browserOf(server, 'jane');
  await browser.signIn(tenant.start);
  const cookie = browser.cookies.get('__Host-tr_session') ?? '';
  const { status, body } = await server.call('GET /v1/auth/session', inSession(cookie, PUBLIC_URL));
  expect(status).toBe(200);
  expect(body).toMatchObject({
    user: { tenant_id: tenant.id, roles: ['member'] },
    session: { idp_config_id: tenant.idp },
  });
});

test.each([
  ['DELETE', undefined],
  ['PATCH', { status: 'deactivated' }],
])('%s of a configuration ends the sessions that began through it, and no others', async (method, body) => {
  const tenant = await signInTenant(server, provider);
  const browser = browserOf(server, 'jane');
  await browser.signIn(tenant.start);
  await browserOf(server, 'joe').signIn(tenant.start);
  const other = await signInTenant(server, provider);
  await browserOf(server, 'jane').signIn(other.start);
  const { status } = await server.call(`${method} /v1/idp-configs/${tenant.idp}`, { body });
  expect(status).toBeLessThan(300);
  expect((await sessionsOf(server, tenant.id)).map(({ revoked_at }) => revoked_at === null)).toEqual([false, false]);
  expect((await sessionsOf(server, other.id)).map(({ revoked_at }) => revoked_at === null)).toEqual([true]);
  expect((await trailOf(server, tenant.id)).at(-1)).toMatchObject({
    action: 'idp_config.deactivated',
    metadata: { sessions_ended: 2 },
  });
  const cookie = browser.cookies.get('__Host-tr_session') ?? '';
  expect((await server.call('GET /v1/auth/session', inSession(cookie, PUBLIC_URL))).status).toBe(401);
});

test('a deactivation and sign-ins at once leave no session', async () => {
  const tenant = await signInTenant(server, provider);
  const browsers = Array.from({ length: 12 }, (_, index) => browserOf(server, `person-${index % 4}`));
  const callbacks = await Promise.all(browsers.map((browser) => browser.upToCallback(tenant.start)));
  const [{ status }, ...answers] = await Promise.all([
    server.call(`DELETE /v1/idp-configs/${tenant.idp}`),
    ...browsers.map((browser, index) => browser.visit(callbacks[index]?.href ?? '')),
  ]);
  expect(status).toBe(204);
  for (const { location } of answers) expect([home, `${home}?error=sign_in_refused`]).toContain(location);
  const live = (await sessionsOf(server, tenant.id)).filter(({ revoked_at }) => revoked_at === null);
  expect(live).toEqual([]);
});

test('a tenant that has as many users as it may have gets no further one by sign-in', async () => {
  const small = await startTestServer({ ...signInOptions(), quotaUsers: 2 });
  const tenant = await signInTenant(small, provider);
  const people = ['a', 'b', 'c', 'd'].map((person) => browserOf(small, person));
  const answers = await Promise.all(people.map((browser) => browser.signIn(tenant.start)));
  expect(answers.map(({ location }) => location).sort()).toEqual([
    home,
    home,
    `${home}?error=sign_in_refused`,
    `${home}?error=sign_in_refused`,
  ]);
  expect(await usersOf(small, tenant.id)).toHaveLength(2);
  const refused = (await trailOf(small, tenant.id)).filter(({ action }) => action === 'session.refused');
  expect(refused.map(({ metadata: { reason } }) => reason)).toEqual(['quota_exceeded', 'quota_exceeded']);
  await small.close();
});
