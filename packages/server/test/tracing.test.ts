// engine: pglite
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { migrateUp, openDatabase } from '@tenant-registry/db';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConfig } from '../src/config.ts';
import { startTracing, type Tracing } from '../src/kernel/tracing.ts';
import { startTestServer, type TestServer } from './support/server.ts';

interface SeenSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: readonly { readonly key: string; readonly value: object }[];
}

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';
const [SERVER, CLIENT] = [2, 3];

const spans: SeenSpan[] = [];
/** A receiver of OTLP over HTTP, in JSON, and the host that a webhook is delivered to. */
const peer = http.createServer(async (request, response) => {
  const body = await text(request);
  if (request.url === '/v1/traces') {
    const { resourceSpans } = JSON.parse(body);
    for (const { scopeSpans } of resourceSpans) for (const { spans: some } of scopeSpans) spans.push(...some);
  }
  response.setHeader('content-type', 'application/json').end('{}');
});

let server: TestServer;
let tracing: Tracing | undefined;
let origin: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => peer.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(peer.address() as AddressInfo).port}`;
  const config = readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: origin, OUTBOUND_ALLOW: '127.0.0.1' });
  tracing = await startTracing(config.collector);
  const database = await openDatabase({ pglite: { memory: true } }, tracing?.statement);
  await migrateUp(database.db);
  server = await startTestServer({ database, tracing, outboundAllow: config.outboundAllow });
});
afterAll(async () => {
  await server.close();
  peer.close();
});

test('one trace leads from a caller through HTTP and SQL to another host, and holds no value', async () => {
  const made = await server.call('POST /v1/webhooks', {
    body: { url: `${origin}/private-path`, event_types: ['tenant.created'] },
  });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  const headers = { traceparent: `00-${TRACE}-${CALLER}-01` };
  const tested = await server.call(`POST /v1/webhooks/${made.body.id}/test`, { headers });
  expect(tested.status, JSON.stringify(tested.body)).toBe(200);
  await tracing?.close();

  const ours = spans.filter(({ traceId }) => traceId === TRACE);
  const [request, ...others] = ours.filter(({ kind }) => kind === SERVER);
  expect(others).toEqual([]);
  expect(request).toMatchObject({ parentSpanId: CALLER, name: 'POST /v1/webhooks/:id/test' });
  const children = ours.filter(({ kind, parentSpanId }) => kind === CLIENT && parentSpanId === request?.spanId);
  expect(children).toHaveLength(ours.length - 1);
  const keysOf = ({ attributes }: SeenSpan) => attributes.map(({ key }) => key);
  expect(children.filter((span) => keysOf(span).includes('db.query.text'))).not.toEqual([]);
  expect(children.filter((span) => keysOf(span).includes('server.address'))).toHaveLength(1);

  const told = JSON.stringify(spans);
  for (const value of ['private-path', made.body.id, server.operatorToken]) expect(told).not.toContain(value);
});

test('without a collector nothing traces', async () => {
  expect(await startTracing(readConfig({}).collector)).toBeUndefined();
});
