// engine: postgres
/** A configuration is read without tRPC's layers, and through them, with equal answers. */
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { newKey } from './support/api-keys.ts';
import { bind, newUser, signedIn } from './support/role-holders.ts';
import { newProject, newTenant, UNKNOWN } from './support/server.ts';
import { startTwoProjects, type TwoProjects } from './support/two-projects.ts';

let held: TwoProjects;
beforeAll(async () => {
  held = await startTwoProjects();
});
afterAll(() => held.stop());

const pathOf = (project: string, key = 'limits') => `/v1/projects/${project}/configs/${key}`;

async function put(project: string, content: unknown) {
  const { status } = await held.server.call(`PUT ${pathOf(project)}`, { body: { content, expected_version: 0 } });
  expect(status).toBe(200);
}

interface Asked {
  readonly path: string;
  readonly token?: string | null;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

async function ask({ path, token = held.server.operatorToken, method = 'GET', headers = {} }: Asked) {
  const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(held.server.url + path, { method, headers: { ...authorization, ...headers } });
  const text = await response.text();
  return { status: response.status, etag: response.headers.get('etag'), body: text === '' ? null : JSON.parse(text) };
}

/** Asks over tRPC, and returns the answer in the form of REST. */
async function askTrpc(project_id: string, key: string, token?: string | null) {
  const input = encodeURIComponent(JSON.stringify({ project_id, key }));
  const { body, ...answer } = await ask({
    path: `/trpc/configs.get?input=${input}`,
    ...(token === undefined ? {} : { token }),
  });
  return { ...answer, body: answer.status === 200 ? body.result.data : body.error.data.problem };
}

/** Asks without tRPC's layers and with them. */
async function bothWays(project: string, { key = 'limits', token }: { key?: string; token?: string | null } = {}) {
  const short = await ask({ path: pathOf(project, key), ...(token === undefined ? {} : { token }) });
  const { body, ...other } = await askTrpc(project, decodeURIComponent(key), token);
  // The request is another one.
  expect(short).toEqual({ ...other, body: 'instance' in body ? { ...body, instance: short.body.instance } : body });
  return short;
}

// proves B8
test.each([
  ['an object', { b: 1, a: [null, 'ü\u2028"'] }],
  ['null', null],
  ['a text with a member of every object', '{"constructor":{}}'],
])('a value that is %s is shown alike, and to HEAD', async (_, content) => {
  const { id: project } = await newProject(held.server, held.tenant_id);
  await put(project, content);
  const shown = await bothWays(project);
  expect(shown).toMatchObject({ status: 200, etag: expect.stringMatching(/^"/), body: { content } });
  expect(await ask({ path: pathOf(project), method: 'HEAD' })).toEqual({ ...shown, body: null });
  // An id may be written in either case.
  expect(await bothWays(project.toUpperCase())).toEqual(shown);
});

test('what is not there, and what is asked wrongly, is refused alike', async () => {
  const { project } = held;
  expect((await bothWays(project, { key: 'nothing' })).status).toBe(404);
  expect((await bothWays(UNKNOWN)).status).toBe(404);
  expect((await bothWays('no-id')).body.code).toBe('invalid_input');
  for (const key of ['-', '%00', 'x'.repeat(200)]) expect((await bothWays(project, { key })).status).toBe(400);
  expect((await ask({ path: `${pathOf(project)}?version=1` })).status).toBe(400);
});

test('callers are admitted and refused alike', async () => {
  const { server, issuer, tenant_id, project, sibling } = held;
  await put(project, 1);
  const keyOf = async (tenant: string, fields: object) => (await newKey(server, { tenant_id: tenant, ...fields })).key;
  const scopes = ['registry:configs:read'];
  const foreign = (await newTenant(server)).id;
  const user = await newUser(server, tenant_id, { issuer });
  await bind(server, project, { type: 'user', id: user.id }, 'viewer');
  const viewer = await signedIn(issuer, user);
  const statusOf = async (token: string | null, of = project) => (await bothWays(of, { token })).status;
  expect(await statusOf(null)).toBe(401);
  expect(await statusOf('wrong')).toBe(401);
  expect(await statusOf(await keyOf(tenant_id, { scopes }))).toBe(200);
  expect(await statusOf(await keyOf(tenant_id, { scopes, project_id: project }))).toBe(200);
  expect(await statusOf(await keyOf(tenant_id, { scopes, project_id: sibling }))).toBe(404);
  expect(await statusOf(await keyOf(foreign, { scopes }))).toBe(404);
  expect(await statusOf(await keyOf(tenant_id, { scopes: ['registry:projects:read'] }))).toBe(403);
  expect(await statusOf(viewer)).toBe(200);
  expect(await statusOf(viewer, sibling)).toBe(403);
});

test('a caller that names the tag gets no body', async () => {
  const { id: project } = await newProject(held.server, held.tenant_id);
  await put(project, { a: 1 });
  const path = pathOf(project);
  const { etag } = await ask({ path });
  for (const tag of [`${etag}`, `W/${etag}`, '*'])
    expect(await ask({ path, headers: { 'if-none-match': tag } })).toMatchObject({ status: 304, etag, body: null });
});

test('frozen and archived tenants are answered alike', async () => {
  const { server } = held;
  const { id: tenant } = await newTenant(server);
  const { id: project } = await newProject(server, tenant);
  await put(project, 1);
  for (const [step, status] of [
    ['cancel', 200],
    ['archive', 409],
  ] as const) {
    expect((await server.call(`POST /v1/tenants/${tenant}/${step}`)).status).toBe(200);
    expect((await bothWays(project)).status).toBe(status);
  }
});

test('a failure of the registry is answered alike, and logged once', async () => {
  const { server, project } = held;
  const store = server.app.deps.configStore;
  const { find } = store;
  onTestFinished(() => {
    store.find = find;
  });
  const logged = () => server.logs.filter((line) => JSON.parse(line).msg === 'request failed').length;
  const failures: (typeof find)[] = [
    () => Promise.reject(new Error('it fails')),
    () => {
      throw new TypeError('it fails at once');
    },
    // What the schema of the answer refuses.
    async (...asked) => {
      const found = await find(...asked);
      return { ...found, config: found.config && { ...found.config, version: -1 } };
    },
  ];
  for (const failure of failures) {
    store.find = failure;
    const before = logged();
    expect((await bothWays(project)).status).toBe(500);
    expect(logged()).toBe(before + 2);
  }
});
