import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { newKey } from '../../../test/support/api-keys.ts';
import { heldLeases } from '../../../test/support/held-leases.ts';
import { type Browser, cookieOf, newPerson, newSession, type TestPerson } from '../../../test/support/people.ts';
import {
  DAY_MS,
  runWorker,
  startTestServer,
  tenantIn,
  testServer,
  trailOf,
  UNKNOWN,
} from '../../../test/support/server.ts';
import { digestOf, mintCookie } from './cookie.ts';

const server = testServer();

const MINUTE_MS = 60_000;

async function somebody(roles: ('admin' | 'member')[] = ['member']): Promise<TestPerson> {
  return newPerson(server, (await tenantIn(server, 'active')).id, { roles });
}

const statusOf = async ({ options }: Browser) => (await server.call('GET /v1/auth/session', options)).status;
const endedOf = async ({ tenant_id }: TestPerson) =>
  (await trailOf(server, tenant_id))
    .filter(({ action }) => action === 'session.ended')
    .map(({ target_id }) => target_id);

test('the current session tells who is in it and what changes need, and no cookie', async () => {
  const person = await somebody(['admin']);
  const browser = await newSession(server, person);
  const { status, body } = await server.call('GET /v1/auth/session', browser.options);
  expect([status, body]).toMatchObject([
    200,
    {
      user: { id: person.id, tenant_id: person.tenant_id, email: person.email, roles: ['admin'] },
      session: { id: browser.id, user_id: person.id, idp_config_id: null },
      csrf_token: browser.csrfToken,
    },
  ]);
  expect(JSON.stringify(body)).not.toContain(browser.cookie);
});

test('an Authorization header wins over the cookie, also when it is no good', async () => {
  const person = await somebody(['admin']);
  const { options } = await newSession(server, person);
  const { key } = await newKey(server, { tenant_id: person.tenant_id });
  expect((await server.call('GET /v1/me', { ...options, token: key })).body.type).toBe('api_key');
  expect((await server.call('GET /v1/me', { ...options, token: 'x'.repeat(40) })).status).toBe(401);
});

test('callers that are no user of a tenant in person have no sessions: tokens, and the keys of a user too', async () => {
  const person = await somebody();
  const owned = await newKey(server, { tenant_id: person.tenant_id });
  await server.app.deps.db.updateTable('api_keys').set({ user_id: person.id }).where('id', '=', owned.id).execute();
  const browser = await newSession(server, person);
  for (const token of [server.operatorToken, server.internalToken, owned.key]) {
    for (const operation of ['GET /v1/auth/session', 'GET /v1/auth/sessions', 'DELETE /v1/auth/sessions']) {
      const { status, body } = await server.call(operation, { token });
      expect([status, body.code]).toEqual([403, 'no_user']);
    }
  }
  expect(await statusOf(browser)).toBe(200);
});

