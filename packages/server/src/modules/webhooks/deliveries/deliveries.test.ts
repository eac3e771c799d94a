import { createPublicKey, verify } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventLog } from '@tenant-registry/db';
import { CloudEvent } from 'cloudevents';
import { sql } from 'kysely';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newKey } from '../../../../test/support/api-keys.ts';
import {
  auditOf,
  DAY_MS,
  newTenant,
  startTestServer,
  type TestServer,
  UNKNOWN,
} from '../../../../test/support/server.ts';
import { deliveriesOf, newWebhook, sequenceAll } from '../../../../test/support/webhooks.ts';
import { outboundEntry } from '../../../kernel/outbound/policy.ts';

const HOUR_MS = 3_600_000;

let server: TestServer;
let receiver: Server;
let url: string;
let answer: RequestListener = (_, response) => response.end();
const received: { readonly headers: IncomingMessage['headers']; readonly body: string }[] = [];

beforeAll(async () => {
  receiver = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    received.push({ headers: request.headers, body });
    answer(request, response);
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const { port } = receiver.address() as AddressInfo;
  url = `http://127.0.0.1:${port}/hook`;
  const allowed = outboundEntry(`127.0.0.1:${port}`);
  server = await startTestServer({ outboundAllow: allowed === undefined ? [] : [allowed] });
});
afterAll(async () => {
  await server.close();
  receiver.close();
});

/** A tenant with a webhook, and the deliveries to it of as many events. */
async function newDeliveries(events: number, fields: Record<string, unknown> = {}) {
  const { id: tenant_id } = await newTenant(server);
  const made = await newWebhook(server, tenant_id, { url, event_types: ['tenant.updated'], ...fields });
  const { id, secret, public_key }: { id: string; secret: string; public_key: string | null } = made;
  for (let n = 0; n < events; n++) await server.call(`PATCH /v1/tenants/${tenant_id}`, { body: { name: `Name ${n}` } });
  await sequenceAll(server);
  return { tenant_id, id, secret, public_key, deliveries: await deliveriesOf(server, id) };
}

const set = (id: string, state: 'pending' | 'succeeded' | 'failed' | 'canceled') =>
  server.app.deps.db.updateTable('webhook_deliveries').set({ state }).where('id', '=', id).execute();
const replay = (id: string, body: Record<string, unknown> = {}) => {
  const [since, until] = [-HOUR_MS, HOUR_MS].map((ms) => new Date(server.clock.now().getTime() + ms).toISOString());
  return server.call(`POST /v1/webhooks/${id}/replay`, { body: { since, until, ...body } });
};
const queueOf = (id: string) =>
  server.app.deps.db.selectFrom('webhook_endpoints').select('next_at').where('id', '=', id).executeTakeFirstOrThrow();
const leaveQueue = (id: string) =>
  server.app.deps.db.updateTable('webhook_endpoints').set({ next_at: null }).where('id', '=', id).execute();
/** What was received last, if the secret signed it; throws when it did not. */
function verifiedBy(secret: string) {
  const { headers, body } = received.at(-1) ?? { headers: {}, body: '' };
  return new Webhook(secret).verify(body, headers as Record<string, string>);
}
/** How often the deliverer was told while the work ran. */
async function toldBy(work: () => Promise<unknown>): Promise<number> {
  let told = 0;
  const stop = server.app.deps.signals.on('deliverable', () => {
    told += 1;
  });
  await work();
  stop();
  return told;
}

