// engine: none
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { CLUSTER, type KubeObject, SECRET } from '../src/kubernetes/api.ts';
import { createKubeClient } from '../src/kubernetes/client.ts';

const place = { namespace: 'data', name: 'orders' };
const cluster: KubeObject = {
  apiVersion: 'postgresql.cnpg.io/v1',
  kind: 'Cluster',
  metadata: { ...place, uid: 'u-1' },
};
const secret: KubeObject = { apiVersion: 'v1', kind: 'Secret', metadata: place };
const never = new AbortController().signal;

const ended: (() => void)[] = [];
afterEach(() => {
  for (const end of ended.splice(0)) end();
});

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly type: string | undefined;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

/** An API that answers as the test says, and remembers what it was asked. */
async function api(answer: (response: ServerResponse, seen: Seen) => void) {
  const asked: Seen[] = [];
  const server = createServer(async (request, response) => {
    const seen = await seenOf(request);
    asked.push(seen);
    answer(response, seen);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = createKubeClient({ url: `http://127.0.0.1:${port}`, token: 'a-token' });
  ended.push(() => {
    client.close();
    server.close();
    server.closeAllConnections();
  });
  return { asked, client };
}

async function seenOf(request: IncomingMessage): Promise<Seen> {
  const body = (await request.setEncoding('utf8').toArray()).join('');
  const { method, url, headers } = request;
  const json = body === '' ? undefined : JSON.parse(body);
  return { method, url, type: headers['content-type'], authorization: headers.authorization, body: json };
}

const json = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};

const status = (code: number, reason: string, message: string) => ({
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  code,
  reason,
  message,
});

test('each verb is the request that the API of Kubernetes documents', async () => {
  const { asked, client } = await api((response) => json(response, 200, { ...cluster, items: [] }));
  await client.get(CLUSTER, place, never);
  await client.create(secret, never);
  await client.apply(cluster, never);
  await client.delete(cluster, never);
  await client.list(SECRET, { labelSelector: 'x=y' }, never);
  expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'GET /apis/postgresql.cnpg.io/v1/namespaces/data/clusters/orders',
    'POST /api/v1/namespaces/data/secrets?fieldManager=tenant-registry',
    'PATCH /apis/postgresql.cnpg.io/v1/namespaces/data/clusters/orders?fieldManager=tenant-registry&force=true',
    'DELETE /apis/postgresql.cnpg.io/v1/namespaces/data/clusters/orders',
    'GET /api/v1/secrets?labelSelector=x%3Dy&limit=250',
  ]);
  expect(asked[2]).toMatchObject({ type: 'application/apply-patch+yaml', body: cluster });
  expect(asked[3]?.body).toMatchObject({ propagationPolicy: 'Foreground', preconditions: { uid: 'u-1' } });
  expect(new Set(asked.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer a-token']));
});

const answers: readonly [string, number, unknown, object][] = [
  ['a bad request', 400, status(400, 'BadRequest', 'bad'), { name: 'KubernetesFailure', kind: 'refused' }],
  ['an invalid object', 422, status(422, 'Invalid', 'bad'), { name: 'KubernetesFailure', kind: 'refused' }],
  [
    'fields of a wrong type',
    500,
    status(500, '', 'failed to create typed patch object: .spec.colour: field not declared in schema'),
    { name: 'KubernetesFailure', kind: 'refused', message: expect.stringContaining('.spec.colour') },
  ],
  ['a missing namespace', 404, status(404, 'NotFound', 'namespaces "data" not found'), { kind: 'refused' }],
  ['a conflict', 409, status(409, 'Conflict', 'uid mismatch'), { name: 'KubernetesFailure', kind: 'conflict' }],
  ['a type that is not served', 404, 'page not found', { name: 'ProvisionerUnavailable' }],
  ['no credentials', 401, status(401, 'Unauthorized', 'Unauthorized'), { name: 'ProvisionerUnavailable' }],
  ['too many requests', 429, status(429, 'TooManyRequests', 'later'), { name: 'ProvisionerUnavailable' }],
  ['a fault of the server', 500, status(500, 'InternalError', 'etcd'), { name: 'ProvisionerUnavailable' }],
  ['a proxy without a server', 503, '<html>', { name: 'ProvisionerUnavailable' }],
];

test.each(answers)('%s (%i) is what it means', async (_name, code, body, error) => {
  const { client } = await api((response) => json(response, code, body));
  await expect(client.apply(cluster, never)).rejects.toMatchObject(error);
});

test('a verb that the account lacks is named with its resource', async () => {
  const { client } = await api((response) => json(response, 403, status(403, 'Forbidden', 'no')));
  await expect(client.apply(cluster, never)).rejects.toMatchObject({
    kind: 'refused',
    message: 'the account of the registry is not allowed to patch clusters.postgresql.cnpg.io in namespace data: no',
  });
});

test('only the word of the API itself makes an object missing', async () => {
  const gone = await api((response) => json(response, 404, status(404, 'NotFound', 'not found')));
  expect(await gone.client.get(CLUSTER, place, never)).toBeUndefined();
  const proxy = await api((response) => response.writeHead(404).end('404 page not found'));
  await expect(proxy.client.get(CLUSTER, place, never)).rejects.toMatchObject({ name: 'ProvisionerUnavailable' });
});

test('an error about a Secret quotes nothing, and any other one is bounded', async () => {
  const password = 'a-password-that-the-api-quotes';
  const { client } = await api((response) => json(response, 422, status(422, 'Invalid', password.repeat(100))));
  const failure = await client.apply(secret, never).catch((error: Error) => error.message);
  expect(failure).toBe('patch secrets orders in namespace data: HTTP 422: Invalid');
  const other = await client.apply(cluster, never).catch((error: Error) => error.message);
  expect(String(other).length).toBeLessThan(700);
});

test('a list is read page by page, and its items know their type', async () => {
  const { client, asked } = await api((response, { url = '' }) =>
    url.includes('continue=next')
      ? json(response, 200, { metadata: { resourceVersion: '7' }, items: [{ metadata: { name: 'b' } }] })
      : json(response, 200, {
          metadata: { resourceVersion: '7', continue: 'next' },
          items: [{ metadata: { name: 'a' } }],
        }),
  );
  const { items, resourceVersion } = await client.list(SECRET, { namespace: 'data', labelSelector: 'x' }, never);
  expect(resourceVersion).toBe('7');
  expect(items.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual(['Secret a', 'Secret b']);
  expect(asked).toHaveLength(2);
});

test('events of a watch are whole wherever the stream is cut, and an expired revision is said', async () => {
  const event = { type: 'MODIFIED', object: { ...cluster, metadata: { ...cluster.metadata, name: 'größe' } } };
  const expired = { type: 'ERROR', object: status(410, 'Expired', 'too old resource version') };
  const bytes = Buffer.from(`${JSON.stringify(event)}\n\n${JSON.stringify(event)}\n${JSON.stringify(expired)}\n`);
  const { client, asked } = await api(async (response) => {
    for (const byte of bytes)
      if (!response.write(Buffer.of(byte))) await new Promise((done) => response.once('drain', done));
    response.end();
  });
  const events = await client.watch(CLUSTER, { labelSelector: 'x', resourceVersion: '5' }, never);
  const names: string[] = [];
  const reading = (async () => {
    for await (const { object } of events) names.push(object.metadata.name);
  })();
  await expect(reading).rejects.toMatchObject({ kind: 'gone' });
  expect(names).toEqual(['größe', 'größe']);
  expect(asked[0]?.url).toContain('resourceVersion=5&watch=true&allowWatchBookmarks=true');
});

test('a watch of an expired revision is refused as such from the start', async () => {
  const { client } = await api((response) => json(response, 410, status(410, 'Expired', 'too old')));
  await expect(client.watch(CLUSTER, { labelSelector: 'x', resourceVersion: '5' }, never)).rejects.toMatchObject({
    kind: 'gone',
  });
});

test('a call ends with the reason of its signal', async () => {
  const giveUp = new AbortController();
  const reason = new Error('the pass is over');
  const { client } = await api(() => giveUp.abort(reason));
  await expect(client.get(CLUSTER, place, giveUp.signal)).rejects.toBe(reason);
});

test('a watch ends with the reason of its signal', async () => {
  const giveUp = new AbortController();
  const reason = new Error('the process ends');
  const { client } = await api((response) => response.write('\n'));
  const events = await client.watch(CLUSTER, { labelSelector: 'x', resourceVersion: '5' }, giveUp.signal);
  giveUp.abort(reason);
  await expect(events[Symbol.asyncIterator]().next()).rejects.toBe(reason);
});

test('a connection that is cut is an API that did not answer', async () => {
  const { client } = await api((response) => response.destroy());
  await expect(client.get(CLUSTER, place, never)).rejects.toMatchObject({
    name: 'ProvisionerUnavailable',
    message: 'get clusters.postgresql.cnpg.io orders in namespace data: ECONNRESET',
  });
});
