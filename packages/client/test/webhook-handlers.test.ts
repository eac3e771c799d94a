// engine: none
/** The handlers of webhooks inside the real frameworks, over HTTP where the framework has a server. */
import { request as httpRequest, type RequestListener } from 'node:http';
import { PassThrough } from 'node:stream';
import express from 'express';
import Fastify, { type FastifyInstance } from 'fastify';
import { Hono } from 'hono';
import { validator } from 'hono/validator';
import { describe, expect, test } from 'vitest';
import { webhookHandler as inExpress, type WebhookHandlerOptions } from '../src/middleware/express.ts';
import { webhookHandler as inFastify } from '../src/middleware/fastify.ts';
import { webhookHandler as inFetch } from '../src/middleware/fetch.ts';
import { webhookHandler as inHono } from '../src/middleware/hono.ts';
import { isWebhookError, type RegistryEvent } from '../src/webhooks.ts';
import { served } from './over-http.ts';
import { newEvent, newKeyPair, newSecret, type SignedDelivery, secondsNow, signedEvent } from './webhook-signing.ts';

type Deliver = (delivery: { headers: Record<string, string>; body: string }, method?: string) => Promise<Response>;

const PATH = '/webhooks/registry';

async function deliverTo(listener: RequestListener): Promise<Deliver> {
  const url = await served(listener);
  return ({ headers, body }, method = 'POST') =>
    fetch(url + PATH, { method, headers: { 'content-type': 'application/json', ...headers }, body });
}

async function appOf(options: WebhookHandlerOptions, set?: (app: FastifyInstance) => void): Promise<FastifyInstance> {
  const app = Fastify();
  set?.(app);
  app.register(inFastify(options), { prefix: PATH });
  await app.ready();
  return app;
}

async function fastifyWith(options: WebhookHandlerOptions): Promise<Deliver> {
  return deliverTo((await appOf(options)).routing);
}

const answering =
  (handle: (request: Request) => Response | Promise<Response>): Deliver =>
  async ({ headers, body }, method = 'POST') =>
    handle(new Request(`http://product.example${PATH}`, { method, headers, body }));

const frameworks: readonly [string, (options: WebhookHandlerOptions) => Promise<Deliver>][] = [
  ['Express', (options) => deliverTo(quiet().post(PATH, inExpress(options)))],
  [
    'Express after express.raw',
    (options) => deliverTo(quiet().post(PATH, express.raw({ type: () => true }), inExpress(options))),
  ],
  [
    'Express after express.text',
    (options) => deliverTo(quiet().post(PATH, express.text({ type: () => true }), inExpress(options))),
  ],
  ["Node's own server", (options) => deliverTo(onNode(options))],
  ['Fastify', (options) => fastifyWith(options)],
  ['Hono', async (options) => answering((request) => new Hono().post(PATH, inHono(options)).request(request))],
  ['the Fetch API', async (options) => answering(inFetch(options))],
];

function quiet() {
  // In this mode the default error handler of Express does not print errors.
  return express().set('env', 'test');
}

function onNode(options: WebhookHandlerOptions): RequestListener {
  const handle = inExpress(options);
  return (request, response) => handle(request, response, () => response.writeHead(500).end());
}

/** Returns options that record what the handler does. */
function recording(overrides: Partial<WebhookHandlerOptions> = {}) {
  const key = newSecret();
  const events: RegistryEvent[] = [];
  const errors: unknown[] = [];
  const options: WebhookHandlerOptions = {
    keys: key.verifiedBy,
    onEvent: (event) => void events.push(event),
    onError: (error) => void errors.push(error),
    ...overrides,
  };
  return { key, events, errors, options };
}

