import { describe, expect, test } from 'vitest';
import {
  browserWith,
  cookieOf,
  newPerson,
  newSession,
  PASSWORD,
  signedIn,
  signIn,
} from '../../../test/support/people.ts';
import { tenantIn, testServer, trailOf, UNKNOWN } from '../../../test/support/server.ts';
import { digestOf, mintCookie, SESSION_COOKIE } from './cookie.ts';

const server = testServer();

// proves B29, C32
test('who knows the password gets a session: a cookie that no script reads, and of which the database has a digest alone', async () => {
  const { id: tenant_id, slug } = await tenantIn(server, 'active');
  const person = await newPerson(server, tenant_id, { roles: ['admin'], email: 'Jane@Acme.example' });
  for (const [tenant, email] of [
    [slug, 'Jane@Acme.example'],
    [tenant_id, 'jane@ACME.example'],
  ]) {
    const body = { tenant, email, password: PASSWORD };
    const answer = await server.call('POST /v1/auth/sign-in', { token: null, body });
    expect([answer.status, answer.body.user]).toEqual([
      200,
      { id: person.id, tenant_id, email: 'Jane@Acme.example', display_name: 'Jane Doe', roles: ['admin'] },
    ]);
    expect(answer.headers.get('set-cookie')).toMatch(
      /^__Host-tr_session=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Lax$/,
    );
    const cookie = cookieOf(answer) ?? '';
    const browser = browserWith(server, cookie);
    expect(answer.body.csrf_token).toBe(browser.csrfToken);
    const me = await server.call('GET /v1/me', browser.options);
    expect([me.status, me.body]).toMatchObject([
      200,
      { type: 'user', user_id: person.id, tenant_id, roles: ['admin'] },
    ]);
    const rows = await server.app.deps.db
      .selectFrom('user_sessions')
      .select(['session_hash', 'source_ip'])
      .where('session_hash', '=', digestOf(cookie))
      .execute();
    expect(rows).toHaveLength(1);
    expect(Buffer.from(rows[0]?.session_hash ?? []).equals(Buffer.from(digestOf(cookie)))).toBe(true);
  }
  const started = (await trailOf(server, tenant_id)).filter(({ action }) => action === 'session.started');
  expect(started.map(({ actor_type, actor_id }) => [actor_type, actor_id])).toEqual([
    ['user', `local:${person.id}`],
    ['user', `local:${person.id}`],
  ]);
  const { last_sign_in_at } = await server.app.deps.db
    .selectFrom('users')
    .select('last_sign_in_at')
    .where('id', '=', person.id)
    .executeTakeFirstOrThrow();
  expect(last_sign_in_at).not.toBeNull();
});

test('sign-in works over tRPC too, and its cookie is in the answer', async () => {
  const person = await newPerson(server, (await tenantIn(server, 'active')).id);
  const body = { tenant: person.tenant_id, email: person.email, password: PASSWORD };
  const answer = await server.call('POST /trpc/sessions.signIn', { token: null, body });
  expect([answer.status, answer.body.result.data.user.id]).toEqual([200, person.id]);
  const { options } = browserWith(server, cookieOf(answer) ?? '');
  const out = await server.call('POST /trpc/sessions.end', { ...options, body: {} });
  expect([out.status, cookieOf(out)]).toEqual([200, '']);
  expect((await server.call('GET /v1/me', options)).status).toBe(401);
});

// proves C32
test('a planted cookie is never adopted: sign-in makes a new value, and the planted one stays unknown', async () => {
  const person = await newPerson(server, (await tenantIn(server, 'active')).id);
  for (const planted of [mintCookie(), 'short', `${mintCookie()}x`]) {
    const { options } = browserWith(server, planted);
    const before = await server.call('GET /v1/auth/session', options);
    expect([before.status, before.body.code]).toEqual([401, 'unauthenticated']);
    const body = { tenant: person.tenant_id, email: person.email, password: PASSWORD };
    const answer = await server.call('POST /v1/auth/sign-in', { ...options, body });
    expect(answer.status).toBe(200);
    expect(cookieOf(answer)).not.toBe(planted);
    expect((await server.call('GET /v1/auth/session', options)).status).toBe(401);
  }
  const [first, second] = [await signedIn(server, person), await signedIn(server, person)];
  expect(first.cookie).not.toBe(second.cookie);
});

test('two cookies of the name are none, because one of them was planted', async () => {
  const { options } = await newSession(server, await newPerson(server, (await tenantIn(server, 'active')).id));
  const cookie = `${options.headers['cookie']}; ${SESSION_COOKIE}=${mintCookie()}`;
  const answer = await server.call('GET /v1/me', { ...options, headers: { ...options.headers, cookie } });
  expect(answer.status).toBe(401);
});

