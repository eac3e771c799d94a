// engine: postgres
/** The example of a receiver as its own process, delivered to by a registry. */
import { beforeAll, describe, expect, test } from 'vitest';
import { outboundEntry } from '../../server/src/kernel/outbound/policy.ts';
import { eventually } from '../../server/test/support/eventually.ts';
import { freePort } from '../../server/test/support/free-port.ts';
import { madeIn, newTenant, testServer } from '../../server/test/support/server.ts';
import { newWebhook } from '../../server/test/support/webhooks.ts';
import { served } from './over-http.ts';
import { linesOf, urlAt, useReceiver } from './receiver-process.ts';
import { newSecret } from './webhook-signing.ts';

const loopback = outboundEntry('127.0.0.1');
const server = testServer({ outboundAllow: loopback === undefined ? [] : [loopback] });
beforeAll(() => server.app.startWorkers());

const { events, recorded, started } = useReceiver();
const TYPES = ['tenant.updated', 'api_key.*'];

interface Shown {
  readonly id: string;
  readonly event_id: string;
  readonly state: string;
  readonly attempts: number;
}

const rename = (tenant_id: string, name: string) => server.call(`PATCH /v1/tenants/${tenant_id}`, { body: { name } });
const newKeyNamed = (tenant_id: string, name: string) => madeIn(server, tenant_id, 'api-keys', { name });

/** All deliveries to the webhook, the oldest first. */
async function deliveriesTo(webhook: string): Promise<Shown[]> {
  const { items } = (await server.call(`GET /v1/webhooks/${webhook}/deliveries?limit=200`)).body;
  return items.toReversed();
}

/** The ids of the events of the tenant that the webhook wants, in the order of the log. */
async function happened(tenant_id: string): Promise<string[]> {
  const { items } = (await server.call(`GET /v1/events/history?tenant_id=${tenant_id}&limit=200`)).body;
  const wanted = ({ type }: { type: string }) => type === 'tenant.updated' || type.startsWith('api_key.');
  return items.filter(wanted).map(({ id }: { id: string }) => id);
}

/** Resolves once so many deliveries have been made, and each succeeded; those that wait after a failure are retried at once. */
async function allDelivered(webhook: string, count: number): Promise<void> {
  await expect.poll(async () => (await deliveriesTo(webhook)).length).toBe(count);
  const retryOrEnd = async () => {
    const left = (await deliveriesTo(webhook)).filter(({ state }) => state !== 'succeeded');
    for (const { id } of left.filter(({ attempts }) => attempts > 0))
      await server.call(`POST /v1/webhooks/${webhook}/deliveries/${id}/retry`);
    expect(left).toEqual([]);
  };
  await eventually(retryOrEnd, 200);
}

/** Lets the registry deliver everything once more, and resolves when it has. */
async function replayAll(webhook: string, count: number): Promise<void> {
  const [since, until] = [-3_600_000, 3_600_000].map((ms) => new Date(Date.now() + ms).toISOString());
  const { body } = await server.call(`POST /v1/webhooks/${webhook}/replay`, {
    body: { since, until, only_failed: false },
  });
  expect(body).toEqual({ deliveries: count });
  await allDelivered(webhook, 2 * count);
}

