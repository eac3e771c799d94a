// engine: postgres
/** Sessions of people, read in a product's process from a real registry. */
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../server/test/support/eventually.ts';
import { newPerson, newSession } from '../../server/test/support/people.ts';
import { newTenant, startTestServer, type TestServer } from '../../server/test/support/server.ts';
import { createClient, createSessions, type Sessions } from '../src/index.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await server.app.deps.leases.start();
});
afterAll(() => server.close());

const SESSION_PATH = '/v1/auth/session';

/** Returns sessions that are read from the registry, and the number of times that it was asked for one. */
async function newSessions() {
  const asked: string[] = [];
  const client = createClient({
    url: server.url,
    token: server.internalToken,
    fetch: (url, init) => {
      if (url.includes(SESSION_PATH)) asked.push(url);
      return fetch(url, init);
    },
  });
  const sessions = createSessions({ client });
  onTestFinished(() => sessions.close());
  await eventually(() => expect(sessions.live).toBe(true));
  return { client, sessions, asked };
}

async function newVisitor() {
  const tenant = await newTenant(server);
  const person = await newPerson(server, tenant.id);
  const { options, id, csrfToken } = await newSession(server, person);
  const { cookie = '' } = options.headers;
  return { person, id, cookie, csrfToken, options };
}

/** Reads until the answer is kept: the first ones are not, while an earlier change may still settle. */
async function remembered(sessions: Sessions, asked: readonly string[], cookie: string): Promise<void> {
  await eventually(async () => {
    const before = asked.length;
    expect(await sessions.read(cookie)).not.toBe(null);
    expect(asked).toHaveLength(before);
  });
}

test('a session tells the person, the session and the token that changes need', async () => {
  const { sessions } = await newSessions();
  const { person, id, cookie, csrfToken } = await newVisitor();
  const current = await sessions.read(`theme=dark; ${cookie}`);
  expect(current?.user).toMatchObject({ id: person.id, tenant_id: person.tenant_id, email: person.email });
  expect(current?.session).toMatchObject({ id, user_id: person.id });
  expect(current?.csrf_token).toBe(csrfToken);
});

test('a kept answer saves the request, and the end of the session ends it', async () => {
  const { sessions, asked } = await newSessions();
  const { cookie, options } = await newVisitor();
  await remembered(sessions, asked, cookie);
  expect((await server.call('DELETE /v1/auth/session', options)).status).toBe(204);
  await eventually(async () => expect(await sessions.read(cookie)).toBe(null));
});

test('the end of a session leaves the kept answers about other tenants', async () => {
  const { sessions, asked } = await newSessions();
  const [visitor, other] = [await newVisitor(), await newVisitor()];
  await remembered(sessions, asked, visitor.cookie);
  await remembered(sessions, asked, other.cookie);
  await server.call('DELETE /v1/auth/session', visitor.options);
  await eventually(async () => expect(await sessions.read(visitor.cookie)).toBe(null));
  const before = asked.length;
  expect(await sessions.read(other.cookie)).not.toBe(null);
  expect(asked).toHaveLength(before);
});

test('a cookie that nobody was given is null, and is asked for each time', async () => {
  const { sessions, asked } = await newSessions();
  const cookie = `__Host-tr_session=${'x'.repeat(43)}`;
  for (const count of [1, 2]) {
    expect(await sessions.read(cookie)).toBe(null);
    expect(asked).toHaveLength(count);
  }
});

test('a call with a Cookie header is made by its person, and by nobody without a session', async () => {
  const { client } = await newSessions();
  const { person, cookie } = await newVisitor();
  const who = await client.access.me({}, { cookie });
  expect(who).toMatchObject({ type: 'user', user_id: person.id, tenant_id: person.tenant_id });
  await expect(client.access.me({}, { cookie: undefined })).rejects.toMatchObject({ code: 'unauthenticated' });
  expect(await client.access.me()).toMatchObject({ type: 'internal' });
});