describe('a session ends', () => {
  test('after 30 minutes in which nothing was asked in it, and not while it is used', async () => {
    const browser = await newSession(server, await somebody());
    for (let n = 0; n < 3; n += 1) {
      server.clock.advance(29 * MINUTE_MS);
      expect(await statusOf(browser)).toBe(200);
      await runWorker(server, 'sessions-last-seen');
    }
    server.clock.advance(30 * MINUTE_MS);
    const { status, body, headers } = await server.call('GET /v1/auth/session', browser.options);
    expect([status, body.detail]).toEqual([401, 'This session has expired: sign in again.']);
    expect(headers.get('www-authenticate')).toContain('expired');
    await runWorker(server, 'sessions-last-seen');
    expect(await statusOf(browser)).toBe(401);
  });

  test('after twelve hours, however much it is used', async () => {
    const browser = await newSession(server, await somebody());
    for (let minutes = 0; minutes < 12 * 60 - 20; minutes += 20) {
      server.clock.advance(20 * MINUTE_MS);
      expect(await statusOf(browser)).toBe(200);
      await runWorker(server, 'sessions-last-seen');
    }
    server.clock.advance(20 * MINUTE_MS);
    expect(await statusOf(browser)).toBe(401);
  });

  test('with its user, and with its tenant', async () => {
    const [person, other] = [await somebody(), await somebody()];
    const [browser, theirs] = [await newSession(server, person), await newSession(server, other)];
    await server.app.deps.db
      .updateTable('users')
      .set({ disabled_at: new Date() })
      .where('id', '=', person.id)
      .execute();
    const refused = await server.call('GET /v1/me', browser.options);
    expect([refused.status, refused.body.detail]).toEqual([401, 'This user of the tenant is deactivated.']);
    for (const step of ['cancel', 'archive']) await server.call(`POST /v1/tenants/${other.tenant_id}/${step}`);
    expect((await server.call('GET /v1/me', theirs.options)).status).toBe(401);
  });

  test('by sign-out: the cookie is taken away and opens nothing more; the other sessions live', async () => {
    const person = await somebody();
    const [browser, other] = [await newSession(server, person), await newSession(server, person)];
    const out = await server.call('DELETE /v1/auth/session', browser.options);
    expect([out.status, out.body, out.headers.get('set-cookie')]).toEqual([
      204,
      null,
      '__Host-tr_session=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0',
    ]);
    const refused = await server.call('GET /v1/me', browser.options);
    expect([refused.status, refused.body.detail]).toEqual([401, 'This session was ended: sign in again.']);
    expect(await statusOf(other)).toBe(200);
    const [row] = (await trailOf(server, person.tenant_id)).filter(({ action }) => action === 'session.ended');
    expect(row).toMatchObject({ target_type: 'session', target_id: browser.id, actor_id: `local:${person.id}` });
  });

  test('by its owner from another one, once, and by nobody else', async () => {
    const [person, neighbour] = [await somebody(), await somebody()];
    const colleague = await newPerson(server, person.tenant_id, { roles: ['admin'] });
    const [browser, other] = [await newSession(server, person), await newSession(server, person)];
    for (const stranger of [await newSession(server, neighbour), await newSession(server, colleague)]) {
      const refused = await server.call(`DELETE /v1/auth/sessions/${other.id}`, stranger.options);
      expect([refused.status, refused.body.code]).toEqual([404, 'not_found']);
    }
    expect((await server.call(`DELETE /v1/auth/sessions/${UNKNOWN}`, browser.options)).status).toBe(404);
    expect(await statusOf(other)).toBe(200);
    for (let n = 0; n < 2; n += 1) {
      const done = await server.call(`DELETE /v1/auth/sessions/${other.id}`, browser.options);
      expect([done.status, cookieOf(done)]).toEqual([204, undefined]);
    }
    expect(await statusOf(other)).toBe(401);
    expect(await endedOf(person)).toEqual([other.id]);
    const own = await server.call(`DELETE /v1/auth/sessions/${browser.id}`, browser.options);
    expect([own.status, cookieOf(own)]).toEqual([204, '']);
  });

  test('with all others of its owner, when the owner ends all of them, also in a frozen tenant', async () => {
    const person = await somebody();
    const colleague = await newSession(server, await newPerson(server, person.tenant_id));
    const [browser, other] = [await newSession(server, person), await newSession(server, person)];
    await server.call(`POST /v1/tenants/${person.tenant_id}/cancel`);
    const done = await server.call('DELETE /v1/auth/sessions', browser.options);
    expect([done.status, cookieOf(done)]).toEqual([204, '']);
    for (const each of [browser, other]) expect(await statusOf(each)).toBe(401);
    expect(await statusOf(colleague)).toBe(200);
    expect((await endedOf(person)).sort()).toEqual([browser.id, other.id].sort());
  });
});