test('a cookie of another shape is not looked up, and a CSRF token of none is no use', async () => {
  for (const cookie of ['', 'x', 'x'.repeat(43).concat('='), 'ä'.repeat(20)]) {
    const { options } = browserWith(server, cookie);
    const headers = { ...options.headers, cookie: Buffer.from(options.headers['cookie'] ?? '').toString('latin1') };
    expect((await server.call('GET /v1/me', { ...options, headers })).status).toBe(401);
  }
});

test('a page of another origin signs nobody in', async () => {
  const person = await newPerson(server, (await tenantIn(server, 'active')).id);
  const body = { tenant: person.tenant_id, email: person.email, password: PASSWORD };
  for (const origin of ['https://evil.example', 'null', `${server.app.deps.sessions.publicUrl}.evil.example`]) {
    const answer = await server.call('POST /v1/auth/sign-in', { token: null, headers: { origin }, body });
    expect([answer.status, answer.body.code, cookieOf(answer)]).toEqual([403, 'csrf_failed', undefined]);
  }
});

test.each([
  ['/tenant', { tenant: undefined }],
  ['/tenant', { tenant: '' }],
  ['/email', { email: undefined }],
  ['/email', { email: 'x'.repeat(321) }],
  ['/password', { password: undefined }],
  ['/password', { password: 5 }],
  ['/remember', { remember: true }],
])('a wrong %s is named: %j', async (pointer, wrong) => {
  const body = { tenant: 'acme', email: 'jane@acme.example', password: PASSWORD, ...wrong };
  const answer = await server.call('POST /v1/auth/sign-in', { token: null, body });
  expect([answer.status, answer.body.code, answer.body.errors[0].pointer]).toEqual([400, 'invalid_input', pointer]);
});

test('a tenant whose slug looks like the id of another one takes nobody’s sign-in', async () => {
  const victim = await tenantIn(server, 'active');
  const person = await newPerson(server, victim.id);
  const { status } = await server.call('POST /v1/tenants', { body: { slug: victim.id, name: 'Look-alike' } });
  expect(status).toBe(201);
  expect((await signIn(server, person)).body.user.tenant_id).toBe(victim.id);
});

test('people of a frozen tenant sign in and read, and change nothing of it', async () => {
  const { id } = await tenantIn(server, 'frozen');
  const { options } = await signedIn(server, await newPerson(server, id, { roles: ['admin'] }));
  expect((await server.call(`GET /v1/tenants/${id}`, options)).status).toBe(200);
  const refused = await server.call('POST /v1/api-keys', { ...options, body: { tenant_id: id, name: 'x' } });
  expect([refused.status, refused.body.code]).toEqual([409, 'tenant_frozen']);
  expect((await server.call('DELETE /v1/auth/session', options)).status).toBe(204);
});

test('the ways to sign in are the active OpenID providers; a tenant that does not exist has none', async () => {
  const { id, slug } = await tenantIn(server, 'active');
  const make = (kind: string, alias: string) =>
    server.call('POST /v1/idp-configs', {
      body: { tenant_id: id, kind, alias, issuer: `https://${alias}.example`, client_id: 'registry' },
    });
  const { body: provider } = await make('oidc', 'entra');
  const { body: former } = await make('oidc', 'former');
  await server.call(`DELETE /v1/idp-configs/${former.id}`);
  const list = async (tenant: string) =>
    (await server.call(`GET /v1/auth/providers?tenant=${tenant}`, { token: null })).body;
  const url = `${server.app.deps.sessions.publicUrl}/auth/sign-in?tenant=${id}&idp=${provider.id}`;
  const items = [{ id: provider.id, alias: 'entra', kind: 'oidc', sign_in_url: url }];
  expect(await list(slug)).toEqual({ items });
  expect(await list(id)).toEqual({ items });
  for (const nobody of ['nobody', UNKNOWN]) expect(await list(nobody)).toEqual({ items: [] });
});

describe('a registry that is not told its address', () => {
  const nameless = testServer({ publicUrl: null });

  test('signs nobody in, says so, and takes no cookie for deliberate', async () => {
    const person = await newPerson(nameless, (await tenantIn(nameless, 'active')).id);
    const answer = await signIn(nameless, person);
    expect([answer.status, answer.body.code]).toEqual([403, 'sign_in_disabled']);
    expect(answer.body.detail).toContain('PUBLIC_URL');
    const link = await nameless.call('POST /v1/auth/password/redeem', {
      token: null,
      body: { token: mintCookie(), new: 'nine green umbrellas' },
    });
    expect([link.status, link.body.code]).toEqual([403, 'sign_in_disabled']);
    expect((await nameless.call('GET /v1/auth/providers?tenant=x', { token: null })).body).toEqual({ items: [] });
    const { options } = await newSession(nameless, person);
    expect((await nameless.call('DELETE /v1/auth/session', options)).body.code).toBe('csrf_failed');
  });
});