describe('the list of deliveries', () => {
  test('is newest first, in pages, and filtered by state, type and time', async () => {
    const { id, tenant_id, deliveries } = await newDeliveries(4, { event_types: ['tenant.updated', 'project.*'] });
    expect(deliveries).toHaveLength(4);
    const [newest, second, third, oldest] = deliveries;
    expect(newest).toEqual({
      id: newest.id,
      webhook_id: id,
      event_id: expect.any(String),
      event_type: 'tenant.updated',
      state: 'pending',
      attempts: 0,
      next_attempt_at: expect.any(String),
      replay_of: null,
      created_at: expect.any(String),
    });
    const trail = await auditOf(server, tenant_id);
    expect(deliveries.map(({ event_id }: { event_id: string }) => event_id)).toEqual(
      trail
        .filter(({ action }) => action === 'tenant.updated')
        .map((row) => row.id)
        .reverse(),
    );
    const list = (query: string) => server.call(`GET /v1/webhooks/${id}/deliveries${query}`);
    const first = await list('?limit=3');
    expect(first.body.items).toEqual([newest, second, third]);
    expect((await list(`?limit=3&cursor=${first.body.next_cursor}`)).body).toEqual({
      items: [oldest],
      next_cursor: null,
    });
    await set(second.id, 'failed');
    expect((await deliveriesOf(server, id, '?state=failed')).map((each: { id: string }) => each.id)).toEqual([
      second.id,
    ]);
    expect(await deliveriesOf(server, id, '?event_type=project.created')).toEqual([]);
    expect(await deliveriesOf(server, id, '?event_type=tenant.updated')).toHaveLength(4);
    expect(await deliveriesOf(server, id, `?since=${encodeURIComponent(oldest.created_at)}`)).toHaveLength(4);
    expect(await deliveriesOf(server, id, `?until=${encodeURIComponent(oldest.created_at)}`)).toEqual([]);
    const { status, body } = await list('?since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z');
    expect([status, body.errors[0].pointer]).toEqual([400, '/since']);
    for (const query of ['?state=lost', '?since=yesterday', '?cursor=x']) expect((await list(query)).status).toBe(400);
  });

  test('of one webhook shows no delivery of another, and one delivery is found in its own webhook alone', async () => {
    const [one, other] = [await newDeliveries(1), await newDeliveries(1)];
    const [{ id: delivery }] = one.deliveries;
    expect((await server.call(`GET /v1/webhooks/${one.id}/deliveries/${delivery}`)).status).toBe(200);
    for (const call of [
      `GET /v1/webhooks/${other.id}/deliveries/${delivery}`,
      `POST /v1/webhooks/${other.id}/deliveries/${delivery}/retry`,
      `GET /v1/webhooks/${one.id}/deliveries/${UNKNOWN}`,
      `POST /v1/webhooks/${one.id}/deliveries/${UNKNOWN}/retry`,
    ]) {
      const { status, body } = await server.call(call);
      expect([call, status, body.code]).toEqual([call, 404, 'not_found']);
    }
  });

  test('has the attempts of each, newest first, a hundred at most', async () => {
    const { id, tenant_id, deliveries } = await newDeliveries(1);
    const [{ id: delivery_id }] = deliveries;
    const started_at = new Date('2026-01-01T00:00:00Z');
    const attempt = { delivery_id, tenant_id, started_at, duration_ms: 12, status: 503, error: 'No.', excerpt: 'busy' };
    await server.app.deps.db
      .insertInto('webhook_attempts')
      .values(Array.from({ length: 101 }, (_, index) => ({ ...attempt, n: index + 1 })))
      .execute();
    const { body } = await server.call(`GET /v1/webhooks/${id}/deliveries/${delivery_id}`);
    expect(body).toMatchObject(deliveries[0]);
    expect(body.attempts_made).toHaveLength(100);
    expect(body.attempts_made[0]).toEqual({
      n: 101,
      started_at: '2026-01-01T00:00:00.000Z',
      duration_ms: 12,
      status: 503,
      error: 'No.',
      excerpt: 'busy',
    });
  });
});