test('an answer that takes a cookie is never stored, and a repetition is done anew', async () => {
  const person = await somebody();
  const browser = await newSession(server, person);
  const headers = { ...browser.options.headers, 'idempotency-key': randomUUID() };
  const out = await server.call('DELETE /v1/auth/session', { token: null, headers });
  expect([out.status, cookieOf(out)]).toEqual([204, '']);
  const again = await newSession(server, person);
  const repeated = await server.call('DELETE /v1/auth/session', {
    token: null,
    headers: { ...headers, ...again.options.headers },
  });
  expect([repeated.status, repeated.headers.get('idempotency-replayed'), cookieOf(repeated)]).toEqual([204, null, '']);
  expect(await statusOf(again)).toBe(401);
  const { db } = server.app.deps;
  const stored = await db.selectFrom('idempotency_keys').select('key').where('key', '=', headers['idempotency-key']);
  expect(await stored.execute()).toEqual([]);
});

test('the sessions of the caller are listed newest first, page by page, without those that have ended', async () => {
  const person = await somebody();
  const idle = await newSession(server, person);
  server.clock.advance(31 * MINUTE_MS);
  const living = [await newSession(server, person), await newSession(server, person), await newSession(server, person)];
  await newSession(server, await newPerson(server, person.tenant_id));
  const [browser] = living;
  const first = await server.call('GET /v1/auth/sessions?limit=2', browser?.options);
  const rest = await server.call(`GET /v1/auth/sessions?cursor=${first.body.next_cursor}`, browser?.options);
  const items = [...first.body.items, ...rest.body.items];
  expect(items.map(({ id }) => id)).toEqual(living.map(({ id }) => id).reverse());
  expect(items.map(({ current }) => current)).toEqual([false, false, true]);
  expect(items.map(({ id }) => id)).not.toContain(idle.id);
  const wrong = await server.call('GET /v1/auth/sessions?limit=0', browser?.options);
  expect([wrong.status, wrong.body.errors[0].pointer]).toEqual([400, '/limit']);
});

test('from memory a session is answered without a read, and its end is known at once', async () => {
  const leases = heldLeases();
  const other = await startTestServer({ leases });
  const person = await newPerson(other, (await tenantIn(other, 'active')).id);
  const [browser, second] = [await newSession(other, person), await newSession(other, person)];
  const me = async (each: Browser) => (await other.call('GET /v1/me', each.options)).status;
  expect(await me(browser)).toBe(200);
  // Past the registry: what is remembered holds.
  await other.app.deps.db
    .updateTable('user_sessions')
    .set({ session_hash: digestOf(mintCookie()) })
    .where('id', '=', browser.id)
    .execute();
  expect(await me(browser)).toBe(200);
  expect((await other.call('DELETE /v1/auth/sessions', second.options)).status).toBe(204);
  expect(await me(browser)).toBe(401);
  await other.close();
});

test('sessions stay for 30 days after their end, then they are deleted; links go when they have expired', async () => {
  const person = await somebody();
  const { db } = server.app.deps;
  const now = server.clock.now();
  await newSession(server, person);
  const expired = new Date(now.getTime() - 1);
  const link = { tenant_id: person.tenant_id, user_id: person.id, token_hash: digestOf(mintCookie()) };
  await db
    .insertInto('password_links')
    .values({ ...link, expires_at: expired })
    .execute();
  const left = async () => {
    const counted: number[] = [];
    for (const table of ['user_sessions', 'password_links'] as const) {
      const rows = await db.selectFrom(table).select('tenant_id').where('tenant_id', '=', person.tenant_id).execute();
      counted.push(rows.length);
    }
    return counted;
  };
  expect(await left()).toEqual([1, 1]);
  await runWorker(server, 'sessions-expiry');
  expect(await left()).toEqual([1, 0]);
  server.clock.advance(30.4 * DAY_MS);
  await runWorker(server, 'sessions-expiry');
  expect(await left()).toEqual([1, 0]);
  server.clock.advance(0.2 * DAY_MS);
  await runWorker(server, 'sessions-expiry');
  expect(await left()).toEqual([0, 0]);
});
