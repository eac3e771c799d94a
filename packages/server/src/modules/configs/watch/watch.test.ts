import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { changesInTable, commitTogether } from '../../../../test/support/config-commits.ts';
import { type EventReader, readEvents } from '../../../../test/support/event-reader.ts';
import { madeIn, newProject, newTenant, testServer, UNKNOWN } from '../../../../test/support/server.ts';
import { cursorOf } from '../cursor.ts';
import { configChangesExample } from './schema.ts';

const server = testServer();

async function newPlace() {
  const tenant = await newTenant(server);
  const project = await newProject(server, tenant.id);
  const place = { tenant_id: tenant.id, project_id: project.id };
  return { tenant, project, place, at: `/v1/projects/${project.id}` };
}

interface Watch {
  readonly token?: string;
  readonly lastEventId?: string | null;
  readonly query?: string;
}

function watch(
  project: { readonly id: string },
  { token = server.operatorToken, lastEventId = null, query = '' }: Watch = {},
) {
  return readEvents(server, { token, lastEventId, path: `/v1/projects/${project.id}/config-watch${query}` });
}

/** Sets the key, whatever it is now. */
async function put(at: string, key: string, content: unknown) {
  const now = await server.call(`GET ${at}/configs/${key}`);
  const expected_version = now.status === 404 ? 0 : now.body.version;
  const { status, body } = await server.call(`PUT ${at}/configs/${key}`, { body: { content, expected_version } });
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
}

const changesOf = (reader: EventReader) => reader.messages.filter(({ name }) => name === 'change');
const toldOf = (reader: EventReader) => changesOf(reader).map(({ data }) => `${data.key}@${data.version}`);
const alive = (reader: EventReader) => reader.until(({ name }) => name === 'alive');