describe('a retry', () => {
  test.each(['failed', 'canceled', 'succeeded', 'pending'] as const)(
    'of a delivery that is %s makes it due with the id of its event, and is recorded',
    async (state) => {
      const { id, deliveries } = await newDeliveries(1);
      const [delivery] = deliveries;
      await set(delivery.id, state);
      await leaveQueue(id);
      let status = 0;
      const told = await toldBy(async () => {
        const retried = await server.call(`POST /v1/webhooks/${id}/deliveries/${delivery.id}/retry`);
        status = retried.status;
        const { next_attempt_at, ...rest } = retried.body;
        expect({ ...rest, next_attempt_at: null }).toEqual({ ...delivery, state: 'pending', next_attempt_at: null });
        expect(new Date(next_attempt_at).getTime()).toBeGreaterThanOrEqual(
          new Date(delivery.next_attempt_at).getTime(),
        );
      });
      expect([status, told > 0]).toEqual([202, true]);
      expect((await queueOf(id)).next_at).not.toBeNull();
      const { action, metadata } = (await auditOf(server, id)).at(-1) ?? {};
      expect([action, metadata]).toMatchObject([
        'webhook.replayed',
        { deliveries: 1, delivery_id: delivery.id, since: null },
      ]);
    },
  );

  test('and a replay are refused while the webhook is disabled', async () => {
    const { id, deliveries } = await newDeliveries(1);
    await server.call(`PATCH /v1/webhooks/${id}`, { body: { status: 'disabled' } });
    for (const answer of [
      await server.call(`POST /v1/webhooks/${id}/deliveries/${deliveries[0].id}/retry`),
      await replay(id),
      await replay(id, { only_failed: false }),
    ]) {
      expect([answer.status, answer.body.code]).toEqual([409, 'webhook_disabled']);
    }
    expect(await deliveriesOf(server, id, '?state=pending')).toEqual([]);
  });
});

