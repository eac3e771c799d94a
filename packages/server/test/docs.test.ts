/** The API reference at /docs, as a browser without internet meets it. */
import { expect, test } from 'vitest';
import { testServer } from './support/server.ts';

const server = testServer();

async function get(path: string) {
  const response = await fetch(server.url + path);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

const OWN_POLICY = "default-src 'none'";

test('the page needs no credential, and everything that it names is served from here', async () => {
  const page = await get('/docs');
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  const named = [...page.text.matchAll(/\s(?:src|href)="([^"]+)"/g)].map(([, target = '']) => target);
  expect(named).toHaveLength(4);
  for (const target of named) {
    expect(target, 'no other host, and no path that a proxy may have moved').toMatch(/^docs\/[a-z]+\.(js|css|png)$/);
    const asset = await get(`/${target}`);
    expect([asset.status, asset.text.length > 200], target).toEqual([200, true]);
    expect(asset.headers.get('content-type'), target).toMatch(/^(text\/javascript|text\/css|image\/png)/);
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
  expect(start).toContain("url: new URL('openapi.json', location.href).href");
  expect(start).toContain('validatorUrl: null');
  expect(start).not.toMatch(/https?:/);
  const { text: style } = await get('/docs/reference.css');
  expect(style).not.toMatch(/@import|url\(["']?(?!["']?data:)/);
});

test('the wider policy is for the page alone', async () => {
  for (const path of ['/docs/reference.js', '/docs/nothing', '/openapi.json', '/healthz', '/v1/tenants']) {
    expect((await get(path)).headers.get('content-security-policy'), path).toBe(OWN_POLICY);
  }
});

test('the page is not kept by caches, what it loads is', async () => {
  expect((await get('/docs')).headers.get('cache-control')).toBe('no-store');
  expect((await get('/docs/reference.js')).headers.get('cache-control')).toBe('public, max-age=3600');
});
