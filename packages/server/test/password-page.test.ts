// engine: pglite
/** The page behind a one-time link, in a process as an operator starts it, and in a browser where one is installed. */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FIRST_TENANT } from '../src/kernel/first-tenant.ts';
import { installedBrowser, openTab } from './support/browser.ts';
import { migratedDataDir } from './support/data-dir.ts';
import { freePort } from './support/free-port.ts';
import { OPERATOR, type StartedProcess, startProcess } from './support/server-process.ts';

const dataDir = migratedDataDir();
let process: StartedProcess;
let address: string;

beforeAll(async () => {
  process = startProcess({ DATA_DIR: dataDir, PORT: String(await freePort()), OPERATOR_TOKEN: OPERATOR });
  address = await process.ready;
}, 60_000);
afterAll(async () => {
  process.child.kill('SIGTERM');
  await process.ended;
  rmSync(dataDir, { recursive: true, force: true });
});

async function call(path: string, body?: object, token: string | null = OPERATOR) {
  const answer = await fetch(address + path, {
    method: 'POST',
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.json();
  return { status: answer.status, body: text as { readonly id: string; readonly url: string } };
}

/** Makes a person of the first tenant, and the link that lets them set a password. */
async function newLink(email: string): Promise<string> {
  const { body: user } = await call('/v1/users', { tenant_id: FIRST_TENANT.id, email, display_name: 'Jane Doe' });
  const { status, body } = await call(`/v1/users/${user.id}/password-link`);
  expect(status).toBe(201);
  return body.url;
}

test('the page loads from the registry alone, and the link leads to it', async () => {
  const link = await newLink('jane@acme.example');
  const answer = await fetch(link);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  expect(answer.headers.get('content-security-policy')).toBe(
    "default-src 'none';script-src 'self';connect-src 'self';base-uri 'none';form-action 'none';frame-ancestors 'none'",
  );
  const script = await fetch(new URL('set-password.js', link));
  expect([script.status, script.headers.get('content-type')]).toEqual([200, 'text/javascript; charset=utf-8']);
});

const browser = installedBrowser();

test.skipIf(browser === undefined)(
  'in a browser the page says what is wrong with a password, and sets a good one (needs chromium)',
  async () => {
    const link = await newLink('joe@acme.example');
    const tab = await openTab(browser ?? '');
    try {
      await tab.open(link);
      const message = () => tab.evaluate<string>("document.getElementById('message')?.textContent ?? ''");
      const submit = (fresh: string, again: string) =>
        tab.evaluate(`{
          document.getElementById('new').value = ${JSON.stringify(fresh)};
          document.getElementById('again').value = ${JSON.stringify(again)};
          document.getElementById('form').requestSubmit();
        }`);
      await expect.poll(() => tab.evaluate("document.readyState === 'complete'"), { timeout: 20_000 }).toBe(true);
      await submit('nine green umbrellas', 'nine green umbrella');
      await expect.poll(message).toBe('The two passwords differ.');
      await submit('joe@acme.example', 'joe@acme.example');
      await expect.poll(message, { timeout: 20_000 }).toMatch(/^A password has 12 to 128 characters/);
      await submit('nine green umbrellas', 'nine green umbrellas');
      await expect.poll(message, { timeout: 20_000 }).toMatch(/^Your password is set/);
      const known = { tenant: FIRST_TENANT.slug, email: 'joe@acme.example', password: 'nine green umbrellas' };
      expect((await call('/v1/auth/sign-in', known, null)).status).toBe(200);
      expect(tab.requests.filter((url) => !url.startsWith(address))).toEqual([]);
      expect(await tab.evaluate('location.hash')).toBe('');
      // Browsers also print that a refused password was answered 400, and advice.
      expect(tab.complaints.filter((each) => !/status of 400|^verbose/.test(each))).toEqual([]);
    } finally {
      await tab.close();
    }
  },
);
