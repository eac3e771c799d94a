import { passwordLinks } from '@tenant-registry/db';
import { expect, test } from 'vitest';
import { computations, figure } from '../../../../test/support/api-keys.ts';
import {
  browserWith,
  cookieOf,
  newPerson,
  newSession,
  PASSWORD,
  signedIn,
  signIn,
  type TestPerson,
} from '../../../../test/support/people.ts';
import { DAY_MS, tenantIn, testServer, trailOf } from '../../../../test/support/server.ts';
import { digestOf, mintCookie } from '../cookie.ts';

const server = testServer();
const NEW = 'nine green umbrellas';

const somebody = async () => newPerson(server, (await tenantIn(server, 'active')).id);
const actionsOf = async ({ tenant_id }: TestPerson) => (await trailOf(server, tenant_id)).map(({ action }) => action);
const hashOf = async ({ id }: TestPerson) =>
  (await server.app.deps.db.selectFrom('users').select('password_hash').where('id', '=', id).executeTakeFirstOrThrow())
    .password_hash;

/** Makes a link as the API of users does, and returns its token. */
async function newLink({ id: user_id, tenant_id }: TestPerson): Promise<string> {
  const { db, clock } = server.app.deps;
  const token = mintCookie();
  const created_at = clock();
  const expires_at = new Date(created_at.getTime() + DAY_MS);
  await db
    .transaction()
    .execute((tx) =>
      passwordLinks.insertPasswordLink(tx, { user_id, tenant_id, token_hash: digestOf(token), created_at, expires_at }),
    );
  return token;
}

const redeem = (token: string, next = NEW, headers: Record<string, string> = {}) =>
  server.call('POST /v1/auth/password/redeem', { token: null, headers, body: { token, new: next } });

// proves B2, B29, C35
test('a new password ends every session, starts a new one, and is kept as a tagged argon2id hash', async () => {
  const person = await somebody();
  const [browser, other] = [await newSession(server, person), await newSession(server, person)];
  const stale = await newLink(person);
  const answer = await server.call('PUT /v1/auth/password', {
    ...browser.options,
    body: { current: PASSWORD, new: NEW },
  });
  expect([answer.status, answer.body]).toEqual([204, null]);
  const cookie = cookieOf(answer) ?? '';
  expect([browser.cookie, other.cookie]).not.toContain(cookie);
  for (const { options } of [browser, other]) expect((await server.call('GET /v1/me', options)).status).toBe(401);
  expect((await server.call('GET /v1/me', browserWith(server, cookie).options)).status).toBe(200);
  expect((await signIn(server, person)).status).toBe(401);
  expect((await signIn(server, person, NEW)).status).toBe(200);
  expect((await redeem(stale)).body.code).toBe('link_invalid');
  expect(await hashOf(person)).toMatch(/^argon2id-t3\|[\w-]{22}\|[\w-]{43}$/);
  const actions = await actionsOf(person);
  expect(actions.filter((action) => /^(session|user)\./.test(action))).toEqual([
    'user.password_set',
    'session.ended',
    'session.ended',
    'session.started',
    'session.started',
  ]);
});

test('a wrong current password changes nothing, costs one computation, and counts as a failed sign-in', async () => {
  server.clock.stop();
  const person = await somebody();
  const { options } = await newSession(server, person);
  const change = (current: string) => server.call('PUT /v1/auth/password', { ...options, body: { current, new: NEW } });
  const before = await computations(server);
  const refused = await change('wrong wrong wrong');
  expect([refused.status, refused.body.code, cookieOf(refused)]).toEqual([401, 'invalid_credentials', undefined]);
  expect((await computations(server)) - before).toBe(1);
  for (let n = 0; n < 9; n += 1) expect((await signIn(server, person, `wrong wrong ${n}`)).status).toBe(401);
  expect((await change(PASSWORD)).body.code).toBe('too_many_sign_ins');
  expect((await server.call('GET /v1/me', options)).status).toBe(200);
});

test('weak passwords are refused before anything is computed', async () => {
  const person = await newPerson(server, (await tenantIn(server, 'active')).id, { email: 'jane.doe@acme.example' });
  const { options } = await newSession(server, person);
  const token = await newLink(person);
  const before = await figure(server, 'argon2_seconds_count');
  for (const next of ['short words', 'Password1234', 'Jane.Doe@acme.example', 'x'.repeat(129), '🔑'.repeat(11)]) {
    const body = { current: PASSWORD, new: next };
    const changed = await server.call('PUT /v1/auth/password', { ...options, body });
    const redeemed = await redeem(token, next);
    for (const { status, body: problem } of [changed, redeemed])
      expect([status, problem.code, problem.errors[0].pointer]).toEqual([400, 'password_too_weak', '/new']);
  }
  expect(await figure(server, 'argon2_seconds_count')).toBe(before);
  expect((await redeem(token, '🔑'.repeat(12))).status).toBe(204);
  expect((await signIn(server, person, '🔑'.repeat(12))).status).toBe(200);
});

test('a password is right however the keyboard writes its accents', async () => {
  const person = await somebody();
  expect((await redeem(await newLink(person), 'cafe\u0301 au lait noir')).status).toBe(204);
  expect((await signIn(server, person, 'caf\u00e9 au lait noir')).status).toBe(200);
});