describe('a replay', () => {
  test('delivers anew what failed or was canceled and never succeeded, in log order, once', async () => {
    const { id, deliveries } = await newDeliveries(5);
    const [waiting, canceled, succeeded, failed, recovered] = deliveries;
    await set(canceled.id, 'canceled');
    await set(succeeded.id, 'succeeded');
    await set(failed.id, 'failed');
    await set(recovered.id, 'failed');
    const { db } = server.app.deps;
    const { id: _, ...row } = await db
      .selectFrom('webhook_deliveries')
      .selectAll()
      .where('id', '=', recovered.id)
      .executeTakeFirstOrThrow();
    await db
      .insertInto('webhook_deliveries')
      .values({ ...row, state: 'succeeded', replay_of: recovered.id })
      .execute();
    await leaveQueue(id);
    const told = await toldBy(async () => {
      const { status, body } = await replay(id);
      expect([status, body]).toEqual([202, { deliveries: 2 }]);
    });
    expect([told > 0, (await queueOf(id)).next_at === null]).toEqual([true, false]);
    const replayed = (await deliveriesOf(server, id, '?state=pending')).filter(
      (each: { id: string }) => each.id !== waiting.id,
    );
    expect(replayed).toMatchObject([
      { event_id: canceled.event_id, replay_of: canceled.id, attempts: 0 },
      { event_id: failed.event_id, replay_of: failed.id, attempts: 0 },
    ]);
    const { action, metadata } = (await auditOf(server, id)).at(-1) ?? {};
    expect([action, metadata]).toMatchObject([
      'webhook.replayed',
      { deliveries: 2, delivery_id: null, since: expect.any(String) },
    ]);
    // They wait now, so a second replay finds nothing, and says nothing.
    expect(await toldBy(async () => expect((await replay(id)).body).toEqual({ deliveries: 0 }))).toBe(0);
    expect((await auditOf(server, id)).filter((each) => each.action === 'webhook.replayed')).toHaveLength(1);
  });

  test('of everything has what was delivered, and what happened while the webhook did not exist or was disabled', async () => {
    const { id: tenant_id } = await newTenant(server);
    const change = (name: string) => server.call(`PATCH /v1/tenants/${tenant_id}`, { body: { name } });
    await change('Before');
    await sequenceAll(server);
    const { id } = await newWebhook(server, tenant_id, { url, event_types: ['tenant.updated'] });
    await change('While active');
    await sequenceAll(server);
    await set((await deliveriesOf(server, id))[0].id, 'succeeded');
    await server.call(`PATCH /v1/webhooks/${id}`, { body: { status: 'disabled' } });
    await change('While disabled');
    await sequenceAll(server);
    await server.call(`PATCH /v1/webhooks/${id}`, { body: { status: 'active' } });
    expect((await replay(id)).body).toEqual({ deliveries: 0 });
    expect((await replay(id, { only_failed: false })).body).toEqual({ deliveries: 3 });
    const events = await server.app.deps.db
      .selectFrom('events')
      .select('id')
      .where('aggregate_id', '=', tenant_id)
      .where('event_type', '=', 'tenant.updated')
      .orderBy('position', 'desc')
      .execute();
    const pending = await deliveriesOf(server, id, '?state=pending');
    expect(pending.map(({ event_id }: { event_id: string }) => event_id)).toEqual(events.map((event) => event.id));
  });

  test('is of the types and the time that were asked for, of those that the webhook wants, and of its tenant', async () => {
    await newDeliveries(1);
    const { id, tenant_id } = await newDeliveries(1, { event_types: ['tenant.*', 'webhook.created'] });
    const all = { only_failed: false };
    const count = async (body: object) => (await replay(id, { ...all, ...body })).body.deliveries;
    for (const each of await deliveriesOf(server, id)) await set(each.id, 'succeeded');
    expect(await count({ event_types: ['api_key.created'] })).toBe(0);
    const past = { since: '2020-01-01T00:00:00Z', until: '2020-01-02T00:00:00Z' };
    const { position } = await server.app.deps.db
      .selectFrom('events')
      .select('position')
      .orderBy('position')
      .executeTakeFirstOrThrow();
    expect(position).toBe(1);
    expect(await count(past)).toBe(0);
    expect(await count({ event_types: ['tenant.updated'] })).toBe(1);
    // The updated one waits already.
    expect(await count({})).toBe(2);
    const pending = await deliveriesOf(server, id, '?state=pending');
    const rows = await server.app.deps.db
      .selectFrom('events')
      .select('tenant_id')
      .where(
        'id',
        'in',
        pending.map((each: { event_id: string }) => each.event_id),
      )
      .execute();
    expect(new Set(rows.map((row) => row.tenant_id))).toEqual(new Set([tenant_id]));
  });

  test.each([
    ['/event_types/0', 'unknown_event_type', { event_types: ['nothing.*'] }],
    ['/since', 'invalid_input', { since: undefined }],
    ['/until', 'invalid_input', { until: 'now' }],
    ['/since', 'invalid_input', { since: '2026-01-02T00:00:00Z', until: '2026-01-01T00:00:00Z' }],
    ['/only_failed', 'invalid_input', { only_failed: 'no' }],
  ])('with a mistake at %s is answered with %s', async (pointer, code, body) => {
    const { id } = await newWebhook(server, (await newTenant(server)).id);
    const answer = await replay(id, body);
    expect([answer.status, answer.body.code, answer.body.errors[0].pointer]).toEqual([400, code, pointer]);
  });

  test('makes ten thousand deliveries at most, of the oldest events', async () => {
    const { id, tenant_id, deliveries } = await newDeliveries(1);
    const { db } = server.app.deps;
    const [{ event_id }] = deliveries;
    const {
      position,
      recorded_at: _,
      ...event
    } = await db.selectFrom('events').selectAll().where('id', '=', event_id).executeTakeFirstOrThrow();
    const first = position + 1_000_000;
    for (let n = 0; n < 10_001; n += 1_000) {
      const rows = Array.from({ length: Math.min(1_000, 10_001 - n) }, (_, index) => ({
        ...event,
        payload: sql<never>`'{}'::jsonb`,
        id: `00000000-0000-7000-8000-${String(n + index).padStart(12, '0')}`,
        position: first + n + index,
      }));
      await db.insertInto('events').values(rows).execute();
    }
    // The one that waits already gets no other delivery.
    expect((await replay(id, { only_failed: false })).body).toEqual({ deliveries: 10_000 });
    const { last } = await db
      .selectFrom('webhook_deliveries')
      .select((eb) => eb.fn.max<number>('position').as('last'))
      .where('endpoint_id', '=', id)
      .executeTakeFirstOrThrow();
    expect(last).toBe(first + 9_999);
    expect((await replay(id, { only_failed: false })).body).toEqual({ deliveries: 1 });
    // For a webhook of 10,001 that wait, one change cancels the most, and the worker the rest.
    await server.call(`PATCH /v1/webhooks/${id}`, { body: { status: 'disabled' } });
    expect((await deliveriesOf(server, id, '?state=pending')).length).toBe(2);
    await db.deleteFrom('events').where('tenant_id', '=', tenant_id).where('position', '>=', first).execute();
  }, 120_000);

  test('of what the log does not hold any more is refused, and one of what it holds is not', async () => {
    const own = await startTestServer();
    const { id: tenant_id } = await newTenant(own);
    const { id } = await newWebhook(own, tenant_id);
    await sequenceAll(own);
    const ask = (since: string) =>
      own.call(`POST /v1/webhooks/${id}/replay`, { body: { since, until: '2999-01-01T00:00:00Z' } });
    expect((await ask('2000-01-01T00:00:00Z')).status, 'nothing was pruned').toBe(202);
    const { db } = own.app.deps;
    await db.transaction().execute((tx) => eventLog.deleteOldEvents(tx, 0, 1));
    const oldest = await db
      .selectFrom('events')
      .select(['occurred_at', 'position'])
      .orderBy('position')
      .executeTakeFirstOrThrow();
    expect(oldest.position).toBe(2);
    const before = new Date(new Date(oldest.occurred_at).getTime() - 1).toISOString();
    const refused = await ask(before);
    expect([refused.status, refused.body.code, refused.body.title]).toEqual([410, 'event_expired', 'Gone']);
    expect((await ask(oldest.occurred_at)).status).toBe(202);
    // Over tRPC it is the same status.
    const trpc = await own.call('POST /trpc/webhooks.replay', {
      body: { id, since: before, until: '2999-01-01T00:00:00Z' },
    });
    expect([trpc.status, trpc.body.error.data.problem.code]).toEqual([410, 'event_expired']);
    // Of an empty log all is gone that is older than the days for which events are kept.
    await db.transaction().execute((tx) => eventLog.deleteOldEvents(tx, 0, 1_000));
    await sequenceAll(own);
    await db.transaction().execute((tx) => eventLog.deleteOldEvents(tx, 0, 1_000));
    expect((await ask(new Date(own.clock.now().getTime() - 31 * DAY_MS).toISOString())).status).toBe(410);
    expect((await ask(new Date(own.clock.now().getTime() - 29 * DAY_MS).toISOString())).status).toBe(202);
    await own.close();
  });
});