describe.each(frameworks)('%s', (_, serve) => {
  test('a verified event reaches onEvent, and the delivery is answered 204 with nothing', async () => {
    const { key, events, errors, options } = recording();
    const deliver = await serve(options);
    const event = newEvent();
    const response = await deliver(signedEvent(event, [key]));
    expect([response.status, await response.text()]).toEqual([204, '']);
    expect([events, errors]).toEqual([[event], []]);
  });

  test('both kinds of signature are verified, whatever the content type says', async () => {
    const pair = newKeyPair();
    const { key, events, options } = recording();
    const deliver = await serve({ ...options, keys: [key.verifiedBy, pair.verifiedBy] });
    for (const [index, type] of [
      'application/json; charset=utf-8',
      'application/cloudevents+json',
      'text/plain',
    ].entries()) {
      const { headers, body } = signedEvent(newEvent(), [index % 2 === 0 ? pair : key]);
      expect((await deliver({ headers: { ...headers, 'content-type': type }, body })).status).toBe(204);
    }
    expect(events.length).toBe(3);
  });

  test.each<[string, (delivery: SignedDelivery) => { headers: Record<string, string>; body: string }]>([
    ['no_matching_signature', ({ headers, body }) => ({ headers, body: `${body} ` })],
    ['no_matching_signature', ({ headers, body }) => signatureOf(headers, 'v1,AAAA', body)],
    ['missing_header', ({ headers: { 'webhook-id': _, ...headers }, body }) => ({ headers, body })],
    ['invalid_timestamp', ({ headers, body }) => ({ headers: { ...headers, 'webhook-timestamp': 'now' }, body })],
    ['too_old', ({ headers, body }) => ({ headers: { ...headers, 'webhook-timestamp': '1' }, body })],
    ['no_matching_signature', ({ headers }) => ({ headers, body: '' })],
  ])('%s is 400, as a problem that quotes neither key nor signature', async (code, changed) => {
    const { key, events, errors, options } = recording();
    const deliver = await serve(options);
    const delivery = signedEvent(newEvent(), [key]);
    const response = await deliver(changed(delivery));
    const text = await response.text();
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(JSON.parse(text)).toEqual({
      type: 'about:blank',
      title: 'Bad request',
      status: 400,
      detail: expect.any(String),
      code,
    });
    expect(text).not.toContain(key.verifiedBy.slice('whsec_'.length));
    expect(text).not.toContain(delivery.headers['webhook-signature'].slice('v1,'.length));
    expect(events).toEqual([]);
    expect(errors.map((error) => isWebhookError(error) && error.code)).toEqual([code]);
  });

  test('an onEvent that fails is 500 and tells the caller nothing; the next delivery of the event is processed', async () => {
    const failures = [new Error('password hunter2'), 'a text that was thrown'];
    const processed: string[] = [];
    const { key, errors, options } = recording({
      seen: new Set<string>(),
      onEvent: async ({ id }) => {
        const failure = failures.shift();
        if (failure !== undefined) throw failure;
        processed.push(id);
      },
    });
    const thrown = [...failures];
    const deliver = await serve(options);
    const event = newEvent();
    for (const _ of thrown) {
      const response = await deliver(signedEvent(event, [key]));
      const text = await response.text();
      expect(response.status).toBe(500);
      expect(JSON.parse(text)).toMatchObject({ code: 'internal', status: 500 });
      expect(text).not.toMatch(/hunter2|a text/);
    }
    expect(errors).toEqual(thrown);
    expect((await deliver(signedEvent(event, [key]))).status).toBe(204);
    expect(processed).toEqual([event.id]);
  });

  test('a repeated delivery is answered 204 and does not reach onEvent again', async () => {
    const { key, events, options } = recording({ seen: new Set<string>() });
    const deliver = await serve(options);
    const event = newEvent();
    for (const at of [secondsNow() - 1, secondsNow()])
      expect((await deliver(signedEvent(event, [key], at))).status).toBe(204);
    const other = newEvent();
    expect((await deliver(signedEvent(other, [key]))).status).toBe(204);
    expect(events).toEqual([event, other]);
  });

  test('deliveries of one event that meet are processed once, and all are answered 204', async () => {
    const DELIVERIES = 20;
    const ids = new Set<string>();
    let verified = 0;
    const { key, options, events } = recording({
      now: () => {
        verified += 1;
        return Date.now();
      },
      seen: { has: async (id) => ids.has(id), add: async (id) => ids.add(id) },
    });
    const onEvent = async (event: RegistryEvent) => {
      events.push(event);
      await expect.poll(() => verified).toBe(DELIVERIES);
    };
    const deliver = await serve({ ...options, onEvent });
    const event = newEvent();
    const deliveries = Array.from({ length: DELIVERIES }, () => deliver(signedEvent(event, [key])));
    const statuses = (await Promise.all(deliveries)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([204]));
    expect(events).toEqual([event]);
  });

  test('a store that fails is 500, and the event does not reach onEvent unseen', async () => {
    const { key, events, errors, options } = recording({
      seen: { has: () => Promise.reject(new Error('the database at 10.0.0.1 is away')) },
    });
    const deliver = await serve(options);
    const response = await deliver(signedEvent(newEvent(), [key]));
    expect([response.status, await response.text()]).toEqual([500, expect.not.stringContaining('10.0.0.1')]);
    expect([events.length, errors.length]).toEqual([0, 1]);
  });

  test('a body past the limit is 413, one of exactly the limit is verified', async () => {
    const event = newEvent({ data: { text: 'ü'.repeat(1_000) } });
    const bytes = Buffer.byteLength(JSON.stringify(event));
    const { key, events, options } = recording();
    expect((await (await serve({ ...options, bodyBytesMax: bytes }))(signedEvent(event, [key]))).status).toBe(204);
    const response = await (await serve({ ...options, bodyBytesMax: bytes - 1 }))(signedEvent(event, [key]));
    expect([response.status, await response.json()]).toEqual([
      413,
      expect.objectContaining({ code: 'body_too_large' }),
    ]);
    expect(events.length).toBe(1);
  });

  test('keys that cannot be used are refused when the handler is made', () => {
    const { options } = recording();
    for (const keys of ['', [], 'hunter2'])
      expect(() => void inExpress({ ...options, keys })).toThrow(expect.objectContaining({ code: 'invalid_key' }));
  });
});

