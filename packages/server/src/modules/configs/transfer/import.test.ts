import { expect, test } from 'vitest';
import { newKey } from '../../../../test/support/api-keys.ts';
import { commitEdits, contextOf, newPlace } from '../../../../test/support/config-history.ts';
import { testServer, trailOf } from '../../../../test/support/server.ts';
import type { ConfigStore, Place } from '../store/port.ts';
import { importConfigs } from './service.ts';

const server = testServer();

const pathOf = ({ project_id }: Place, rest = '') => `/v1/projects/${project_id}/config-${rest}`;
const importInto = (place: Place, body: unknown, query = '') =>
  server.call(`POST ${pathOf(place, 'import')}${query}`, { body });
const items = (count: number, content: (index: number) => object | string = (index) => ({ index })) =>
  Array.from({ length: count }, (_, index) => ({ key: `k${String(index).padStart(4, '0')}`, content: content(index) }));

function exported(place: Place): Promise<Response> {
  return fetch(server.url + pathOf(place, 'export'), { headers: { authorization: `Bearer ${server.operatorToken}` } });
}

async function linesOf(place: Place) {
  const text = await (await exported(place)).text();
  return text.split('\n').flatMap((line) => (line === '' ? [] : JSON.parse(line)));
}

// proves B33, B34
test('what was exported is imported into another project, and repeated it changes nothing', async () => {
  const [from, to] = [await newPlace(server), await newPlace(server)];
  const given = items(150, (index) => ({ index, text: 'ünï \u2028 "quoted"\n', list: [null, 1.5] }));
  expect((await importInto(from, { items: given })).body).toMatchObject({ complete: true, counts: { create: 150 } });
  const response = await exported(from);
  expect(response.headers.get('content-type')).toBe('application/x-ndjson');
  expect(response.headers.get('content-disposition')).toBe('attachment; filename="configs.ndjson"');
  expect(response.headers.get('etag')).toMatch(/^"[0-9a-f]+\.3"$/); // 60, 60 and 30 keys
  await response.text();
  const lines = await linesOf(from);
  expect(lines).toEqual(given.map((item) => ({ ...item, schema_id: null, schema_version: null })));
  const first = await importInto(to, { items: lines });
  expect(first.body).toMatchObject({
    complete: true,
    stopped: null,
    errors: [],
    counts: { create: 150, unchanged: 0 },
  });
  expect(await linesOf(to)).toEqual(lines);
  const trail = await trailOf(server, to.tenant_id);
  expect(trail.filter(({ action }) => action === 'config.created')).toHaveLength(150);
  const again = await importInto(to, { items: lines });
  expect(again.body).toMatchObject({ cursor: first.body.cursor, counts: { create: 0, update: 0, unchanged: 150 } });
  expect(await trailOf(server, to.tenant_id)).toHaveLength(trail.length);
});

test('a dry run tells the plan of each item, and writes nothing', async () => {
  const place = await newPlace(server);
  await importInto(place, {
    items: [
      { key: 'a', content: 1 },
      { key: 'b', content: 2 },
      { key: 'old', content: 3 },
    ],
  });
  const before = await linesOf(place);
  const body = {
    items: [
      { key: 'new', content: 0 },
      { key: 'b', content: 2 },
      { key: 'a', content: 2 },
    ],
    prune: true,
  };
  const dry = await importInto(place, body, '?dry_run=true');
  expect(dry.body).toMatchObject({
    dry_run: true,
    counts: { create: 1, update: 1, unchanged: 1, delete: 1, invalid: 0 },
    items: [
      { key: 'new', action: 'create', version: 1, written: false },
      { key: 'b', action: 'unchanged', version: 1, written: false },
      { key: 'a', action: 'update', version: 2, written: false },
      { key: 'old', action: 'delete', version: 2, written: false },
    ],
  });
  expect(await linesOf(place)).toEqual(before);
  const real = await importInto(place, body);
  expect(real.body.items.map(({ written }: { written: boolean }) => written)).toEqual([true, false, true, true]);
  expect((await linesOf(place)).map(({ key, content }) => [key, content])).toEqual([
    ['a', 2],
    ['b', 2],
    ['new', 0],
  ]);
  // A key that was deleted goes on from its last version.
  expect((await importInto(place, { items: [{ key: 'old', content: 4 }] })).body.items).toMatchObject([
    { key: 'old', action: 'create', version: 3 },
  ]);
});

