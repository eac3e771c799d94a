// engine: none
import http, { type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { expect, onTestFinished, test } from 'vitest';
import { type OutboundEntry, outboundEntry } from '../../../kernel/outbound/policy.ts';
import { createOutbound } from '../../../kernel/outbound.ts';
import type { Event } from '../../events/schema.ts';
import { createAttempts } from './attempt.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const event: Event = {
  id: '0192f0c1-7f3a-7c52-9d1e-4b8a6f2e3c10',
  type: 'tenant.created',
  timestamp: '2026-03-01T10:00:00.000Z',
  tenant_id: null,
  project_id: null,
  product: null,
  subject: { type: 'tenant', id: 't1' },
  data: { name: 'Acme' },
};

async function serve(listener: RequestListener): Promise<string> {
  const server = http.createServer(listener);
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const outbound = createOutbound({ allow: [outboundEntry('127.0.0.1') as OutboundEntry] });
const clock = () => new Date();
const attempts = (timeoutMs = 20_000) => createAttempts({ outbound, clock, source: 'urn:tenant-registry', timeoutMs });
const to = (url: string) => ({
  endpoint: { id: 'w1', url, format: 'json' as const, signature: 'hmac' as const },
  secrets: [SECRET],
  event,
});

test('a delivered event carries the id of the event and a signature that a standard verifier accepts', async () => {
  let verified: unknown;
  const url = await serve(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    verified = new Webhook(SECRET).verify(body, request.headers as Record<string, string>);
    expect(request.headers['webhook-id']).toBe(event.id);
    response.writeHead(202).end('thanks');
  });
  expect(await attempts().attempt(to(url))).toEqual({
    delivered: true,
    status: 202,
    duration_ms: expect.any(Number),
    error: null,
    excerpt: 'thanks',
    retry_after_ms: null,
  });
  expect(verified).toEqual(event);
});

test.each([301, 302, 304, 400, 404, 410, 429, 500, 503])(
  'status %i does not deliver, and Retry-After is read',
  async (status) => {
    const url = await serve((_, response) => response.writeHead(status, { 'retry-after': '60', location: '/x' }).end());
    const result = await attempts().attempt(to(url));
    expect(result).toMatchObject({ delivered: false, status, excerpt: null, retry_after_ms: 60_000 });
    expect(result.error).toContain(String(status));
  },
);

test('the excerpt is at most 1 KiB, whole characters, and has nothing in it that the database cannot store', async () => {
  const url = await serve((_, response) => response.end(`a\0${'ü'.repeat(2_000)}`));
  const { excerpt } = await attempts().attempt(to(url));
  expect(Buffer.byteLength(excerpt ?? '')).toBeLessThanOrEqual(1_024);
  expect(excerpt).toMatch(/^a\uFFFDü+$/);
});

test.each([
  'http://127.0.0.1:1/',
  'https://10.9.8.7/',
  'https://[::1]/',
  'https://localhost/',
  'http://example.com/',
  'https://',
])('an attempt at %s fails with a sentence that names neither address nor secret', async (url) => {
  const result = await attempts().attempt(to(url));
  expect(result).toMatchObject({ delivered: false, status: null, excerpt: null, retry_after_ms: null });
  expect(result.error).toMatch(/^[A-Z].+\.$/);
  expect(result.error).not.toMatch(/127\.0|10\.9|::1|whsec|BwcH/);
});

test('an endpoint that does not answer in time has failed, also when its status came in time', async () => {
  const url = await serve((request, response) => {
    if (request.url === '/started') response.writeHead(200).write('x');
  });
  for (const path of ['silent', 'started']) {
    expect(await attempts(100).attempt(to(url + path))).toMatchObject({
      delivered: false,
      status: null,
      error: 'The host does not answer in time.',
    });
  }
});

test('a caller that ends the attempt gets its own reason', async () => {
  const url = await serve(() => {});
  const left = new Error('left');
  await expect(attempts().attempt(to(url), AbortSignal.abort(left))).rejects.toBe(left);
});
