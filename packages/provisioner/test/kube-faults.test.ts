// engine: none
/** What the stand-in does at the wish of a test alone: faults, forgotten revisions, refused access. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type KubeApi, startKubeApi } from '../src/testing/kube/server.ts';
import { APPLY, createKubeClient, type KubeClient } from './kube/client.ts';

const SECRETS = '/api/v1/namespaces/default/secrets';
const secret = (name: string, data: object = {}) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, data });

let api: KubeApi;
let kube: KubeClient;

beforeEach(async () => {
  api = await startKubeApi({ window: 10 });
  kube = createKubeClient(api.url, api.token);
});

afterEach(() => api.close());

const post = (name: string) => kube.call('POST', SECRETS, { body: secret(name) });

test.each([401, 403, 429, 500, 503, 504] as const)(
  'a planned %i is answered as a Status, and nothing is done',
  async (code) => {
    api.faults.next({ kind: 'status', code }, { method: 'POST' });
    const refused = await post('a');
    expect(refused.status).toBe(code);
    expect(refused.body).toMatchObject({ kind: 'Status', status: 'Failure', code });
    expect(refused.headers.get('retry-after')).toBe(code === 429 ? '1' : null);
    expect((await post('a')).status).toBe(201);
  },
);

test('a fault hits as many requests as it says, of its method and path alone', async () => {
  api.faults.next({ kind: 'status', code: 503 }, { times: 2, path: /secrets\/b/ });
  expect((await post('a')).status).toBe(201);
  expect((await kube.call('GET', `${SECRETS}/b`)).status).toBe(503);
  expect((await kube.call('GET', `${SECRETS}/a`)).status).toBe(200);
  expect((await kube.call('GET', `${SECRETS}/b`)).status).toBe(503);
  expect((await kube.call('GET', `${SECRETS}/b`)).status).toBe(404);
});

test('a connection cut before the write leaves nothing, one cut after it leaves the object', async () => {
  api.faults.next({ kind: 'cut-before' });
  await expect(post('a')).rejects.toThrow('fetch failed');
  expect((await kube.call('GET', `${SECRETS}/a`)).status).toBe(404);
  api.faults.next({ kind: 'cut-after' });
  await expect(post('a')).rejects.toThrow('fetch failed');
  expect((await kube.call('GET', `${SECRETS}/a`)).status).toBe(200);
  expect(api.requests.map(({ status }) => status)).toEqual([undefined, 404, undefined, 200]);
});

test('a request that hangs is never answered, and the server still closes', async () => {
  api.faults.next({ kind: 'hang' });
  const abort = new AbortController();
  const hanging = fetch(`${api.url}${SECRETS}`, { signal: abort.signal });
  await expect.poll(() => api.requests.length).toBe(1);
  expect(api.requests[0]?.status).toBeUndefined();
  abort.abort();
  await expect(hanging).rejects.toThrow('aborted');
});

test('hooks see each request and the n-th answer', async () => {
  const seen: string[] = [];
  const stop = api.faults.onRequest(({ number, method }) => seen.push(`${number} ${method}`));
  const answered: number[] = [];
  api.faults.onAnswered(2, ({ number }) => answered.push(number));
  await post('a');
  expect(answered).toEqual([]);
  await kube.call('GET', `${SECRETS}/a`);
  await expect.poll(() => answered).toEqual([2]);
  stop();
  await kube.call('GET', `${SECRETS}/a`);
  expect(seen).toEqual(['1 POST', '2 GET']);
});

test('lines of a watch arrive whole, in pieces of any size', async () => {
  api.faults.watches.chunkBytes = 3;
  const watch = await kube.watch(SECRETS);
  const annotated = { ...secret('a'), metadata: { name: 'a', annotations: { note: 'ü€😀' } } };
  const { body } = await kube.call('POST', SECRETS, { body: annotated });
  expect(await watch.next()).toEqual({ type: 'ADDED', object: body });
  await watch.close();
});

test('a watch whose connection is cut within a line breaks', async () => {
  api.faults.watches.cutAfterBytes = 40;
  const watch = await kube.watch(SECRETS);
  await post('a');
  await expect(watch.next()).rejects.toThrow('terminated');
});

test('a watch from a forgotten revision tells 410', async () => {
  const { body: first } = await post('a');
  api.store.compact();
  await post('b');
  const watch = await kube.watch(SECRETS, { resourceVersion: String(Number(first.metadata.resourceVersion) - 1) });
  expect(await watch.next()).toEqual({
    type: 'ERROR',
    object: {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'too old resource version: 1 (2)',
      reason: 'Expired',
      code: 410,
    },
  });
  expect(await watch.next()).toBeUndefined();
});

test('the log of changes is bounded: what left it is too old', async () => {
  await post('a');
  for (let index = 0; index < 11; index += 1) {
    await kube.call('PATCH', `${SECRETS}/a`, {
      body: { data: { n: btoa(String(index)) } },
      type: 'application/merge-patch+json',
    });
  }
  const old = await kube.watch(SECRETS, { resourceVersion: String(api.store.oldest - 1) });
  expect(await old.next()).toMatchObject({ type: 'ERROR', object: { code: 410 } });
  const young = await kube.watch(SECRETS, { resourceVersion: String(api.store.oldest) });
  expect(await young.next()).toMatchObject({ type: 'MODIFIED' });
  await young.close();
});

test('a page of a forgotten revision is gone, and its answer holds a token for the rest as it is now', async () => {
  for (const name of ['a', 'b', 'c']) await post(name);
  const { body: page } = await kube.call('GET', SECRETS, { query: { limit: '1' } });
  expect(page.metadata.remainingItemCount).toBe(2);
  api.store.compact();
  await kube.call('DELETE', `${SECRETS}/b`);
  api.store.compact();
  const gone = await kube.call('GET', SECRETS, { query: { limit: '1', continue: page.metadata.continue } });
  expect(gone.body).toMatchObject({ code: 410, reason: 'Expired' });
  expect(gone.body.message).toContain(
    'The provided continue parameter is too old to display a consistent list result.',
  );
  const rest = await kube.call('GET', SECRETS, { query: { continue: gone.body.metadata.continue } });
  expect(rest.body.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name)).toEqual(['c']);
});

test('who may not do something is told what', async () => {
  api.allow = ({ verb }) => verb !== 'list' && verb !== 'delete';
  const user = 'system:serviceaccount:tenant-registry:provisioner';
  const list = await kube.call('GET', SECRETS);
  expect(list.body).toEqual({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `secrets is forbidden: User "${user}" cannot list resource "secrets" in API group "" in the namespace "default"`,
    reason: 'Forbidden',
    details: { kind: 'secrets' },
    code: 403,
  });
  const removal = await kube.call('DELETE', `${SECRETS}/a`);
  expect(removal.body.message).toBe(
    `secrets "a" is forbidden: User "${user}" cannot delete resource "secrets" in API group "" in the namespace "default"`,
  );
  expect((await kube.call('GET', '/api/v1/secrets')).body.message).toContain('at the cluster scope');
  expect((await post('a')).status).toBe(201);
});

test('writes at once lose nothing: one of two with one resourceVersion wins', async () => {
  const { body: made } = await post('a');
  const put = (data: object) => kube.call('PUT', `${SECRETS}/a`, { body: { ...made, data } });
  const answers = await Promise.all([put({ a: 'MQ==' }), put({ b: 'MQ==' }), put({ c: 'MQ==' })]);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409]);
});

test('each change of a store is seen by a watch in order, once', async () => {
  const watch = await kube.watch(SECRETS);
  const names = Array.from({ length: 8 }, (_, index) => `s${index}`);
  await Promise.all(
    names.map((name) =>
      kube.call('PATCH', `${SECRETS}/${name}`, { body: secret(name), type: APPLY, query: { fieldManager: 'one' } }),
    ),
  );
  const revisions: number[] = [];
  for (const _name of names) revisions.push(Number((await watch.next())?.object.metadata['resourceVersion']));
  expect(revisions).toEqual(revisions.toSorted((left, right) => left - right));
  expect(new Set(revisions).size).toBe(names.length);
  await watch.close();
});
