import { Client } from '@retracedhq/retraced';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newTenant, startTestServer, type TestServer } from '../../../test/support/server.ts';
import { testConfig } from '../../testing.ts';

const PAGE = 'https://product.example';

let server: TestServer;
let internalUrl: string;
beforeAll(async () => {
  server = await startTestServer({
    internalAddress: { host: '127.0.0.1', port: 0 },
    corsOrigins: [PAGE],
    limits: { ...testConfig.limits, failuresPerMinute: 3 },
  });
  const { internalServer } = server.app;
  if (internalServer === null) throw new Error('there is no internal listener');
  internalUrl = await internalServer.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => server.close());

const clientAt = (url: string, apiKey = server.internalToken) =>
  new Client({ apiKey, projectId: 'two-listeners', endpoint: `${url}/retraced` });
const post = (url: string, path: string, headers: Record<string, string>, body: object = {}) =>
  fetch(`${url}/retraced${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

// proves A30
test('products publish at the internal listener, people look at the public one', async () => {
  const { id } = await newTenant(server);
  const event = { action: 'a', actor: { id: 'u' }, group: { id } };
  await expect(clientAt(server.url).reportEvent(event)).rejects.toThrow('404');
  const client = clientAt(internalUrl);
  await client.reportEvent(event);
  expect((await client.query({}, { action: true }, 5)).currentResults).toEqual([{ action: 'a' }]);
  const token = await client.getViewerToken(id, 'v', false);
  expect((await post(internalUrl, '/viewer/v1/viewersession', {}, { token })).status).toBe(404);
  const session = (await (await post(server.url, '/viewer/v1/viewersession', {}, { token })).json()) as {
    token: string;
  };
  const headers = { authorization: session.token };
  expect((await post(internalUrl, '/viewer/v1/graphql', headers)).status).toBe(404);
  const query = '{ search { totalCount } }';
  const look = await post(server.url, '/viewer/v1/graphql', { ...headers, origin: PAGE }, { query });
  expect(await look.json()).toEqual({ data: { search: { totalCount: 1 } } });
  expect(look.headers.get('access-control-allow-origin')).toBe(PAGE);
});

test('a page of an allowed origin may open a session and look, and a page of another may not', async () => {
  const preflight = (path: string, origin: string) =>
    fetch(`${server.url}/retraced/viewer/v1/${path}`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    });
  for (const path of ['viewersession', 'graphql']) {
    const { status, headers } = await preflight(path, PAGE);
    expect([status, headers.get('access-control-allow-origin')]).toEqual([204, PAGE]);
    expect((await preflight(path, 'https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
  }
});

test('wrong credentials of publishers are counted with all others, and then refused unseen', async () => {
  const wrong = clientAt(internalUrl, `bp_${'Z'.repeat(22)}`);
  const event = { action: 'a', actor: { id: 'u' } };
  for (let count = 0; count < 3; count += 1) await expect(wrong.reportEvent(event)).rejects.toThrow('401');
  await expect(wrong.reportEvent(event)).rejects.toThrow('429');
  const elsewhere = await fetch(`${internalUrl}/v1/me`, { headers: { authorization: `Bearer bp_${'Y'.repeat(22)}` } });
  expect(elsewhere.status).toBe(429);
  await clientAt(internalUrl).reportEvent(event);
});
