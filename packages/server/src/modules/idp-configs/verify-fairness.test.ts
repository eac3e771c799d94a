// engine: postgres
/** Verifications of one tenant beside those of another: a silent name server holds up its own tenant alone. */
import { promises as dns } from 'node:dns';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { type NameServer, startNameServer } from '../../../test/support/name-server.ts';
import { startIssuer, type TestIssuer } from '../../../test/support/oidc-provider.ts';
import { newTenant, startTestServer, testServer } from '../../../test/support/server.ts';
import { type OutboundEntry, outboundEntry } from '../../kernel/outbound/policy.ts';
import { createResolver } from '../../kernel/outbound/resolver.ts';
import { createOutbound, type Outbound } from '../../kernel/outbound.ts';

/** Longer than any test takes, so that only the test ends a look-up. */
const FOR_EVER_MS = 600_000;
const SOON = { timeout: 20_000 };

const allow = [outboundEntry('127.0.0.1') as OutboundEntry];
let current = createOutbound({ allow });
/** Each test has a name server of its own. */
const outbound: Outbound = {
  get: (url, options) => current.get(url, options),
  post: (url, form) => current.post(url, form),
  send: (url, message) => current.send(url, message),
  acceptsScheme: (url) => current.acceptsScheme(url),
  refusalOf: (url) => current.refusalOf(url),
};
const server = testServer({ outbound });

let issuer: TestIssuer;
let silent: NameServer;
beforeAll(async () => {
  issuer = await startIssuer();
});
afterAll(() => issuer.stop());
beforeEach(async () => {
  silent = await startNameServer({ silent: true });
  onTestFinished(() => silent.close());
  const resolve = createResolver({ servers: [silent.address], tryMs: FOR_EVER_MS });
  current = createOutbound({ allow, resolve, timeoutMs: FOR_EVER_MS });
});

async function newConfigs(issuers: readonly string[]): Promise<string[]> {
  const { id: tenant_id } = await newTenant(server);
  const made = issuers.map((each) =>
    server.call('POST /v1/idp-configs', { body: { tenant_id, kind: 'oidc', alias: 'IdP', issuer: each } }),
  );
  return (await Promise.all(made)).map(({ body }) => body.id);
}

const verify = (id = '') => server.call(`POST /v1/idp-configs/${id}/verify`);
const slow = (count: number) => Array.from({ length: count }, (_, index) => `https://h${index}.slow.example`);

test('a tenant whose name servers are silent has two places, and another tenant and the database wait for none of them', async () => {
  const attackers = await newConfigs(slow(30));
  const [victim = ''] = await newConfigs([issuer.url]);
  const { providerGate } = server.app.deps.idpConfigs;
  const { refused } = providerGate.load();
  let settled = 0;
  const attack = attackers.map(async (id) => {
    const answer = await verify(id);
    settled += 1;
    return answer;
  });
  await vi.waitFor(() => {
    expect(providerGate.load()).toMatchObject({ running: 2, waiting: 4, refused: refused + 24 });
    expect(silent.asked.filter((each) => each.startsWith('A '))).toHaveLength(2);
    expect(settled).toBe(24);
  }, SOON);
  expect((await verify(victim)).body).toMatchObject({ ok: true, idp_config: { status: 'active' } });
  // The database's driver looks its host up like this.
  await dns.lookup('localhost');
  expect(settled).toBe(24);
  silent.speak();
  const answers = await Promise.all(attack);
  const busy = answers.filter(({ status }) => status === 429);
  expect(busy.map(({ body, headers }) => [body.code, headers.get('retry-after')])).toEqual(
    Array(24).fill(['tenant_busy', '1']),
  );
  for (const { body } of answers.filter(({ status }) => status === 200))
    expect(body.findings).toMatchObject([{ code: 'outbound_refused' }]);
});

test('a caller that goes away takes its look-up with it, and the configuration stays as it was', async () => {
  const [id = ''] = await newConfigs(slow(1));
  const { providerGate } = server.app.deps.idpConfigs;
  const gone = new AbortController();
  const left = fetch(`${server.url}/v1/idp-configs/${id}/verify`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.operatorToken}` },
    signal: gone.signal,
  });
  await vi.waitFor(() => expect(silent.asked).toHaveLength(2), SOON);
  expect(providerGate.load().running).toBe(1);
  gone.abort();
  await expect(left).rejects.toThrow();
  await vi.waitFor(() => expect(providerGate.load().running).toBe(0), SOON);
  expect((await server.call(`GET /v1/idp-configs/${id}`)).body).toMatchObject({ status: 'active', verified_at: null });
  expect(server.logs.filter((line) => line.includes('"level":"error"'))).toEqual([]);
});

test('a tenant has thirty verifications a minute, which another tenant does not share', async () => {
  const saml = { kind: 'saml', alias: 'ADFS', issuer: 'urn:adfs' };
  const newConfig = async () => {
    const { id: tenant_id } = await newTenant(server);
    return (await server.call('POST /v1/idp-configs', { body: { tenant_id, ...saml } })).body.id;
  };
  const [mine, theirs] = [await newConfig(), await newConfig()];
  for (let round = 0; round < 30; round++) expect((await verify(mine)).status).toBe(200);
  const refused = await verify(mine);
  expect([refused.status, refused.body.code]).toEqual([429, 'rate_limited']);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60);
  expect((await verify(theirs)).status).toBe(200);
  server.clock.advance(60_000);
  expect((await verify(mine)).status).toBe(200);
});

test('the name servers of OUTBOUND_DNS_SERVERS are asked, and their answers are checked like any other', async () => {
  const peer = http.createServer((_, response) => response.end('{}'));
  onTestFinished(() => void peer.close());
  await new Promise<void>((resolve) => peer.listen(0, '127.0.0.1', resolve));
  const { port } = peer.address() as AddressInfo;
  const names = await startNameServer({ names: { 'idp.corp': ['127.0.0.1'], 'inside.example': ['10.1.2.3'] } });
  onTestFinished(() => names.close());
  const own = await startTestServer({
    outboundNameServers: [names.address],
    outboundAllow: [outboundEntry(`idp.corp:${port}`) as OutboundEntry],
  });
  onTestFinished(() => own.close());
  const { id: tenant_id } = await newTenant(own);
  const codes = async (each: string) => {
    const body = { tenant_id, kind: 'oidc', alias: 'IdP', issuer: each };
    const { id } = (await own.call('POST /v1/idp-configs', { body })).body;
    return (await own.call(`POST /v1/idp-configs/${id}/verify`)).body.findings.map(
      ({ code }: { code: string }) => code,
    );
  };
  expect(await codes(`http://idp.corp:${port}`)).toEqual(['issuer_mismatch']);
  expect(await codes('https://inside.example')).toEqual(['outbound_refused']);
  expect(new Set(names.asked)).toEqual(
    new Set(['A idp.corp', 'AAAA idp.corp', 'A inside.example', 'AAAA inside.example']),
  );
});
