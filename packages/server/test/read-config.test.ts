/** A configuration is read over two ways, which give equal answers: a short one, and the one that every operation has. */
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { fastReadConfig } from '../src/http/read-config.ts';
import { newKey } from './support/api-keys.ts';
import { contextOf } from './support/config-history.ts';
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

const OF_ONE_ANSWER = ['date', 'x-request-id'];

async function ask({ path, token = held.server.operatorToken, method = 'GET', headers = {} }: Asked) {
  const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(held.server.url + path, { method, headers: { ...authorization, ...headers } });
  const text = await response.text();
  return {
    status: response.status,
    headers: Object.fromEntries([...response.headers].filter(([name]) => !OF_ONE_ANSWER.includes(name))),
    text: text.replaceAll(response.headers.get('x-request-id') ?? 'no id', 'the request'),
  };
}

/** Asks over both ways: a tag that nothing has changes no answer, and is not for the short one. */
async function bothWays(asked: Asked) {
  const short = await ask(asked);
  expect(short).toEqual(await ask({ ...asked, headers: { ...asked.headers, 'if-none-match': '"other"' } }));
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
  const shown = await bothWays({ path: pathOf(project) });
  expect(shown.status).toBe(200);
  expect(JSON.parse(shown.text).content).toEqual(content);
  expect(shown.headers['etag']).toMatch(/^"/);
  expect(await bothWays({ path: pathOf(project), method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
  // An id may be written in either case.
  expect((await bothWays({ path: pathOf(project.toUpperCase()) })).status).toBe(200);
});

test('what is not there, and what is asked wrongly, is refused alike', async () => {
  const { project } = held;
  const statusOf = async (path: string) => (await bothWays({ path })).status;
  expect(await statusOf(pathOf(project, 'nothing'))).toBe(404);
  expect(await statusOf(pathOf(UNKNOWN))).toBe(404);
  expect(await statusOf(pathOf('no-id'))).toBe(400);
  expect(await statusOf(pathOf(project, '-'))).toBe(400);
  expect(await statusOf(pathOf(project, '%00'))).toBe(400);
  expect(await statusOf(`${pathOf(project)}?version=1`)).toBe(400);
  expect(await statusOf(`${pathOf(project)}?`)).toBe(404);
});

test('callers are admitted and refused alike', async () => {
  const { server, issuer, tenant_id, project, sibling } = held;
  await put(project, 1);
  const path = pathOf(project);
  const keyOf = async (tenant: string, fields: object) => (await newKey(server, { tenant_id: tenant, ...fields })).key;
  const scopes = ['registry:configs:read'];
  const foreign = (await newTenant(server)).id;
  const user = await newUser(server, tenant_id, { issuer });
  await bind(server, project, { type: 'user', id: user.id }, 'viewer');
  const viewer = await signedIn(issuer, user);
  const statusOf = async (token: string | null, of = path) => (await bothWays({ path: of, token })).status;
  expect(await statusOf(null)).toBe(401);
  expect(await statusOf('wrong')).toBe(401);
  expect(await statusOf(await keyOf(tenant_id, { scopes }))).toBe(200);
  expect(await statusOf(await keyOf(tenant_id, { scopes, project_id: project }))).toBe(200);
  expect(await statusOf(await keyOf(tenant_id, { scopes, project_id: sibling }))).toBe(404);
  expect(await statusOf(await keyOf(foreign, { scopes }))).toBe(404);
  expect(await statusOf(await keyOf(tenant_id, { scopes: ['registry:projects:read'] }))).toBe(403);
  expect(await statusOf(viewer)).toBe(200);
  expect(await statusOf(viewer, pathOf(sibling))).toBe(403);
});

test('the tag of the short answer is known by the other way', async () => {
  const { id: project } = await newProject(held.server, held.tenant_id);
  await put(project, { a: 1 });
  const path = pathOf(project);
  const { headers } = await ask({ path });
  const etag = String(headers['etag']);
  for (const tag of [etag, `W/${etag}`, '*'])
    expect(await ask({ path, headers: { 'if-none-match': tag } })).toMatchObject({ status: 304, text: '' });
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
    expect((await bothWays({ path: pathOf(project) })).status).toBe(status);
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
    expect((await bothWays({ path: pathOf(project) })).status).toBe(500);
    expect(logged()).toBe(before + 2);
  }
});

test('the short way takes what is plain, and nothing else', async () => {
  const { server, project } = held;
  const taken: string[] = [];
  const handler = fastReadConfig({
    deps: server.app.deps,
    contextOf: () => contextOf(server),
    otherwise: () => taken.push('the other way'),
  });
  const reply = { header: () => reply, send: () => taken.push('the short way') };
  const request = {
    ...{ query: {}, headers: {}, params: { project_id: project, key: 'limits' } },
    actor: { permissions: new Set(['configs:read']) },
  };
  const other = [
    { query: { version: '1' } },
    { headers: { 'if-none-match': '*' } },
    { actor: null },
    { actor: { permissions: new Set() } },
    { params: { project_id: project, key: '-' } },
  ];
  for (const more of [{}, ...other]) {
    const asked = { ...request, ...more } as never; // what the handler looks at
    await handler.call(undefined as never, asked, reply as never);
  }
  expect(taken).toEqual(['the short way', ...other.map(() => 'the other way')]);
});
