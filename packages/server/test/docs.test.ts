// engine: pglite
/** The API reference at /docs, as a browser without internet meets it. */
import { Agent, request } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { listOperations } from '../src/http/operations.ts';
import { installedBrowser, openTab } from './support/browser.ts';
import { testServer } from './support/server.ts';

const server = testServer();

async function get(path: string) {
  const response = await fetch(server.url + path, { redirect: 'manual' });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

const OWN_POLICY = "default-src 'none'";

test('the root leads to the page', async () => {
  const { status, headers } = await get('/');
  expect(status).toBe(302);
  expect(new URL(headers.get('location') ?? '', `${server.url}/`).pathname).toBe('/docs');
});

test('the page needs no credential, and everything that it names is served from here', async () => {
  const page = await get('/docs');
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  const named = [...page.text.matchAll(/\s(?:src|href)="([^"]+)"/g)].map(([, target = '']) => target);
  expect(named).toHaveLength(3);
  for (const target of named) {
    expect(target, 'no other host, and no path that a proxy may have moved').toMatch(/^docs\/[a-z]+\.(js|svg)$/);
    const asset = await get(`/${target}`);
    expect([asset.status, asset.text.length > 100], target).toEqual([200, true]);
    expect(asset.headers.get('content-type'), target).toMatch(/^(text\/javascript|image\/svg)/);
  }
});

test('the page loads nothing from another host: its policy forbids it, and nothing in it asks for it', async () => {
  const page = await get('/docs');
  const policy = page.headers.get('content-security-policy') ?? '';
  const sources = policy.split(';').flatMap((directive) => directive.trim().split(' ').slice(1));
  expect(policy).toContain(OWN_POLICY);
  expect([...new Set(sources)].sort()).toEqual(["'none'", "'self'", "'unsafe-inline'", 'data:']);
  expect(policy, 'no script but files of ours').toMatch(/script-src 'self'(;|$)/);
  expect(page.text).not.toMatch(/<script(?![^>]*src=)|\son\w+=|\/\//);
  const { text: start } = await get('/docs/start.js');
  expect(start).not.toMatch(/https?:/);
});

test('the wider policy is for the page alone', async () => {
  for (const path of ['/docs/reference.js', '/docs/nothing', '/openapi.json', '/healthz', '/v1/tenants']) {
    expect((await get(path)).headers.get('content-security-policy'), path).toBe(OWN_POLICY);
  }
});

test('the page is not kept by caches, the script that it loads is', async () => {
  expect((await get('/docs')).headers.get('cache-control')).toBe('no-store');
  expect((await get('/docs/reference.js')).headers.get('cache-control')).toBe('public, max-age=3600');
});

test('a large file is as small as the caller can take it, and decodes to the plain one', async () => {
  const agent = new Agent();
  const raw = (path: string, accepted: string) =>
    new Promise<{ encoding: unknown; vary: unknown; body: Buffer }>((resolve, reject) => {
      const headers = accepted === '' ? {} : { 'accept-encoding': accepted };
      request(server.url + path, { agent, headers }, (answer) => {
        const pieces: Buffer[] = [];
        answer.on('data', (piece) => pieces.push(piece));
        answer.on('end', () => {
          const { 'content-encoding': encoding, vary } = answer.headers;
          resolve({ encoding, vary, body: Buffer.concat(pieces) });
        });
      })
        .on('error', reject)
        .end();
    });
  for (const path of ['/docs/reference.js', '/openapi.json']) {
    const plain = await raw(path, '');
    expect([plain.encoding, plain.vary]).toEqual([undefined, 'Accept-Encoding']);
    for (const [accepted, encoding, decoded] of [
      ['gzip, deflate, br', 'br', brotliDecompressSync],
      ['gzip', 'gzip', gunzipSync],
      ['br;q=0, GZIP;q=0.5', 'gzip', gunzipSync],
      ['br;q=0.0, gzip; q=0', undefined, (body: Buffer) => body],
      ['identity', undefined, (body: Buffer) => body],
    ] as const) {
      const answer = await raw(path, accepted);
      expect([answer.encoding, answer.vary], accepted).toEqual([encoding, 'Accept-Encoding']);
      expect(decoded(answer.body).equals(plain.body), accepted).toBe(true);
      if (encoding !== undefined) expect(answer.body.length * 3).toBeLessThan(plain.body.length);
    }
  }
  agent.destroy();
});

interface Described {
  readonly 'x-codeSamples'?: readonly { readonly lang: string; readonly source: string }[];
}

test('the reference shows the call of the SDK for each operation, and it is one that the schema accepts', async () => {
  const { body: shown } = await server.call('GET /docs/openapi.json', { token: null });
  const { body: published } = await server.call('GET /openapi.json', { token: null });
  const without: string[] = [];
  for (const { route, procedure, input } of listOperations()) {
    const described: Described = shown.paths[route.path][route.method.toLowerCase()];
    const { 'x-codeSamples': samples = [], ...rest } = described;
    expect(rest).toEqual(published.paths[route.path][route.method.toLowerCase()]);
    const [sample] = samples;
    if (sample === undefined) {
      without.push(procedure);
      continue;
    }
    const calls: [string, unknown][] = [];
    await run(sample.source, (path, given) => void calls.push([path, given]));
    expect(calls.map(([path]) => path)).toEqual([procedure]);
    expect(input.safeParse(calls[0]?.[1] ?? {}).error, sample.source).toBeUndefined();
  }
  // Products listen through the verifier, and watch through createConfigs.
  expect(without.sort()).toEqual(['changes.stream', 'configs.watch']);
});

/** Runs a sample with a client that only tells what it is asked. */
async function run(source: string, told: (path: string, input: unknown) => void): Promise<void> {
  const [first = '', ...lines] = source.split('\n');
  expect(first).toBe("import { createClient } from '@tenant-registry/client';");
  const answer = (path: string) => (input: unknown) => {
    told(path, input);
    return [];
  };
  const group = (name: string) => new Proxy({}, { get: (_, call) => answer(`${name}.${String(call)}`) });
  const createClient = () => new Proxy({}, { get: (_, name) => group(String(name)) });
  const body = `return async (createClient, console) => {${lines.join('\n')}}`;
  await new Function(body)()(createClient, { log() {} });
}

const browser = installedBrowser();

test.skipIf(browser === undefined)(
  'in a browser the reference shows the operations, asks no other host, and breaks no rule of its policy (needs chromium)',
  async () => {
    const tab = await openTab(browser ?? '');
    try {
      await tab.open(`${server.url}/`);
      const text = () => tab.evaluate<string>('document.body?.innerText ?? ""');
      await expect.poll(text, { timeout: 60_000 }).toContain('Create a tenant');
      await expect.poll(text, { timeout: 60_000 }).toContain('Selected Auth Type: BearerAuth');
      expect(await text()).not.toContain('Ask AI');
      expect(tab.complaints).toEqual([]);
      const paths = tab.requests.filter((url) => url.startsWith(server.url)).map((url) => new URL(url).pathname);
      expect(paths).toEqual(expect.arrayContaining(['/', '/docs', '/docs/reference.js', '/docs/openapi.json']));
      // Data is part of the page.
      expect(tab.requests.filter((url) => !url.startsWith(server.url) && !url.startsWith('data:'))).toEqual([]);
    } finally {
      await tab.close();
    }
  },
  120_000,
);
