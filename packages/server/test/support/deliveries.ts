/** Endpoints, receivers and engines for tests of the delivery of webhooks. */
import { randomUUID } from 'node:crypto';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { outbox, type webhookQueue } from '@tenant-registry/db';
import { onTestFinished } from 'vitest';
import { type OutboundEntry, outboundEntry } from '../../src/kernel/outbound/policy.ts';
import { createOutbound } from '../../src/kernel/outbound.ts';
import { createDeliveries, type DeliveriesOptions } from '../../src/modules/webhooks/delivery/deliveries.ts';
import { disableEndpoint } from '../../src/modules/webhooks/delivery/disable.ts';
import { createLanes } from '../../src/modules/webhooks/delivery/lanes.ts';
import { runWorker, type TestServer } from './server.ts';

export const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

/** Sends to receivers on loopback. */
export const toLoopback = createOutbound({ allow: [outboundEntry('127.0.0.1') as OutboundEntry] });

export interface Received {
  readonly id: string;
  readonly type: string;
  /** `type/id`. */
  readonly subject: string;
  readonly data: Record<string, unknown>;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** Open connections. */
  readonly sockets: ReadonlySet<Socket>;
  /** Replaces what it answers; 200 at first. */
  answer(how: (response: ServerResponse, received: Received) => void): void;
}

/** Starts one that keeps what it receives; it stops with the test. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const sockets = new Set<Socket>();
  let how: Parameters<Receiver['answer']>[0] = (response) => response.end('ok');
  const server = http.createServer(async (request, response) => {
    const one = await readEvent(request);
    received.push(one);
    how(response, one);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  return {
    url,
    received,
    sockets,
    answer(next) {
      how = next;
    },
  };
}

async function readEvent(request: IncomingMessage): Promise<Received> {
  let body = '';
  for await (const chunk of request) body += chunk;
  const { type, subject, data } = JSON.parse(body);
  const { headers } = request;
  return { id: String(headers['webhook-id']), type, subject: `${subject.type}/${subject.id}`, data, headers, body };
}

/** Makes an endpoint, straight in the table. */
export async function newEndpoint(
  { app }: TestServer,
  fields: {
    readonly url: string;
    readonly tenant_id: string | null;
    readonly ordering?: 'aggregate' | 'endpoint';
    readonly event_types?: string[];
    readonly last_ok_ms?: number;
  },
): Promise<string> {
  const values = { event_types: ['thing.*'], ...fields };
  const { id } = await app.deps.db
    .insertInto('webhook_endpoints')
    .values(values)
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

/** Commits events `thing.changed` of the tenant, one for each name of a thing, and brings them into the log. */
export async function changeThings(server: TestServer, tenantId: string | null, things: readonly string[]) {
  const rows = things.map((thing, index) => ({
    id: randomUUID(),
    tenant_id: tenantId,
    aggregate_type: 'thing',
    aggregate_id: thing,
    event_type: 'thing.changed',
    payload: { index },
    project_id: null,
    product: null,
    occurred_at: new Date(),
  }));
  await server.app.deps.db.transaction().execute(async (tx) => {
    for (const row of rows) await outbox.appendOutboxEvent(tx, row);
  });
  while ((await runWorker(server, 'events-sequence')) > 0);
  return rows.map(({ id }) => id);
}

export type EngineOptions = Partial<Omit<DeliveriesOptions, 'metrics'>>;

/** Makes the engine of a further replica; its leases are given back when the test ends. */
export function newEngine({ app }: TestServer, options: EngineOptions = {}) {
  const { db, logger, signals, webhookAttempts, webhookDeliveries } = app.deps;
  const lanes = createLanes();
  const secretsOf = async () => [SECRET];
  const parts = { db, logger, signals, lanes, secretsOf, attempts: webhookAttempts, ...options };
  const engine = createDeliveries({ ...parts, metrics: webhookDeliveries.metrics });
  onTestFinished(() => engine.close());
  const claim = () => engine.claim((...given) => disableEndpoint(app.deps, ...given));
  return {
    ...engine,
    lanes,
    claim,
    /** Runs turns until nothing is due. */
    async run(): Promise<void> {
      while ((await claim()) > 0) await engine.idle();
    },
  };
}

/** Lets the time pass for what waits of an endpoint: everything that is pending becomes due, and so does the endpoint. */
export async function makeDue({ app }: TestServer, endpointId: string): Promise<void> {
  const past = new Date(0).toISOString();
  const { db } = app.deps;
  await db
    .updateTable('webhook_deliveries')
    .set({ next_attempt_at: past })
    .where('endpoint_id', '=', endpointId)
    .where('state', '=', 'pending')
    .execute();
  await db.updateTable('webhook_endpoints').set({ next_at: past }).where('id', '=', endpointId).execute();
}

export function endpointRow({ app }: TestServer, id: string): Promise<webhookQueue.WebhookEndpointRow> {
  return app.deps.db.selectFrom('webhook_endpoints').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
}

/** The deliveries of an endpoint in the order of the log. */
export function deliveriesOf({ app }: TestServer, endpointId: string) {
  return app.deps.db
    .selectFrom('webhook_deliveries')
    .selectAll()
    .where('endpoint_id', '=', endpointId)
    .orderBy('position')
    .execute();
}

/** The attempts at the deliveries of an endpoint. */
export function attemptsOf({ app }: TestServer, endpointId: string) {
  return app.deps.db
    .selectFrom('webhook_attempts')
    .innerJoin('webhook_deliveries', 'webhook_deliveries.id', 'webhook_attempts.delivery_id')
    .selectAll('webhook_attempts')
    .where('endpoint_id', '=', endpointId)
    .orderBy('position')
    .orderBy('n')
    .execute();
}