describe('a test', () => {
  test('sends one signed event that is in no log, and tells what came of it', async () => {
    const { id, tenant_id, secret } = await newDeliveries(0, { event_types: ['tenant.updated'] });
    const before = received.length;
    answer = (_, response) => response.writeHead(204).end();
    const { status, body } = await server.call(`POST /v1/webhooks/${id}/test`);
    expect([status, body]).toEqual([
      200,
      { delivered: true, status: 204, duration_ms: expect.any(Number), error: null },
    ]);
    expect(received).toHaveLength(before + 1);
    const [sent] = received.slice(-1);
    expect(sent?.headers).toMatchObject({
      'webhook-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'webhook-timestamp': expect.stringMatching(/^\d{10}$/),
      'webhook-signature': expect.stringMatching(/^v1,[A-Za-z0-9+/]{43}=$/),
    });
    expect(verifiedBy(secret)).toEqual({
      id: sent?.headers['webhook-id'],
      type: 'webhook.test',
      timestamp: expect.any(String),
      tenant_id,
      project_id: null,
      product: null,
      subject: { type: 'webhook', id },
      data: { url },
    });
    await sequenceAll(server);
    const { db } = server.app.deps;
    expect(await db.selectFrom('events').select('id').where('event_type', '=', 'webhook.test').execute()).toEqual([]);
    expect(await deliveriesOf(server, id)).toEqual([]);
    expect((await auditOf(server, id)).map(({ action }) => action)).toEqual(['webhook.created']);
  });

  test('of an endpoint that answers with an error, or with a redirect, is not delivered', async () => {
    const { id } = await newDeliveries(0);
    for (const status of [500, 301, 404, 410]) {
      const before = received.length;
      answer = (_, response) => response.writeHead(status, { location: url }).end('no');
      const { body } = await server.call(`POST /v1/webhooks/${id}/test`);
      expect(body).toMatchObject({ delivered: false, status, error: expect.stringContaining(String(status)) });
      expect(received, 'once, and not where it leads to').toHaveLength(before + 1);
    }
    answer = (_, response) => response.end();
    expect((await server.call(`GET /v1/webhooks/${id}`)).body.status, 'a test disables nothing').toBe('active');
  });

  test('is a CloudEvent signed with ed25519 where the webhook says so', async () => {
    const { id, public_key } = await newDeliveries(0, { format: 'cloudevents', signature: 'ed25519' });
    expect((await server.call(`POST /v1/webhooks/${id}/test`)).body.delivered).toBe(true);
    const { headers, body } = received.at(-1) ?? { headers: {}, body: '' };
    expect(headers['content-type']).toBe('application/cloudevents+json');
    const event = new CloudEvent(JSON.parse(body));
    expect([event.validate(), event.type, event.subject]).toEqual([true, 'webhook.test', `webhook/${id}`]);
    const x = Buffer.from(public_key?.slice('whpk_'.length) ?? '', 'base64').toString('base64url');
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    const content = Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`);
    const [version, signature = ''] = String(headers['webhook-signature']).split(',');
    expect([version, verify(null, content, key, Buffer.from(signature, 'base64'))]).toEqual(['v1a', true]);
  });

  test('works for a disabled webhook, signs with each secret, and tells that nobody answers', async () => {
    const { id, secret } = await newDeliveries(0);
    await server.call(`PATCH /v1/webhooks/${id}`, { body: { status: 'disabled' } });
    const { body: rotated } = await server.call(`POST /v1/webhooks/${id}/rotate-secret`, { body: {} });
    expect((await server.call(`POST /v1/webhooks/${id}/test`)).body.delivered).toBe(true);
    expect(received.at(-1)?.headers['webhook-signature']).toMatch(/^v1,\S{44} v1,\S{44}$/);
    expect(verifiedBy(secret)).toEqual(verifiedBy(rotated.secret));
    const nobody = await newWebhook(server, (await newTenant(server)).id, { url: 'https://hooks.invalid/' });
    const { status, body } = await server.call(`POST /v1/webhooks/${nobody.id}/test`);
    expect([status, body]).toEqual([
      200,
      { delivered: false, status: null, duration_ms: expect.any(Number), error: 'The host has no public address.' },
    ]);
  });

  test('costs a tenant as much as a request to another server', async () => {
    const own = await startTestServer({
      limits: {
        principalPerMinute: 0,
        tenantPerMinute: 0,
        tenantCostPerMinute: 150,
        addressPerMinute: 0,
        failuresPerMinute: 0,
        eventLoopDelayMaxMs: 0,
      },
    });
    const { id: tenant_id } = await newTenant(own);
    const { id } = await newWebhook(own, tenant_id, { url: 'https://hooks.invalid/' });
    const { key: token } = await newKey(own, { tenant_id, scopes: ['registry:webhooks:write'] });
    const statuses = [];
    for (const _ of [1, 2, 3]) statuses.push((await own.call(`POST /v1/webhooks/${id}/test`, { token })).status);
    expect(statuses).toEqual([200, 200, 429]);
    await own.close();
  });
});