test.each([
  ['PUT /v1/auth/password', '/current', { new: NEW }],
  ['PUT /v1/auth/password', '/new', { current: PASSWORD }],
  ['PUT /v1/auth/password', '/new', { current: PASSWORD, new: '' }],
  ['POST /v1/auth/password/redeem', '/token', { new: NEW }],
  ['POST /v1/auth/password/redeem', '/new', { token: 'x', new: 5 }],
])('%s names a wrong %s: %j', async (operation, pointer, body) => {
  const { options } = await newSession(server, await somebody());
  const { status, body: problem } = await server.call(operation, { ...options, body });
  expect([status, problem.code, problem.errors[0].pointer]).toEqual([400, 'invalid_input', pointer]);
});

test('who signs in through a provider has no password to change', async () => {
  const person = await newPerson(server, (await tenantIn(server, 'active')).id, { password: null });
  const { options } = await newSession(server, person);
  const { status, body } = await server.call('PUT /v1/auth/password', {
    ...options,
    body: { current: PASSWORD, new: NEW },
  });
  expect([status, body.code]).toEqual([409, 'no_password']);
});

// proves B29
test('a link sets the password once, also in a frozen tenant, and ends all sessions; it gives none', async () => {
  const { id } = await tenantIn(server, 'frozen');
  const person = await newPerson(server, id, { password: null });
  const browser = await newSession(server, person);
  const token = await newLink(person);
  const answers = await Promise.all([1, 2, 3].map(() => redeem(token)));
  expect(answers.map(({ status }) => status).sort()).toEqual([204, 401, 401]);
  for (const answer of answers) expect(cookieOf(answer)).toBeUndefined();
  expect((await server.call('GET /v1/me', browser.options)).status).toBe(401);
  expect((await signIn(server, person, NEW)).status).toBe(200);
  const rows = await trailOf(server, id);
  expect(rows.filter(({ action }) => action === 'user.password_set')).toMatchObject([
    { actor_type: 'user', actor_id: `local:${person.id}`, target_id: person.id, metadata: { by: 'link' } },
  ]);
});

test('a link that is unknown, replaced, expired, or whose user was deactivated or archived is one and the same refusal', async () => {
  const { db } = server.app.deps;
  const [person, gone, archived] = [await somebody(), await somebody(), await somebody()];
  const replaced = await newLink(person);
  const expired = await newLink(person);
  const [ofGone, ofArchived] = [await newLink(gone), await newLink(archived)];
  await db.updateTable('users').set({ disabled_at: new Date() }).where('id', '=', gone.id).execute();
  for (const step of ['cancel', 'archive']) await server.call(`POST /v1/tenants/${archived.tenant_id}/${step}`);
  const before = [await redeem(mintCookie()), await redeem(replaced), await redeem(ofGone), await redeem(ofArchived)];
  server.clock.advance(DAY_MS);
  for (const { status, body } of [...before, await redeem(expired)])
    expect([status, body.code]).toEqual([401, 'link_invalid']);
  expect(await hashOf(person)).not.toBeNull();
  expect((await signIn(server, person)).status).toBe(200);
});

test('a page of another origin redeems no link', async () => {
  const token = await newLink(await somebody());
  const refused = await redeem(token, NEW, { origin: 'https://evil.example' });
  expect([refused.status, refused.body.code]).toEqual([403, 'csrf_failed']);
  expect((await redeem(token)).status).toBe(204);
});

test('a sign-in that was being proved while the password changed, or its user was deactivated, starts no session', async () => {
  const [person, gone] = [await somebody(), await somebody()];
  const { db, sessions } = server.app.deps;
  const leave = await sessions.passwords.gate.enter('somebody');
  const late = [signIn(server, person), signIn(server, gone)];
  while (sessions.passwords.gate.load().waiting < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  await db.updateTable('users').set({ password_hash: null }).where('id', '=', person.id).execute();
  await db.updateTable('users').set({ disabled_at: new Date() }).where('id', '=', gone.id).execute();
  leave();
  for (const { status, body } of await Promise.all(late))
    expect([status, body.code]).toEqual([401, 'invalid_credentials']);
  expect(await actionsOf(person)).not.toContain('session.started');
});

test('the fifty-first session ends the oldest, with an event', async () => {
  const person = await somebody();
  const [oldest, ...others] = await Promise.all(Array.from({ length: 50 }, () => newSession(server, person)));
  const first = [oldest, ...others].map((each) => each?.id).sort()[0];
  await signedIn(server, person);
  const ended = (await trailOf(server, person.tenant_id)).filter(({ action }) => action === 'session.ended');
  expect(ended.map(({ target_id }) => target_id)).toEqual([first]);
});

test('a password in the form of another hash, or of a user of a provider, is refused by the database', async () => {
  const person = await somebody();
  const set = (changes: { password_hash?: string; external_subject?: string }) =>
    server.app.deps.db.updateTable('users').set(changes).where('id', '=', person.id).execute();
  await expect(set({ password_hash: '$2b$12$abcdefghijklmnopqrstuv' })).rejects.toThrow('users_password_hash_check');
  await expect(set({ external_subject: 'https://idp.example|1' })).rejects.toThrow('users_password_hash_check');
});
