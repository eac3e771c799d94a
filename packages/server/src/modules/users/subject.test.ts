// engine: postgres
/** Access tokens whose subject is a user of their tenant. */
import { users } from '@tenant-registry/db';
import { testDatabase } from '@tenant-registry/db/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemActor } from '../../../src/kernel/actor.ts';
import { noRequest } from '../../../src/kernel/context.ts';
import { newId } from '../../../src/kernel/ids.ts';
import { transact } from '../../../src/kernel/transact.ts';
import { startIssuer, type TestIssuer } from '../../../test/support/oidc-provider.ts';
import { newSession } from '../../../test/support/people.ts';
import { entitle, oidcFor, startTestServer, type TestServer, tenantIn, trailOf } from '../../../test/support/server.ts';
import { createUser, newOwnedKey } from '../../../test/support/users.ts';
import { userEvents } from './schema.ts';

let issuer: TestIssuer;
let server: TestServer;
/** Another replica, on the database of the first. */
let replica: TestServer;
beforeAll(async () => {
  issuer = await startIssuer();
  const database = await testDatabase();
  server = await startTestServer({ oidc: oidcFor(issuer), database });
  replica = await startTestServer({ oidc: oidcFor(issuer), database: { ...database, close: async () => {} } });
});
afterAll(async () => {
  await replica.close();
  await server.close();
  await issuer.stop();
});

/** The token of a person of the tenant who is a member there. */
const tokenOf = (tenant_id: string, sub: string, org_roles = ['USER']) =>
  issuer.token({ sub, tenant_id, org_roles, name: 'Jane at the provider' });

const me = (token: string) => server.call('GET /v1/me', { token });

/** Creates the user that a first sign-in of the subject makes. */
async function provision(tenant_id: string, sub: string, roles: ('admin' | 'billing')[] = []) {
  const { deps } = server.app;
  const ctx = { ...deps, ...noRequest, root: deps.db, actor: systemActor('sign-in'), requestId: 'provision' };
  return transact(ctx, async (tx, record) => {
    const row = await users.insertUser(tx, {
      id: newId(deps.clock),
      tenant_id,
      external_subject: `${issuer.url}|${sub}`,
      display_name: 'Jane Doe',
      roles,
      provisioned_by: 'sign_in',
      created_at: deps.clock(),
    });
    await record(userEvents.created, row);
    return row;
  });
}

// proves C31
test('a person is no user until its subject is one of the tenant, and is that user from then on, with the roles of both', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const token = await tokenOf(tenant_id, 'jane');
  for (let times = 0; times < 2; times += 1)
    expect((await me(token)).body).toMatchObject({ type: 'user', user_id: null, roles: ['member'] });
  const user = await provision(tenant_id, 'jane', ['billing']);
  expect((await me(token)).body).toMatchObject({
    type: 'user',
    id: `${issuer.url}|jane`,
    name: 'Jane at the provider',
    user_id: user.id,
    roles: ['billing', 'member'],
  });
  await server.call(`PATCH /v1/users/${user.id}`, { body: { roles: ['admin'] } });
  expect((await me(token)).body.roles).toEqual(['admin', 'member']);
});

test('one subject is one user of a tenant, also when it is created many times at once, and another one of another tenant', async () => {
  const [{ id: mine }, { id: theirs }] = [await tenantIn(server, 'active'), await tenantIn(server, 'active')];
  const outcomes = await Promise.allSettled([1, 2, 3, 4].map(() => provision(mine, 'twice')));
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  const other = await provision(theirs, 'twice');
  const { body } = await me(await tokenOf(theirs, 'twice'));
  expect(body).toMatchObject({ user_id: other.id, tenant_id: theirs });
});

