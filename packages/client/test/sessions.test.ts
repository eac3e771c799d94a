// engine: none
import { expect, test } from 'vitest';
import { type Client, type CurrentSession, createClient, createSessions, RegistryError } from '../src/index.ts';
import { createSessionsOn, type SessionsOptions } from '../src/sessions.ts';
import { feedHarness, OTHER_TENANT, TENANT } from './feed-harness.ts';
import { problem, rejectionOf, result, scripted, TOKEN } from './scripted-server.ts';
import { COOKIE, cookieOf, signedIn } from './session-fixtures.ts';

function sessionsHarness(options: Partial<SessionsOptions> = {}) {
  const asked: (string | undefined)[] = [];
  let reply: () => CurrentSession = () => signedIn();
  const current = async (_: object, { cookie }: { readonly cookie?: string | undefined } = {}) => {
    asked.push(cookie);
    return reply();
  };
  const { follower: sessions, ...feed } = feedHarness(({ runtime, changes, onFeed }) =>
    // Only the output of the call is used.
    createSessionsOn(runtime, { client: { sessions: { current }, changes } as unknown as Client, onFeed, ...options }),
  );
  const replies = (next: typeof reply) => {
    reply = next;
  };
  return { ...feed, sessions, asked, replies };
}

const unauthenticated = () => new RegistryError('sessions.current: no', { code: 'unauthenticated', status: 401 });

test('a session is asked for with its cookie alone, and the second answer comes from memory', async () => {
  const { sessions, asked, opened } = sessionsHarness();
  await opened();
  const first = await sessions.read(`theme=dark; ${cookieOf()}; a=b`);
  expect(first).toEqual(signedIn());
  expect(await sessions.read(cookieOf())).toBe(first);
  expect(asked).toEqual([cookieOf()]);
  expect(Object.isFrozen(first?.user)).toBe(true);
  await sessions.read(cookieOf(`${COOKIE.slice(1)}x`));
  expect(asked).toHaveLength(2);
});

test('a change of its tenant ends the answer, and not one of another tenant', async () => {
  const { sessions, asked, opened, change, replies } = sessionsHarness();
  await opened();
  await sessions.read(cookieOf());
  await change(OTHER_TENANT);
  await sessions.read(cookieOf());
  expect(asked).toHaveLength(1);
  replies(() => {
    throw unauthenticated();
  });
  await change(TENANT);
  expect(await sessions.read(cookieOf())).toBe(null);
});

test('a session that has ended by the clock is not given from memory', async () => {
  const { sessions, asked, opened, replies } = sessionsHarness();
  await opened();
  replies(() => signedIn({ session: { ...signedIn().session, expires_at: new Date(Date.now() - 1).toISOString() } }));
  await sessions.read(cookieOf());
  await sessions.read(cookieOf());
  expect(asked).toHaveLength(2);
});

test('without the feed every question goes to the registry', async () => {
  const { sessions, asked } = sessionsHarness();
  await sessions.read(cookieOf());
  await sessions.read(cookieOf());
  expect([asked.length, sessions.size]).toEqual([2, 0]);
});

test.each([
  ['no header', undefined],
  ['a header without the cookie', 'theme=dark'],
  ['an empty value', cookieOf('')],
  ['a value of another form', cookieOf(`${COOKIE}x`)],
  ['two of them, of which one was planted', `${cookieOf()}; ${cookieOf()}`],
  ['a cookie whose name ends like it', `x${cookieOf()}`],
])('nobody is signed in with %s, and the registry is not asked', async (_, header) => {
  const { sessions, asked } = sessionsHarness();
  expect(await sessions.read(header)).toBe(null);
  expect(asked).toEqual([]);
});

test('an unknown session is null and not kept; a failure to find out rejects', async () => {
  const { sessions, asked, opened, replies } = sessionsHarness();
  await opened();
  replies(() => {
    throw unauthenticated();
  });
  for (let round = 0; round < 2; round += 1) expect(await sessions.read(cookieOf())).toBe(null);
  expect([asked.length, sessions.size]).toEqual([2, 0]);
  replies(() => {
    throw new RegistryError('sessions.current: busy', { code: 'rate_limited', status: 429 });
  });
  expect(await rejectionOf(sessions.read(cookieOf()))).toMatchObject({ code: 'rate_limited' });
});

test('a call with a Cookie header sends the cookie of the session alone, and no token', async () => {
  const { client, seen } = await scripted([result(null)], { headers: { Authorization: 'Basic x', 'X-Portal': 'eu' } });
  await client.projects.get({ id: TENANT }, { cookie: `theme=dark; ${cookieOf()}` });
  expect(seen[0]?.headers).toMatchObject({ cookie: cookieOf(), 'x-portal': 'eu' });
  expect(seen[0]?.headers.authorization).toBeUndefined();
  await client.projects.get({ id: TENANT });
  expect(seen[1]?.headers).toMatchObject({ authorization: `Bearer ${TOKEN}` });
  expect(seen[1]?.headers.cookie).toBeUndefined();
});

test.each([
  ['no Cookie header', undefined],
  ['a header without a session', 'theme=dark'],
  ['two sessions', `${cookieOf()}; ${cookieOf()}`],
])('a call with %s is made by nobody, never with the token', async (_, cookie) => {
  const { client, seen } = await scripted([problem(401, 'unauthenticated')]);
  const error = await rejectionOf(client.projects.get({ id: TENANT }, { cookie }));
  expect(error).toMatchObject({ code: 'unauthenticated' });
  expect([seen[0]?.headers.authorization, seen[0]?.headers.cookie]).toEqual([undefined, undefined]);
});

test('no error of a call quotes its session', async () => {
  const fetch = async () => {
    throw new Error(`the request with ${cookieOf()} failed`);
  };
  const client = createClient({ url: 'http://registry.example', token: TOKEN, fetch, retries: 0 });
  const error = await rejectionOf(client.projects.get({ id: TENANT }, { cookie: cookieOf() }));
  expect(error).toMatchObject({ code: 'network', message: expect.stringContaining('[redacted]') });
  expect(JSON.stringify(error) + String(error)).not.toContain(COOKIE);
  const { client: other } = await scripted([problem(401, 'unauthenticated')]);
  expect(String(await rejectionOf(other.projects.get({ id: TENANT }, { cookie: cookieOf() })))).not.toContain(COOKIE);
});

test.each([{ ttlMs: -1 }, { entriesMax: 0 }])('options that cannot work are refused: %j', (options) => {
  const { client } = { client: undefined as never };
  expect(() => createSessions({ client, ...options })).toThrow(TypeError);
});