function signatureOf(headers: SignedDelivery['headers'], signature: string, body: string) {
  return { headers: { ...headers, 'webhook-signature': signature }, body };
}

test.each(frameworks.filter(([name]) => name.startsWith('Node') || name.startsWith('the Fetch')))(
  'in %s, another method than POST is 405',
  async (_, serve) => {
    const { key, events, options } = recording();
    const deliver = await serve(options);
    const response = await deliver(signedEvent(newEvent(), [key]), 'PUT');
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
    expect(events).toEqual([]);
  },
);

test.each(frameworks.filter(([name]) => !name.includes('after')))(
  'in %s, a body has 1 MiB at most unless said otherwise',
  async (_, serve) => {
    const { key, options } = recording();
    const deliver = await serve(options);
    const event = newEvent({ data: { text: '' } });
    const room = 1_048_576 - JSON.stringify(event).length;
    const withText = (length: number) => signedEvent(newEvent({ ...event, data: { text: 'x'.repeat(length) } }), [key]);
    expect((await deliver(withText(room))).status).toBe(204);
    expect((await deliver(withText(room + 1))).status).toBe(413);
  },
);

describe('Express', () => {
  test('after express.json() the handler fails with an error that says what to change', async () => {
    const { key, events, options } = recording();
    const app = quiet();
    app.use(express.json());
    app.post(PATH, inExpress(options));
    const deliver = await deliverTo(app);
    const response = await deliver(signedEvent(newEvent(), [key]));
    expect([response.status, await response.text()]).toEqual([500, expect.stringContaining('before express.json()')]);
    expect(events).toEqual([]);
  });

  test('a body parser that leaves other types alone, with an empty object in their place, is no obstacle', async () => {
    const { key, events, options } = recording();
    const app = quiet();
    app.use((request, _, next) => {
      request.body = {};
      next();
    });
    app.post(PATH, inExpress(options));
    const deliver = await deliverTo(app);
    expect((await deliver(signedEvent(newEvent(), [key]))).status).toBe(204);
    expect(events.length).toBe(1);
  });
});

