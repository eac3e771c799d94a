/** The web part of examples/portal, run as its own process between a browser and a real registry. */
import { type ChildProcess, spawn } from 'node:child_process';
import { request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { childEnv } from '../../server/test/support/child-env.ts';
import { eventually } from '../../server/test/support/eventually.ts';
import { freePort } from '../../server/test/support/free-port.ts';
import { newPerson, PASSWORD } from '../../server/test/support/people.ts';
import { newProject, startTestServer, type TestServer } from '../../server/test/support/server.ts';
import { signInOptions, signInTenant } from '../../server/test/support/sign-in.ts';
import { openBrowser } from '../../server/test/support/sign-in-browser.ts';
import { type SignInProvider, startSignInProvider } from '../../server/test/support/sign-in-provider.ts';

const main = fileURLToPath(new URL('../../../examples/portal/src/web.ts', import.meta.url));

let server: TestServer;
let provider: SignInProvider;
let portal: ChildProcess;
let url: string;
let tenant: { readonly id: string; readonly slug: string };
const output = { out: '', error: '' };

beforeAll(async () => {
  const port = await freePort();
  // Browsers take this name for a secure place, whose cookies they keep.
  url = `http://localhost:${port}`;
  provider = await startSignInProvider(`${url}/auth/callback`);
  server = await startTestServer({ ...signInOptions(), publicUrl: url, trustProxy: 'loopback' });
  await server.app.deps.leases.start();
  tenant = await signInTenant(server, provider, { alias: 'Acme <SSO>' });
  const variables = { URL: server.url, INTERNAL_TOKEN: server.internalToken, TENANT: tenant.slug, PORT: String(port) };
  portal = spawn(process.execPath, [main], {
    env: { ...childEnv(), ...variables },
  });
  portal.stdout?.on('data', (chunk) => {
    output.out += chunk;
  });
  portal.stderr?.on('data', (chunk) => {
    output.error += chunk;
  });
  await eventually(() => expect(output).toEqual({ out: expect.stringContaining(url), error: '' }));
});
afterAll(async () => {
  portal.kill();
  await server.close();
  await provider.stop();
});

/** A browser at the portal: it keeps cookies, and its pages send their origin with changes. */
function newBrowser() {
  const cookies = new Map<string, string>();
  return {
    cookies,
    async go(path: string, { method = 'GET', headers = {}, body }: RequestInit = {}): Promise<Response> {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const origin: Record<string, string> = method === 'GET' ? {} : { origin: url };
      const given = { ...origin, ...(cookie === '' ? {} : { cookie }), ...Object.fromEntries(new Headers(headers)) };
      const response = await fetch(new URL(path, url), {
        method,
        headers: given,
        body: body ?? null,
        redirect: 'manual',
      });
      for (const header of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(header) ?? [];
        if (value === '') cookies.delete(name);
        else cookies.set(name, value);
      }
      return response;
    },
  };
}

test('a person signs in through the provider of the tenant, sees its projects, and signs out', async () => {
  await newProject(server, tenant.id, { name: 'Press <line> 4' });
  provider.people.set('jane', { name: 'Jane Doe', email: 'jane@acme.example' });
  const { cookies, visit, signIn } = openBrowser({ url }, { publicUrl: url, person: 'jane' });
  const [, href = ''] = /<a href="([^"]+)">Acme &#60;SSO&#62;</.exec((await visit('/')).text) ?? [];
  const signedIn = await signIn(href.replaceAll('&#38;', '&'));
  expect([signedIn.status, signedIn.location]).toEqual([303, `${url}/`]);
  expect([...cookies.keys()]).toEqual(['__Host-tr_session']);

  const { text } = await visit('/');
  expect(text).toContain('Signed in as Jane Doe');
  expect(text).toContain('Press &#60;line&#62; 4');
  const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const signOut = (token: string) =>
    fetch(`${url}/v1/auth/session`, { method: 'DELETE', headers: { cookie, origin: url, 'x-csrf-token': token } });
  expect((await signOut('')).status).toBe(403);
  expect((await signOut(csrfTokenIn(text))).status).toBe(204);
  await eventually(async () => expect((await visit('/')).text).toContain(`Sign in to ${tenant.slug}`));
});

test('a sign-in that was refused leads back to the page, which says so', async () => {
  const { visit } = openBrowser({ url }, { publicUrl: url, person: 'jane' });
  const { status, location } = await visit(`/auth/callback?code=x&state=y`);
  expect([status, location]).toEqual([303, `${url}/?error=sign_in_expired`]);
  expect((await visit(location ?? '')).text).toContain('The sign-in failed: sign_in_expired');
});

function csrfTokenIn(page: string): string {
  return /data-csrf-token="([^"]+)"/.exec(page)?.[1] ?? '';
}

test('a page that was left open shows nothing of a session that ended elsewhere', async () => {
  const { email } = await newPerson(server, tenant.id);
  const { cookies, go } = newBrowser();
  const body = JSON.stringify({ tenant: tenant.slug, email, password: PASSWORD });
  await go('/v1/auth/sign-in', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const page = await (await go('/')).text();
  const token = csrfTokenIn(page);
  const kept = [...cookies];
  await go('/v1/auth/session', { method: 'DELETE', headers: { 'x-csrf-token': token } });
  for (const [name, value] of kept) cookies.set(name, value);
  await eventually(async () => expect(await (await go('/')).text()).toContain('Sign in to'));
});

/** Asks for a path exactly as it is written; `fetch` would take `..` out of it. */
function askFor(path: string): Promise<{ readonly status: number | undefined; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    request({ hostname, port, path }, async (response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      resolve({ status: response.statusCode, text });
    })
      .on('error', reject)
      .end();
  });
}

test.each([
  '/v1/internal/changes',
  '/trpc/access.me',
  '/auth/../trpc/access.me',
  '/v1/%2e%2e/trpc/access.me',
  '/v1/..\\internal/../v1/internal/changes',
  '/v1',
  '/metrics',
  '//',
  '//evil.example/v1/me',
  'http://evil.example/v1/me',
  '*',
])('the portal serves nothing of the registry at %s', async (path) => {
  expect(await askFor(path)).toEqual({ status: 404, text: expect.stringContaining('There is no such page.') });
});

test('the portal adds no credential of its own to what it passes on', async () => {
  expect((await fetch(`${url}/v1/me`)).status).toBe(401);
  expect(output.error).toBe('');
});
