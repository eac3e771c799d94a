// engine: postgres
/** Traces, from a call of the SDK to the host that the registry asks for it, as a collector of OpenTelemetry gets them. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConfig } from '../../server/src/config.ts';
import { startTracing } from '../../server/src/kernel/tracing.ts';
import { newKey } from '../../server/test/support/api-keys.ts';
import {
  type SeenSpan,
  SPAN_KIND,
  startTracedServer,
  type TracedServer,
} from '../../server/test/support/traced-server.ts';
import { createClient } from '../src/index.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';

let traced: TracedServer;
beforeAll(async () => {
  traced = await startTracedServer();
});
afterAll(() => traced.close());

const keysOf = ({ attributes }: SeenSpan) => attributes.map(({ key }) => key);

test('one trace leads from a call of the SDK through HTTP and SQL to another host, and holds no value', async () => {
  const { server, origin } = traced;
  const { url, operatorToken: token } = server;
  const { key, tenant_id } = await newKey(server);
  const traceparent = () => `00-${TRACE}-${CALLER}-01`;
  const client = createClient({ url, token, traceparent });
  const webhook = await client.webhooks.create({
    tenant_id,
    url: `${origin}/private-path`,
    event_types: ['tenant.updated'],
  });
  await client.webhooks.test({ id: webhook.id });
  await createClient({ url, token: server.internalToken, traceparent }).apiKeys.verify({ key });
  const spans = await traced.spans();

  const ours = spans.filter(({ traceId }) => traceId === TRACE);
  const requests = ours.filter(({ kind }) => kind === SPAN_KIND.server);
  expect(requests).toMatchObject([
    { parentSpanId: CALLER, name: 'POST /v1/webhooks' },
    { parentSpanId: CALLER, name: 'POST /v1/webhooks/:id/test' },
    { parentSpanId: CALLER, name: 'POST /v1/internal/api-keys/verify' },
  ]);
  const [made = [], sent = [], verified = []] = requests.map(({ spanId }) =>
    ours.filter(({ kind, parentSpanId }) => kind === SPAN_KIND.client && parentSpanId === spanId),
  );
  expect(made.length + sent.length + verified.length).toBe(ours.length - requests.length);
  // What begins and ends a transaction is a statement too.
  expect(made.map(({ name }) => name)).toEqual(expect.arrayContaining(['start', 'insert', 'commit']));
  expect(sent.filter((span) => keysOf(span).includes('db.query.text'))).not.toEqual([]);
  // A prepared one.
  expect(verified.map(({ name }) => name)).toContain('select');
  expect(sent.filter((span) => keysOf(span).includes('server.address'))).toHaveLength(1);

  const told = JSON.stringify(spans);
  for (const value of ['private-path', webhook.id, key, tenant_id, token]) expect(told).not.toContain(value);
  const lines = server.logs.map((text) => JSON.parse(text)).filter(({ trace_id }) => trace_id === TRACE);
  expect(lines.map(({ route, caller }) => [route, caller])).toEqual([
    ['/v1/webhooks', 'operator'],
    ['/v1/webhooks/:id/test', 'operator'],
    ['/v1/internal/api-keys/verify', 'internal'],
  ]);
});

test('without a collector nothing traces', async () => {
  expect(await startTracing(readConfig({}).collector)).toBeUndefined();
});
