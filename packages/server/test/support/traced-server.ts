/** A server whose requests, statements and requests to other hosts are traced, with a receiver of its spans. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { openDatabase } from '@tenant-registry/db';
import { testDatabase } from '@tenant-registry/db/testing';
import { readConfig } from '../../src/config.ts';
import { startTracing } from '../../src/kernel/tracing.ts';
import { startTestServer, type TestServer } from './server.ts';

export interface SeenSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: readonly { readonly key: string; readonly value: object }[];
}

export const SPAN_KIND = { server: 2, client: 3 } as const;

export interface TracedServer {
  readonly server: TestServer;
  /** The address of the receiver: it answers 200 to every request. */
  readonly origin: string;
  /** Ends the tracing, and resolves to every span that arrived. */
  spans(): Promise<readonly SeenSpan[]>;
  close(): Promise<void>;
}

/** Starts one on PostgreSQL. The receiver takes OTLP over HTTP in JSON. */
export async function startTracedServer(): Promise<TracedServer> {
  const spans: SeenSpan[] = [];
  const receiver = http.createServer(async (request, response) => {
    const body = await text(request);
    if (request.url === '/v1/traces') {
      const { resourceSpans } = JSON.parse(body);
      for (const { scopeSpans } of resourceSpans) for (const { spans: some } of scopeSpans) spans.push(...some);
    }
    response.setHeader('content-type', 'application/json').end('{}');
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  const { collector, outboundAllow } = readConfig({
    OTEL_EXPORTER_OTLP_ENDPOINT: origin,
    OUTBOUND_ALLOW: '127.0.0.1',
  });
  const tracing = await startTracing(collector);
  const own = await testDatabase();
  if (own.url === undefined) throw new Error('the statements of the driver of PostgreSQL are to be seen');
  const observed = await openDatabase({ url: own.url }, tracing?.statement);
  const database = { ...observed, close: () => observed.close().then(own.close) };
  const server = await startTestServer({ database, tracing, outboundAllow });
  return {
    server,
    origin,
    spans: async () => {
      await tracing?.close();
      return spans;
    },
    async close() {
      await server.close();
      receiver.close();
    },
  };
}