test('prune leaves alone what does not begin with its prefix', async () => {
  const place = await newPlace(server);
  await importInto(place, { items: ['a.1', 'a.2', 'b.1'].map((key) => ({ key, content: key })) });
  const { body } = await importInto(place, {
    items: [{ key: 'a.1', content: 'a.1' }],
    prune: true,
    prune_prefix: 'a.',
  });
  expect(body.counts).toEqual({ create: 0, update: 0, unchanged: 1, delete: 1, invalid: 0 });
  expect((await linesOf(place)).map(({ key }) => key)).toEqual(['a.1', 'b.1']);
});

test('items that cannot be imported are told at their places, and nothing is written', async () => {
  const place = await newPlace(server);
  const wrong = [
    { key: 'a', content: 1 },
    { key: 'b', content: 2 },
    { key: 'a', content: 3 },
  ];
  const refused = await importInto(place, { items: wrong });
  expect(refused).toMatchObject({
    status: 400,
    body: { code: 'config_import_invalid', errors: [{ pointer: '/items/2/key', in: 'body' }] },
  });
  const dry = await importInto(place, { items: wrong }, '?dry_run=true');
  expect(dry.body).toMatchObject({ counts: { create: 2, invalid: 1 }, errors: [{ pointer: '/items/2/key' }] });
  const pinned = [{ key: 'c', content: 1, schema_id: '01890000-0000-7000-8000-000000000000' }];
  expect((await importInto(place, { items: pinned })).body).toMatchObject({
    code: 'config_import_invalid',
    errors: [{ pointer: '/items/0/schema_id' }],
  });
  for (const [body, pointer] of [
    [{ items: [{ key: '-x', content: 1 }] }, '/items/0/key'],
    [{ items: [{ key: 'x' }] }, '/items/0/content'],
    [{ items: [{ key: 'x', content: 1, other: 2 }] }, '/items/0/other'],
    [{ items: [] }, '/items'],
    [{ items: items(1_001) }, '/items'],
    [{ items: [{ key: 'x', content: 'x'.repeat(262_200) }] }, '/items/0/content'],
  ] as const)
    expect(await importInto(place, body), pointer).toMatchObject({
      status: 400,
      body: { code: 'invalid_input', errors: [{ pointer }] },
    });
  expect(await linesOf(place)).toEqual([]);
});

// proves B17, B18
test('a key that changes meanwhile stops the import: the answer says what was written, and a repetition does the rest', async () => {
  const place = await newPlace(server);
  const ctx = contextOf(server);
  const { configStore } = ctx;
  let commits = 0;
  const disturbed: ConfigStore = {
    ...configStore,
    async commit(...asked) {
      commits += 1;
      // Another writer is first, before the third step.
      if (commits === 3) await commitEdits(contextOf(server), place, [{ key: 'k0130', content: 'other' }]);
      return configStore.commit(...asked);
    },
  };
  const input = { project_id: place.project_id, items: items(150), prune: false, dry_run: false };
  const stopped = await importConfigs({ ...ctx, configStore: disturbed }, input);
  expect(stopped).toMatchObject({ complete: false, stopped: { key: 'k0120', code: 'version_conflict' } });
  expect(stopped.items.filter(({ written }) => written)).toHaveLength(120);
  expect(await linesOf(place)).toHaveLength(121);
  const rest = await importConfigs(ctx, input);
  expect(rest).toMatchObject({ complete: true, counts: { create: 29, update: 1, unchanged: 120 } });
  const untouched = await newPlace(server);
  commits = 2;
  const first: ConfigStore = {
    ...configStore,
    commit: async (_, __, { changes }) => ({ outcome: 'conflict', key: changes[1]?.key ?? '' }),
  };
  await expect(
    importConfigs({ ...ctx, configStore: first }, { ...input, project_id: untouched.project_id }),
  ).rejects.toMatchObject({ extras: { members: { conflicting_key: 'k0001' } } });
});