// proves B29
describe('after a deactivation', () => {
  test('its token is refused without waiting, and that is told apart from a guess', async () => {
    const { id: tenant_id } = await tenantIn(server, 'active');
    const token = await tokenOf(tenant_id, 'leaver');
    const user = await provision(tenant_id, 'leaver');
    expect((await me(token)).status).toBe(200);
    await server.call(`POST /v1/users/${user.id}/deactivate`);
    const { status, body } = await me(token);
    expect([status, body.code, body.detail]).toEqual([
      401,
      'unauthenticated',
      'This user of the tenant is deactivated.',
    ]);
    await server.call(`POST /v1/users/${user.id}/activate`);
    expect((await me(token)).body.user_id).toBe(user.id);
  });

  test('tokens, keys and sessions of ten people are refused by every replica from each answer on, and by none before the question', async () => {
    const { id: tenant_id } = await tenantIn(server, 'active');
    const people = await Promise.all(
      Array.from({ length: 10 }, async (_, index) => {
        const user = await provision(tenant_id, `p${index}`);
        const { key } = await newOwnedKey(server, user);
        const token = await tokenOf(tenant_id, `p${index}`);
        const { options } = await newSession(server, { ...user, email: '' });
        return { ...user, credentials: [{ token }, { token: key }, options] };
      }),
    );
    const gone = new Set<string>();
    const leavers = new Set<string>();
    const wrong: string[] = [];
    const asking = async (at: TestServer) => {
      for (let round = 0; round < 10; round += 1)
        for (const { id, credentials } of people) {
          for (const credential of credentials) {
            const wasGone = gone.has(id);
            const { status } = await at.call('GET /v1/me', credential);
            if (wasGone ? status !== 401 : status === 401 && !leavers.has(id)) wrong.push(`${id} ${status}`);
          }
        }
    };
    const leaving = async () => {
      for (const { id } of people) {
        leavers.add(id);
        await server.call(`POST /v1/users/${id}/deactivate`);
        gone.add(id);
      }
    };
    await Promise.all([asking(server), asking(replica), leaving()]);
    expect([gone.size, wrong]).toEqual([people.length, []]);
  });

  test('the person who deactivated itself is no longer let in', async () => {
    const { id: tenant_id } = await tenantIn(server, 'active');
    const token = await tokenOf(tenant_id, 'self', ['IT_ADMIN']);
    const user = await provision(tenant_id, 'self');
    expect((await server.call(`POST /v1/users/${user.id}/deactivate`, { token })).status).toBe(200);
    expect((await me(token)).status).toBe(401);
  });
});

test('after the deletion of the user its subject is a person that the tenant does not know', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const token = await tokenOf(tenant_id, 'deleted');
  const user = await provision(tenant_id, 'deleted', ['admin']);
  expect((await me(token)).body.roles).toEqual(['admin', 'member']);
  await server.call(`DELETE /v1/users/${user.id}`);
  expect((await me(token)).body).toMatchObject({ user_id: null, roles: ['member'] });
});

// proves B3
test('a user who creates a project owns it and is its admin there; other callers own none', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  await entitle(server, tenant_id);
  const make = (token: string, slug: string) =>
    server.call('POST /v1/projects', { body: { tenant_id, slug, name: 'Web' }, token });
  const user = await provision(tenant_id, 'maker');
  const own = await make(await tokenOf(tenant_id, 'maker', ['IT_ADMIN']), 'own');
  expect([own.status, own.body.owner_user_id]).toEqual([201, user.id]);
  expect((await server.call(`GET /v1/projects/${own.body.id}`)).body).toEqual(own.body);
  const bindings = await server.app.deps.db
    .selectFrom('role_bindings')
    .select(['project_id', 'user_id', 'level'])
    .where('tenant_id', '=', tenant_id)
    .execute();
  expect(bindings).toEqual([{ project_id: own.body.id, user_id: user.id, level: 'admin' }]);
  const [created] = (await trailOf(server, tenant_id)).filter(({ action }) => action === 'project.created');
  expect(created?.metadata).toMatchObject({ owner_user_id: user.id });
  for (const [slug, token] of [
    ['unknown', await tokenOf(tenant_id, 'unknown', ['IT_ADMIN'])],
    ['operator', server.operatorToken],
  ] as const)
    expect((await make(token, slug)).body.owner_user_id).toBeNull();
});

test('a user of the registry alone, with a password of its own, is nobody at the provider', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const user = await createUser(server, tenant_id);
  const { body } = await me(await tokenOf(tenant_id, user.external_subject));
  expect(body.user_id).toBeNull();
});
