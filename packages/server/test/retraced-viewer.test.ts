// engine: pglite
/** The viewer of Retraced, unmodified, in a page of another origin. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Client } from '@retracedhq/retraced';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { installedBrowser, openTab } from './support/browser.ts';
import { newTenant, startTestServer, type TestServer, trailOf } from './support/server.ts';

const browser = installedBrowser();

/** What a product puts into its page, as the readme of the viewer says. */
const PAGE = `
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';
import Viewer from '@retracedhq/logs-viewer';
const { host, token } = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
createRoot(document.body.appendChild(document.createElement('main')))
  .render(createElement(Viewer, { host, auditLogToken: token, header: 'Looked at' }));
`;

let server: TestServer | undefined;
const pages = createServer(async ({ url }, answer) => {
  const isScript = url === '/page.js';
  answer.setHeader('content-type', isScript ? 'text/javascript' : 'text/html; charset=utf-8');
  answer.end(isScript ? await script() : '<!doctype html><body><script type="module" src="/page.js"></script></body>');
});
let origin: string;
beforeAll(async () => {
  if (browser === undefined) return;
  await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`; // it listens
  server = await startTestServer({ corsOrigins: [origin] });
});
afterAll(async () => {
  pages.close();
  await server?.close();
});

async function script(): Promise<string> {
  const entry = fileURLToPath(new URL('page-of-a-product.js', import.meta.url));
  const bundle = await rolldown({
    input: entry,
    transform: { define: { 'process.env.NODE_ENV': '"production"' } },
    plugins: [
      { name: 'page', resolveId: (id) => (id === entry ? id : null), load: (id) => (id === entry ? PAGE : null) },
    ],
  });
  const { output } = await bundle.generate({ format: 'esm', codeSplitting: false });
  return output[0].code;
}

// proves A30
test.skipIf(browser === undefined)(
  'in a browser the viewer of Retraced opens a session, shows the events of its group, and pages (needs chromium)',
  async () => {
    if (server === undefined) throw new Error('where a browser is, the server has started');
    const { id } = await newTenant(server);
    const client = new Client({
      apiKey: server.internalToken,
      projectId: 'looked-at',
      endpoint: `${server.url}/retraced`,
    });
    const events = Array.from({ length: 25 }, (_, index) => ({
      action: `report.opened.${index + 1}`,
      crud: 'c' as const,
      group: { id },
      actor: { id: 'u', name: 'Jane Doe' },
      source_ip: '203.0.113.7',
    }));
    await client.reportEvents([...events, { ...events[0], group: undefined, action: 'of.the.platform' }]);
    const token = await client.getViewerToken(id, 'viewer', false);
    const tab = await openTab(browser ?? '');
    try {
      const hash = new URLSearchParams({ host: `${server.url}/retraced/viewer/v1`, token });
      await tab.open(`${origin}/#${hash}`);
      const text = () => tab.evaluate<string>('document.body?.innerText ?? ""');
      await expect.poll(text, { timeout: 60_000 }).toContain('Jane Doe performed the action report.opened.25.');
      expect(await text()).toContain('203.0.113.7');
      expect(await text()).not.toMatch(/report\.opened\.5\b|of\.the\.platform/);
      await tab.evaluate('document.querySelector(".icon.next")?.click()');
      await expect.poll(text, { timeout: 60_000 }).toContain('report.opened.5');
      expect(tab.complaints).toEqual([]);
    } finally {
      await tab.close();
    }
    const looks = (await trailOf(server, id)).filter(({ action }) => action === 'audit.log.view');
    // It asks for the first page once for each of its two sessions.
    expect(looks.length).toBeGreaterThanOrEqual(2);
    for (const look of looks) expect(look).toMatchObject({ actor_id: 'viewer', product: 'looked-at', crud: 'r' });
  },
  120_000,
);