describe('Fastify', () => {
  test('the parsers of the application stay as they are, inside and outside of the plugin', async () => {
    const { key, events, options } = recording();
    const app = Fastify();
    app.addContentTypeParser(
      'text/plain',
      { parseAs: 'string' },
      async (_: unknown, body: string | Buffer) => `own ${body}`,
    );
    app.register(inFastify(options), { prefix: PATH });
    app.post('/echo', async ({ body }) => ({ body }));
    await app.ready();
    const url = await served(app.routing);
    const echo = async (type: string, body: string) =>
      (await fetch(`${url}/echo`, { method: 'POST', headers: { 'content-type': type }, body })).json();
    expect(await echo('application/json', '{"a":1}')).toEqual({ body: { a: 1 } });
    expect(await echo('text/plain', 'x')).toEqual({ body: 'own x' });
    const { headers, body } = signedEvent(newEvent(), [key]);
    const delivered = await fetch(url + PATH, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'text/plain' },
      body,
    });
    expect([delivered.status, events.length]).toEqual([204, 1]);
  });

  test('a body without content type, and a request without body, are answered', async () => {
    const { key, events, options } = recording();
    const deliver = await fastifyWith(options);
    const { headers, body } = signedEvent(newEvent(), [key]);
    const bytes = new TextEncoder().encode(body);
    const url = await served((await appOf(options)).routing);
    const send = (given?: Uint8Array<ArrayBuffer>) =>
      fetch(url + PATH, { method: 'POST', headers, ...(given ? { body: given } : {}) });
    expect((await send(bytes)).status).toBe(204);
    expect((await send()).status).toBe(400);
    expect((await deliver({ headers, body })).status).toBe(204);
    expect(events.length).toBe(2);
  });

  test('a stream that a hook of the application puts in place is what is verified', async () => {
    const { key, events, options } = recording();
    const app = await appOf(options, (each) =>
      each.addHook('preParsing', async (_, __, payload) => payload.pipe(new PassThrough())),
    );
    const deliver = await deliverTo(app.routing);
    expect((await deliver(signedEvent(newEvent(), [key]))).status).toBe(204);
    expect(events.length).toBe(1);
  });
});

test('in Hono and the Fetch API, a body that was read before is an error that says what to change', async () => {
  const { key, events, options } = recording();
  const { headers, body } = signedEvent(newEvent(), [key]);
  const app = new Hono();
  app.post(
    PATH,
    validator('json', (value) => value),
    inHono(options),
  );
  app.onError((error, context) => context.text(String(error), 500));
  const given = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body };
  expect(await (await app.request(PATH, given)).text()).toContain('before it is read');
  const request = new Request('http://product.example/', given);
  await request.text();
  await expect(inFetch(options)(request)).rejects.toThrow('before it is read');
  expect(events).toEqual([]);
});

test('a sender that breaks off in the middle of the body reaches nothing, and the server goes on', async () => {
  const { key, events, errors, options } = recording();
  const url = await served(onNode(options));
  const { headers, body } = signedEvent(newEvent(), [key]);
  await new Promise<void>((resolve) => {
    const length = Buffer.byteLength(body);
    const sent = httpRequest(url + PATH, { method: 'POST', headers: { ...headers, 'content-length': length } });
    sent.on('error', () => {});
    sent.on('close', resolve);
    sent.write(body.slice(0, 10), () => sent.destroy());
  });
  const response = await fetch(url + PATH, { method: 'POST', headers, body });
  expect([response.status, events.length, errors]).toEqual([204, 1, []]);
});
