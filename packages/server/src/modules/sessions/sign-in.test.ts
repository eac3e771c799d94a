import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { computations, figure } from '../../../test/support/api-keys.ts';
import { countedDatabase } from '../../../test/support/counted-database.ts';
import { eventually } from '../../../test/support/eventually.ts';
import {
  browserWith,
  cookieOf,
  newPerson,
  newSession,
  PASSWORD,
  signedIn,
  signIn,
} from '../../../test/support/people.ts';
import { runWorker, tenantIn, testServer, trailOf, UNKNOWN } from '../../../test/support/server.ts';
import { digestOf, mintCookie, SESSION_COOKIE } from './cookie.ts';

let statements: () => number = () => 0;
const server = testServer(async () => {
  const counted = await countedDatabase();
  statements = counted.statements;
  return { database: counted.database };
});

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

describe('whatever is wrong', () => {
  /** Everybody who must not come in, by the reason that the audit log gives. */
  async function strangers() {
    const { id, slug } = await tenantIn(server, 'active');
    const archived = await tenantIn(server, 'active');
    const [jane, gone, removed, without] = [
      await newPerson(server, id),
      await newPerson(server, id),
      await newPerson(server, id),
      await newPerson(server, id, { password: null }),
    ];
    const theirs = await newPerson(server, archived.id);
    for (const step of ['cancel', 'archive']) await server.call(`POST /v1/tenants/${archived.id}/${step}`);
    const { db } = server.app.deps;
    await db.updateTable('users').set({ disabled_at: new Date() }).where('id', '=', gone.id).execute();
    await db.updateTable('users').set({ deleted_at: new Date() }).where('id', '=', removed.id).execute();
    return {
      wrong_password: { tenant: slug, email: jane.email, password: 'seven purple ladderz' },
      unknown_user: { tenant: slug, email: 'nobody@people.example', password: PASSWORD },
      unknown_tenant: { tenant: 'no-such-tenant', email: jane.email, password: PASSWORD },
      user_disabled: { tenant: slug, email: gone.email, password: PASSWORD },
      'user_disabled ': { tenant: slug, email: removed.email, password: PASSWORD },
      no_password: { tenant: id, email: without.email, password: PASSWORD },
      tenant_archived: { tenant: archived.slug, email: theirs.email, password: PASSWORD },
      'unknown_tenant ': { tenant: UNKNOWN, email: jane.email, password: PASSWORD },
    };
  }

  // proves C35
  test('costs one statement and one computation, and has one answer; the audit log alone knows more', async () => {
    const cases = await strangers();
    await runWorker(server, 'access-audit');
    const answers: unknown[] = [];
    for (const [reason, body] of Object.entries(cases)) {
      const [computed, asked] = [await computations(server), statements()];
      const { status, headers, body: problem } = await server.call('POST /v1/auth/sign-in', { token: null, body });
      expect([reason, statements() - asked, (await computations(server)) - computed]).toEqual([reason, 1, 1]);
      answers.push([status, { ...problem, instance: '' }, headers.get('set-cookie'), headers.get('www-authenticate')]);
    }
    expect(answers[0]).toMatchObject([401, { code: 'invalid_credentials' }, null, 'Bearer']);
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    await runWorker(server, 'access-audit');
    const { body } = await server.call('GET /v1/audit?action=access.sign_in_failed&limit=200');
    const noted = body.items.map(({ metadata }: { metadata: Record<string, unknown> }) => metadata);
    for (const reason of Object.keys(cases))
      expect(noted).toContainEqual(expect.objectContaining({ credential: 'password', reason: reason.trim() }));
  });

  test('ten failures at one address leave one attempt in half a minute, whether or not somebody has the address', async () => {
    server.clock.stop();
    const { id } = await tenantIn(server, 'active');
    const person = await newPerson(server, id);
    const nobody = { ...person, email: 'nobody@people.example' };
    for (const who of [person, nobody]) {
      const attempt = (password: string) => signIn(server, { ...who, email: who.email.toUpperCase() }, password);
      for (let n = 0; n < 10; n += 1) expect((await attempt(`wrong wrong ${n}`)).status).toBe(401);
      const before = await computations(server);
      const refused = await attempt(PASSWORD);
      expect([refused.status, refused.body.code, refused.headers.get('retry-after')]).toEqual([
        429,
        'too_many_sign_ins',
        '30',
      ]);
      expect(await computations(server)).toBe(before);
      server.clock.advance(30_000);
      expect((await attempt('wrong wrong 10')).status).toBe(401);
      expect((await attempt(PASSWORD)).status).toBe(429);
      server.clock.advance(30_000);
      expect((await attempt(PASSWORD)).status).toBe(who === person ? 200 : 401);
    }
    // Another address of the tenant is not concerned.
    expect((await signIn(server, await newPerson(server, id))).status).toBe(200);
    server.clock.advance(15 * 60_000);
    expect((await signIn(server, person)).status).toBe(200);
  });
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

test('sign-ins have a queue of their own: while they wait, keys are proved', async () => {
  const person = await newPerson(server, (await tenantIn(server, 'active')).id);
  const { gate } = server.app.deps.sessions.passwords;
  expect(gate).not.toBe(server.app.deps.argon2.gate);
  const leave = await gate.enter('somebody');
  const waiting = signIn(server, person);
  const made = await server.call('POST /v1/api-keys', { body: { tenant_id: person.tenant_id, name: 'k' } });
  expect(made.status).toBe(201);
  expect(await figure(server, 'gate_running', { gate: 'passwords' })).toBe(1);
  leave();
  expect((await waiting).status).toBe(200);
});

test('a network has its share of the queue: past it it gets 429, and leaves the rest to the others', async () => {
  const { gate } = server.app.deps.sessions.passwords;
  const refusedBefore = gate.load().refused;
  const leave = await gate.enter('somebody');
  const body = { tenant: 'no-such-tenant', password: PASSWORD };
  const attack = Array.from({ length: 9 }, () =>
    server.call('POST /v1/auth/sign-in', {
      token: null,
      body: { ...body, email: `${randomBytes(6).toString('hex')}@people.example` },
    }),
  );
  await eventually(() => expect(gate.load()).toMatchObject({ waiting: 7, refused: refusedBefore + 2 }));
  leave();
  const answers = await Promise.all(attack);
  expect(answers.map(({ status }) => status).sort()).toEqual([401, 401, 401, 401, 401, 401, 401, 429, 429]);
  for (const { headers, body } of answers.filter(({ status }) => status === 429))
    expect([body.code, headers.get('retry-after')]).toEqual(['too_many_sign_ins', '1']);
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