test('two imports at once both end, and leave the values of one of them in each key', async () => {
  const place = await newPlace(server);
  await importInto(place, { items: items(130, () => 'start') });
  const forward = items(130, () => 'forward');
  const backward = items(130, () => 'backward').reverse();
  const answers = await Promise.all([importInto(place, { items: forward }), importInto(place, { items: backward })]);
  for (const { status } of answers) expect([200, 409]).toContain(status);
  const last = await importInto(place, { items: forward });
  expect(last.body.complete).toBe(true);
  expect(new Set((await linesOf(place)).map(({ content }) => content))).toEqual(new Set(['forward']));
});

test('the contents of a step are no more than one commit takes', async () => {
  const place = await newPlace(server);
  const large = items(12, (index) => index + 'x'.repeat(200_000));
  const { body } = await importInto(place, { items: large });
  // Two of 200 KB fit into 480 KiB.
  expect(body).toMatchObject({ complete: true, cursor: expect.stringMatching(/\.6$/) });
});

test('who may only read exports, and does not import; a bound key does both in its project alone', async () => {
  const place = await newPlace(server);
  await server.call(`POST /v1/tenants/${place.tenant_id}/activate`);
  const keyWith = (scope: string, more = {}) =>
    newKey(server, { tenant_id: place.tenant_id, scopes: [scope], ...more });
  const reader = await keyWith('registry:configs:read');
  const writer = await keyWith('registry:configs:write', { project_id: place.project_id });
  const body = { items: [{ key: 'a', content: 1 }] };
  const by = (token: string) => server.call(`POST ${pathOf(place, 'import')}`, { token, body });
  expect((await by(reader.key)).status).toBe(403);
  expect((await by(writer.key)).status).toBe(200);
  expect((await server.call(`GET ${pathOf(place, 'export')}`, { token: reader.key })).status).toBe(200);
  const elsewhere = await newPlace(server);
  expect((await server.call(`POST ${pathOf(elsewhere, 'import')}`, { token: writer.key, body })).status).toBe(404);
  await server.call(`POST /v1/tenants/${place.tenant_id}/cancel`);
  expect(await server.call(`POST ${pathOf(place, 'import')}?dry_run=true`, { body })).toMatchObject({
    body: { code: 'tenant_frozen' },
  });
});

test('an import whose caller has gone, or whose time is over, checks no further item', async () => {
  const place = await newPlace(server);
  const ctx = contextOf(server);
  const { configStore } = ctx;
  let finds = 0;
  const left = { ms: 1_000 };
  const gone = new AbortController();
  const watched = (after: () => void) => ({
    ...ctx,
    signal: gone.signal,
    deadline: { ...ctx.deadline, leftMs: () => left.ms },
    configStore: {
      ...configStore,
      find: (...asked: Parameters<ConfigStore['find']>) => {
        finds += 1;
        if (finds === 3) after();
        return configStore.find(...asked);
      },
    },
  });
  const input = { project_id: place.project_id, items: items(20), prune: false, dry_run: true };
  const late = watched(() => {
    left.ms = 0;
  });
  await expect(importConfigs(late, input)).rejects.toMatchObject({ definition: { code: 'overloaded' } });
  expect(finds).toBe(3);
  Object.assign(left, { ms: 1_000 });
  finds = 0;
  await expect(
    importConfigs(
      watched(() => gone.abort()),
      input,
    ),
  ).rejects.toThrow('abort');
  expect(finds).toBe(3);
});