// proves C24
describe.each([
  { signature: 'hmac', format: 'json' },
  { signature: 'hmac', format: 'cloudevents' },
  { signature: 'ed25519', format: 'json' },
  { signature: 'ed25519', format: 'cloudevents' },
])('$signature, $format', (kind) => {
  const keyOf = ({ secret, public_key }: { secret?: string; public_key: string | null }) => secret ?? public_key ?? '';

  test('what changes arrives verified, through a rotation and a restart, none lost and none recorded twice', async () => {
    const port = await freePort();
    const { id: tenant_id } = await newTenant(server);
    const made = await newWebhook(server, tenant_id, { url: urlAt(port), event_types: TYPES, ...kind });
    const first = await started([keyOf(made)], port);
    await rename(tenant_id, 'Größe & Söhne');
    await newKeyNamed(tenant_id, 'first');
    await allDelivered(made.id, 2);

    const rotation = await server.call(`POST /v1/webhooks/${made.id}/rotate-secret`, {
      body: { overlap_seconds: 600 },
    });
    expect(keyOf(rotation.body)).not.toBe(keyOf(made));
    await rename(tenant_id, 'With both');
    await allDelivered(made.id, 3);
    await expect.poll(() => linesOf(first)).toBe(4);
    expect(first.output.error).toBe('');

    await first.kill();
    await rename(tenant_id, 'Nobody listens');
    await newKeyNamed(tenant_id, 'second');
    await rename(tenant_id, 'Nobody listens still');
    const tried = async () => (await deliveriesTo(made.id)).slice(3).map(({ attempts }) => attempts > 0);
    await expect.poll(tried).toEqual([true, true, false]);
    const second = await started([keyOf(rotation.body)], port);
    await allDelivered(made.id, 6);
    await replayAll(made.id, 6);

    expect((await recorded()).sort()).toEqual((await happened(tenant_id)).sort());
    const names = (await events()).filter(({ type }) => type === 'tenant.updated').map(({ data }) => data);
    expect(names).toMatchObject(
      ['Größe & Söhne', 'With both', 'Nobody listens', 'Nobody listens still'].map((name) => ({ name })),
    );
    await expect.poll(() => linesOf(second)).toBe(4);
    expect(second.output.error).toBe('');

    // The secret of before signs no more, and the receiver that has only that one refuses.
    await second.kill();
    await server.call(`POST /v1/webhooks/${made.id}/rotate-secret`, { body: { overlap_seconds: 0 } });
    const outdated = await started([keyOf(rotation.body)], port);
    expect((await server.call(`POST /v1/webhooks/${made.id}/test`)).body).toMatchObject({
      delivered: false,
      status: 400,
    });
    await expect.poll(() => outdated.output.error).toContain('None of the signatures');
  });
});

test('a receiver that is killed while deliveries arrive loses none, and records none twice', async () => {
  const [KILLS, KEYS] = [3, 15];
  const port = await freePort();
  const { id: tenant_id } = await newTenant(server);
  const { id, secret } = await newWebhook(server, tenant_id, { url: urlAt(port), event_types: TYPES });
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const running = await started([secret], port);
    const lane = async () => {
      for (let n = 0; n < KEYS / 3; n += 1) await newKeyNamed(tenant_id, `key ${n}`);
    };
    const making = Promise.all([lane(), lane(), lane()]);
    await expect.poll(() => linesOf(running), { interval: 1 }).toBeGreaterThan(2 * kill);
    await running.kill();
    await making;
    const next = await started([secret], port);
    await allDelivered(id, kill * KEYS);
    await next.kill();
  }
  await started([secret], port);
  await replayAll(id, KILLS * KEYS);
  expect((await recorded()).sort()).toEqual((await happened(tenant_id)).sort());
});

test('a delivery of the registry that is repeated by a stranger is recorded once, and one that is changed is refused', async () => {
  const port = await freePort();
  const { id: tenant_id } = await newTenant(server);
  const { verifiedBy: secret } = newSecret();
  const overheard: { headers: Record<string, string>; body: string }[] = [];
  const url = await served(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];
    overheard.push({ headers: Object.fromEntries(names.map((name) => [name, String(request.headers[name])])), body });
    response.end();
  });
  const webhooks = [url, urlAt(port)].map((each) =>
    newWebhook(server, tenant_id, { url: each, event_types: TYPES, secret }),
  );
  await Promise.all(webhooks);
  const { output } = await started([secret], port);
  await rename(tenant_id, 'Overheard');
  await expect.poll(async () => (await recorded()).length).toBe(1);
  await expect.poll(() => overheard.length).toBe(1);
  const [{ headers, body } = { headers: {}, body: '' }] = overheard;
  const send = async (given: Record<string, string>, text: string) =>
    (await fetch(urlAt(port), { method: 'POST', headers: { ...headers, ...given }, body: text })).status;
  expect(await send({}, body)).toBe(204);
  expect(await send({}, body.replace('Overheard', 'Forged'))).toBe(400);
  expect(await send({ 'webhook-id': tenant_id }, body)).toBe(400);
  const later = String(Number(new Headers(headers).get('webhook-timestamp')) + 1);
  expect(await send({ 'webhook-timestamp': later }, body)).toBe(400);
  expect(await send({ 'webhook-signature': newSecret().sign(Buffer.from(body)) }, body)).toBe(400);
  await expect.poll(() => output.error.trimEnd().split('\n').length).toBe(4);
  expect(await recorded()).toEqual(await happened(tenant_id));
});