// proves B22, B33
test('a watcher gets each change in order, with its content, from now on', async () => {
  const { project, at } = await newPlace();
  await put(at, 'before', 1);
  const reader = await watch(project);
  expect([reader.status, reader.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  const first = await alive(reader);
  expect(reader.messages[0]).toEqual({ name: 'open', id: null, data: { alive_ms: 1000 } });
  expect(first.data).toEqual({ elapsed_ms: 0 });
  expect(first.id).toMatch(/^[0-9a-z]+\.1$/);
  const made = await put(at, 'limits', { max_users: 50 });
  await put(at, 'limits', { max_users: 60 });
  await server.call(`DELETE ${at}/configs/limits?expected_version=2`);
  await put(at, 'limits', null);
  await expect.poll(() => toldOf(reader)).toEqual(['limits@1', 'limits@2', 'limits@3', 'limits@4']);
  const [created, updated, deleted, nothing] = changesOf(reader);
  const { key, version, content, content_sha256, schema_id, schema_version, updated_at, updated_by } = made;
  const told = { key, version, operation: 'create', content, content_sha256, schema_id, schema_version };
  expect(created).toEqual({ name: 'change', id: made.cursor, data: { ...told, updated_at, updated_by } });
  expect(updated?.data).toMatchObject({ operation: 'update', content: { max_users: 60 } });
  expect(deleted?.data).toMatchObject({ operation: 'delete', content_sha256: null });
  expect(deleted?.data).not.toHaveProperty('content');
  expect(nothing?.data).toMatchObject({ operation: 'create', content: null });
});

test('the example of the document has the form of a stream', async () => {
  const { project, at } = await newPlace();
  await put(at, 'limits', { max_users: 50 });
  const reader = await watch(project);
  await alive(reader);
  await put(at, 'limits', { max_users: 60 });
  await reader.until(({ name }) => name === 'change');
  /** The name of each kind of message, and the members of its data. */
  const formOf = (text: string) =>
    Object.fromEntries(
      Array.from(text.matchAll(/^event: (\w+)\n(?:id: .+\n)?data: (.+)\n$/gm), ([, name, data = '']) => {
        const members = JSON.parse(data);
        return [name, [Object.keys(members), Object.keys(members.updated_by ?? {}).sort()]];
      }),
    );
  expect(formOf(reader.text())).toEqual(formOf(configChangesExample['text/event-stream']));
  expect(Object.keys(formOf(reader.text()))).toEqual(['open', 'alive', 'change']);
});

// proves B22
test('changes that were made together are told together, with one id, and resumed as a whole', async () => {
  const { project, place } = await newPlace();
  await commitTogether(server, place, { a: 1 });
  const reader = await watch(project);
  const start = (await alive(reader)).id;
  const together = cursorOf(place, await commitTogether(server, place, { b: 1, a: 2, c: 1 }));
  const last = cursorOf(place, await commitTogether(server, place, { c: undefined }));
  await expect.poll(() => toldOf(reader)).toEqual(['a@2', 'b@1', 'c@1', 'c@2']);
  const ids = changesOf(reader).map(({ id }) => id);
  expect(ids).toEqual([null, null, together, last]);
  const again = await watch(project, { lastEventId: start });
  await expect.poll(() => toldOf(again)).toEqual(['a@2', 'b@1', 'c@1', 'c@2']);
  const middle = await watch(project, { query: `?after=${together}` });
  await expect.poll(() => toldOf(middle)).toEqual(['c@2']);
  // The header goes before the query.
  const both = await watch(project, { query: `?after=${start}`, lastEventId: last });
  await alive(both);
  expect(toldOf(both)).toEqual([]);
});

test('with a prefix only such keys are told, and the last one told of a revision carries the id', async () => {
  const { project, place } = await newPlace();
  const reader = await watch(project, { query: '?prefix=b' });
  await alive(reader);
  const made = cursorOf(place, await commitTogether(server, place, { a: 1, b: 1, 'b.c': 1, c: 1 }));
  await expect.poll(() => toldOf(reader)).toEqual(['b@1', 'b.c@1']);
  expect(changesOf(reader).map(({ id }) => id)).toEqual([null, made]);
  const other = cursorOf(place, await commitTogether(server, place, { a: 2 }));
  // What happened to other keys moves the place from which to come back.
  const moved = await reader.until(({ name, id }) => name === 'alive' && id === other);
  expect(moved.data.elapsed_ms).toBeGreaterThanOrEqual(0);
  expect(toldOf(reader)).toHaveLength(2);
});

test('content beyond 32 KiB is left out, and what is shorter is not', async () => {
  const { project, at } = await newPlace();
  const reader = await watch(project);
  await alive(reader);
  const longest = 'x'.repeat(32_766);
  const spaced = Array.from({ length: 16_000 }, () => 1);
  await put(at, 'longest', longest);
  await put(at, 'longer', `${longest}x`);
  await put(at, 'spaced', spaced);
  await put(at, 'huge', 'y'.repeat(200_000));
  await put(at, 'wide', 'ä'.repeat(16_384));
  await expect.poll(() => toldOf(reader)).toHaveLength(5);
  const [first, longer, third, huge, wide] = changesOf(reader).map(({ data }) => data);
  expect(first.content).toBe(longest);
  expect(third.content).toEqual(spaced);
  for (const omitted of [longer, huge, wide]) {
    expect(omitted).toMatchObject({ content_omitted: true, content_sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(omitted).not.toHaveProperty('content');
  }
  for (const told of [first, third]) expect(told).not.toHaveProperty('content_omitted');
  // From the table the answer is the same.
  const again = await watch(project, { query: `?after=${String(changesOf(reader)[0]?.id).split('.')[0]}.0` });
  await expect.poll(() => changesOf(again).map(({ data }) => data)).toEqual(changesOf(reader).map(({ data }) => data));
});

test('a cursor that is none, of another project or epoch, or of no state that was, is answered with a reset and then the present', async () => {
  const { project, place } = await newPlace();
  const committed = await commitTogether(server, place, { a: 1 });
  const now = cursorOf(place, committed);
  const [tag = ''] = now.split('.');
  const sibling = await newPlace();
  const ofSibling = cursorOf(sibling.place, await commitTogether(server, sibling.place, { a: 1 }));
  // Both projects have a state of that revision.
  expect(ofSibling.split('.')[1]).toBe(now.split('.')[1]);
  for (const after of [
    'x',
    '',
    'a b',
    `${tag}.2`,
    `${tag}.-1`,
    `${tag}.1.5`,
    `other${tag}.1`,
    '.1',
    `${tag}.01`,
    `${committed.epoch}.1`,
    cursorOf(place, { ...committed, epoch: 'before' }),
    ofSibling,
  ]) {
    for (const asked of [{ query: `?after=${encodeURIComponent(after)}` }, { lastEventId: after }]) {
      const reader = await watch(project, asked);
      await alive(reader);
      const told = reader.messages.slice(0, 3).map(({ name, id }) => [name, id]);
      expect(told, JSON.stringify(asked)).toEqual([
        ['open', null],
        ['reset', now],
        ['alive', null],
      ]);
      reader.leave();
    }
  }
  const reader = await watch(project, { lastEventId: 'nonsense' });
  await alive(reader);
  await commitTogether(server, place, { a: 2 });
  await expect.poll(() => toldOf(reader)).toEqual(['a@2']);
});

test('a project without a configuration can be watched', async () => {
  const { project, at } = await newPlace();
  const reader = await watch(project);
  expect((await alive(reader)).id).toMatch(/\.0$/);
  await put(at, 'first', true);
  await expect.poll(() => toldOf(reader)).toEqual(['first@1']);
});

test('a project of another tenant, an unknown one, and another one than that of a bound key cannot be watched', async () => {
  const { tenant, project } = await newPlace();
  const other = await newPlace();
  const sibling = await newProject(server, tenant.id);
  const scopes = ['registry:configs:read'];
  const wide = await madeIn(server, tenant.id, 'api-keys', { name: 'wide', scopes });
  const bound = await madeIn(server, tenant.id, 'api-keys', { name: 'bound', scopes, project_id: project.id });
  const scopeless = await madeIn(server, tenant.id, 'api-keys', { name: 'none', scopes: ['registry:configs:write'] });
  const statusOf = async (token: string, id: string) => {
    const { status, body } = await server.call(`GET /v1/projects/${id}/config-watch`, { token });
    return status === 200 ? 200 : body.code;
  };
  expect(await Promise.all([project, sibling, other.project].map(({ id }) => statusOf(wide.key, id)))).toEqual([
    200,
    200,
    'not_found',
  ]);
  const boundTo = await Promise.all([project, sibling, other.project].map(({ id }) => statusOf(bound.key, id)));
  expect(boundTo).toEqual([200, 'not_found', 'not_found']);
  expect(await statusOf(wide.key, UNKNOWN)).toBe('not_found');
  expect(await statusOf(scopeless.key, project.id)).toBe('forbidden');
  const wrong = await server.call(`GET /v1/projects/${project.id}/config-watch?prefix=%2F`);
  expect([wrong.status, wrong.body.code]).toEqual([400, 'invalid_input']);
});

test('a watcher hears of its project alone', async () => {
  const [own, other] = [await newPlace(), await newPlace()];
  const reader = await watch(own.project);
  await alive(reader);
  await commitTogether(server, other.place, { secret: 'of another' });
  await commitTogether(server, own.place, { mine: 1 });
  await expect.poll(() => toldOf(reader)).toEqual(['mine@1']);
  expect(reader.text()).not.toContain('secret');
});

test('one more stream than a tenant may have is refused, which keeps no other tenant out', async () => {
  const { tenant, project } = await newPlace();
  const other = await newPlace();
  const fields = { name: 'w', scopes: ['registry:configs:read'] };
  const { key: token } = await madeIn(server, tenant.id, 'api-keys', fields);
  const { key: foreign } = await madeIn(server, other.tenant.id, 'api-keys', fields);
  const readers = await Promise.all(Array.from({ length: 100 }, () => watch(project, { token })));
  await Promise.all(readers.map(alive));
  const again = () => server.call(`GET /v1/projects/${project.id}/config-watch`, { token });
  const { status, body, headers } = await again();
  expect([status, body.code, headers.get('retry-after')]).toEqual([429, 'too_many_listeners', '5']);
  expect((await server.call(`GET ${other.at}/config-watch`, { token: foreign })).status).toBe(200);
  const figures = await server.app.deps.metrics.registry.metrics();
  expect(Number(/^tenant_registry_config_feed_listeners (\d+)$/m.exec(figures)?.[1])).toBeGreaterThanOrEqual(100);
  readers[0]?.leave();
  await expect.poll(async () => (await again()).status).toBe(200);
});

test('the stream of a key ends at once when the key is revoked, and those of others of the tenant end and resume', async () => {
  const { tenant, project, place } = await newPlace();
  const bystander = await newPlace();
  const fields = { scopes: ['registry:configs:read'] };
  const lost = await madeIn(server, tenant.id, 'api-keys', { name: 'lost', ...fields });
  const kept = await madeIn(server, tenant.id, 'api-keys', { name: 'kept', ...fields });
  const readers = [await watch(project, { token: lost.key }), await watch(project, { token: kept.key })];
  const elsewhere = await watch(bystander.project);
  for (const reader of [...readers, elsewhere]) await alive(reader);
  expect((await server.call(`DELETE /v1/api-keys/${lost.id}`)).status).toBe(204);
  await commitTogether(server, place, { a: 1 });
  for (const reader of readers) await reader.ended;
  const ends = readers.map((reader) => reader.messages.at(-1)?.data.reason);
  expect(['credential', 'authority']).toContain(ends[0]);
  expect(ends[1]).toBe('authority');
  // It was answered that the key is revoked: no later change is told to it.
  expect(toldOf(readers[0] as EventReader)).toEqual([]);
  const refused = await server.call(`GET /v1/projects/${project.id}/config-watch`, { token: lost.key });
  expect(refused.status).toBe(401);
  const resumed = await watch(project, { token: kept.key, lastEventId: readers[1]?.lastId() ?? null });
  await expect.poll(() => toldOf(resumed)).toEqual(['a@1']);
  await commitTogether(server, bystander.place, { b: 1 });
  await expect.poll(() => toldOf(elsewhere)).toEqual(['b@1']);
  expect(server.logs.filter((line) => line.includes('"level":"error"'))).toEqual([]);
});

test('a tenant that is frozen ends its streams, and one that is archived is watched no more', async () => {
  const { tenant, project } = await newPlace();
  await server.call(`POST /v1/tenants/${tenant.id}/activate`);
  const first = await watch(project);
  await alive(first);
  expect((await server.call(`POST /v1/tenants/${tenant.id}/cancel`)).status).toBe(200);
  await first.ended;
  expect(first.messages.at(-1)).toMatchObject({ name: 'bye', data: { reason: 'authority' } });
  const second = await watch(project, { lastEventId: first.lastId() });
  await alive(second);
  expect((await server.call(`POST /v1/tenants/${tenant.id}/archive`)).status).toBe(200);
  await second.ended;
  const refused = await server.call(`GET /v1/projects/${project.id}/config-watch`);
  expect([refused.status, refused.body.code]).toEqual([409, 'tenant_archived']);
});

test('readers that leave, and requests that only look, take no place', async () => {
  const { project } = await newPlace();
  const { configFeed } = server.app.deps;
  await expect.poll(configFeed.listening).toBeGreaterThanOrEqual(0);
  const before = configFeed.listening();
  expect((await server.call(`HEAD /v1/projects/${project.id}/config-watch`)).status).toBe(200);
  expect(configFeed.listening()).toBe(before);
});

test('a reader that stands still costs the server one page, whatever happens meanwhile', async () => {
  const { project, place } = await newPlace();
  const sockets: Socket[] = [];
  const keep = (socket: Socket) => void sockets.push(socket);
  server.app.server.server.on('connection', keep);
  const { hostname, port } = new URL(server.url);
  const slow = connect({ host: hostname, port: Number(port) });
  onTestFinished(() => void slow.destroy());
  slow.write(
    `GET /v1/projects/${project.id}/config-watch HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${server.operatorToken}\r\n\r\n`,
  );
  await once(slow, 'data');
  slow.pause();
  server.app.server.server.off('connection', keep);
  const [socket] = sockets;
  const quick = await watch(project);
  await alive(quick);
  const content = 'x'.repeat(29_000);
  const keys = Array.from({ length: 16 }, (_, index) => `k${index}`);
  for (let round = 0; round < 60; round += 1)
    await commitTogether(server, place, Object.fromEntries(keys.map((key) => [key, `${round}${content}`])));
  await expect.poll(() => toldOf(quick)).toHaveLength(960);
  // 28 MB were told to the quick one. What the kernel does not take waits in the table.
  await expect.poll(() => socket?.writableNeedDrain).toBe(true);
  const page = 16 * 30_000 + 65_536;
  expect(socket?.writableLength).toBeLessThan(2 * page);
  expect(socket?.bytesWritten).toBeLessThan(960 * 29_000);
});

/** The suite runs fewer; the whole test is 10,000. */
const CHANGES = 400;

// proves B20, B22
test('a watcher whose connections are cut at random gets every change once and in order', async () => {
  const { project, place } = await newPlace();
  const random = randomOf(20_261_128);
  const opening = await watch(project);
  const start = (await alive(opening)).id;
  opening.leave();
  const state = { writing: true };
  const write = async (writer: number) => {
    for (let made = 0; made < CHANGES / 4; ) {
      const count = random() < 0.3 ? Math.ceil(random() * 5) : 1;
      const keys = Array.from({ length: count }, (_, index) => `w${writer}.${(made + index) % 7}`);
      const pad = 'x'.repeat(Math.floor(random() ** 4 * 20_000));
      await commitTogether(
        server,
        place,
        Object.fromEntries(keys.map((key) => [key, random() < 0.1 ? undefined : pad + made])),
      );
      made += count;
    }
  };
  const writers = Promise.all([0, 1, 2, 3].map(write)).finally(() => {
    state.writing = false;
  });
  const follow = async () => {
    const seen: string[] = [];
    let lastEventId = start;
    for (;;) {
      const isLast = !state.writing;
      const table = isLast ? await changesInTable(server, place) : [];
      if (isLast && seen.length === table.length) return seen;
      const reader = await watch(project, { lastEventId });
      const wanted = Math.ceil(random() * 30);
      const isEnough = () => !state.writing || changesOf(reader).length >= wanted;
      await expect.poll(isEnough).toBe(true);
      if (isLast) await expect.poll(() => seen.length + changesOf(reader).length).toBeGreaterThanOrEqual(table.length);
      reader.leave();
      await reader.ended;
      // A revision that was cut in the middle has no id yet, and comes again as a whole.
      const whole = reader.messages.slice(0, reader.messages.findLastIndex(({ id }) => id !== null) + 1);
      expect(whole.map(({ name }) => name)).not.toContain('reset');
      seen.push(...whole.filter(({ name }) => name === 'change').map(({ data }) => `${data.key}@${data.version}`));
      lastEventId = reader.lastId();
    }
  };
  const [followed] = await Promise.all([Promise.all([follow(), follow()]), writers]);
  const table = await changesInTable(server, place);
  expect(table.length).toBeGreaterThanOrEqual(CHANGES);
  for (const seen of followed) expect(seen).toEqual(table);
});

/** A generator of numbers from 0 to 1 that a failing run can repeat. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
