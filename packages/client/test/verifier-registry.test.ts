// engine: postgres
/** The verifier against a real registry that holds a lease, with its feed over a TCP relay that the test cuts. */
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../server/test/support/eventually.ts';
import { newTenant, startTestServer, type TestServer } from '../../server/test/support/server.ts';
import { createClient, createVerifier, type FeedState, type Verifier } from '../src/index.ts';
import { cuttableRelay } from './relay.ts';
import { refusal } from './verifier-harness.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await server.app.deps.leases.start();
});
afterAll(() => server.close());

async function newKey(): Promise<{ readonly id: string; readonly key: string; readonly tenant_id: string }> {
  const { id: tenant_id } = await newTenant(server);
  return (await server.call('POST /v1/api-keys', { body: { tenant_id, name: 'k', scopes: ['reports:read'] } })).body;
}

const revoke = ({ id }: { readonly id: string }) => server.call(`DELETE /v1/api-keys/${id}`);

/** Returns a verifier whose feed alone goes through a relay, and the keys that it asked the registry about. */
async function newVerifier() {
  const relay = await cuttableRelay(server.url);
  const token = server.internalToken;
  const direct = createClient({ url: server.url, token, fetch: (url, init) => fetch(url, init) });
  const asked: string[] = [];
  const client: Parameters<typeof createVerifier>[0]['client'] = {
    changes: createClient({ url: relay.url, token }).changes,
    apiKeys: {
      ...direct.apiKeys,
      verify(input, options) {
        asked.push(input.key);
        return direct.apiKeys.verify(input, options);
      },
    },
  };
  const states: FeedState[] = [];
  const verifier = createVerifier({ client, onFeed: (state) => void states.push(state) });
  onTestFinished(() => verifier.close());
  return { verifier, relay, asked, states };
}

const live = (verifier: Verifier, expected = true) => eventually(() => expect(verifier.live).toBe(expected));

/** Asks until the verdict is kept: the first answers are not, while an earlier change may still settle. */
async function remembered(verifier: Verifier, asked: readonly string[], key: string): Promise<void> {
  await eventually(async () => {
    const before = asked.length;
    expect(await verifier.verify(key)).toMatchObject({ valid: true });
    expect(asked).toHaveLength(before);
  });
}

/** Repeats a scenario that fails because the busy machine lost its lease: the verifier rightly asks each time then. */
function undisturbed(scenario: () => Promise<void>): () => Promise<void> {
  const losses = () => server.logs.filter((line) => line.includes('authority lease lost')).length;
  return async () => {
    for (;;) {
      const before = losses();
      try {
        return await scenario();
      } catch (error) {
        if (losses() === before) throw error;
      }
    }
  };
}

test(
  'a kept verdict saves the request, and a revocation ends it',
  undisturbed(async () => {
    const key = await newKey();
    const { verifier, asked } = await newVerifier();
    await live(verifier);
    await remembered(verifier, asked, key.key);
    const before = asked.length;
    for (let round = 0; round < 10; round += 1) await verifier.verify(key.key);
    expect(asked).toHaveLength(before);
    await revoke(key);
    await eventually(async () => expect(await verifier.verify(key.key)).toEqual(refusal('revoked')));
  }),
);

test(
  'a freeze and an entitlement end verdicts of their tenant, and another tenant keeps its verdicts',
  undisturbed(async () => {
    const [key, other] = [await newKey(), await newKey()];
    const { verifier, asked } = await newVerifier();
    await live(verifier);
    await remembered(verifier, asked, key.key);
    await remembered(verifier, asked, other.key);
    const withProduct = () => verifier.verify(key.key, { product: 'certifai' });
    expect(await withProduct()).toEqual(refusal('not_entitled'));
    await server.call('PUT /v1/entitlements', { body: { tenant_id: key.tenant_id, product: 'certifai' } });
    await eventually(async () => expect(await withProduct()).toMatchObject({ valid: true }));
    await server.call(`POST /v1/tenants/${key.tenant_id}/cancel`);
    await eventually(async () => expect(await withProduct()).toEqual(refusal('tenant_frozen')));
    const before = asked.length;
    await verifier.verify(other.key);
    expect(asked).toHaveLength(before);
  }),
);

test(
  'a feed that was cut continues from its last event: the missed changes end verdicts, the others stay',
  undisturbed(async () => {
    const [key, other] = [await newKey(), await newKey()];
    const { verifier, relay, asked, states } = await newVerifier();
    await live(verifier);
    await remembered(verifier, asked, key.key);
    await remembered(verifier, asked, other.key);
    relay.cut();
    await revoke(key);
    await eventually(() => expect(states.map((state) => state.live)).toEqual([true, false, true]));
    expect(states[1]?.error).toMatchObject({ code: 'network' });
    expect(await verifier.verify(key.key)).toEqual(refusal('revoked'));
    const before = asked.length;
    expect(await verifier.verify(other.key)).toMatchObject({ valid: true });
    expect(asked).toHaveLength(before);
  }),
);

test('after three seconds of a silent feed each question goes to the registry', async () => {
  const key = await newKey();
  const { verifier, relay, asked, states } = await newVerifier();
  await live(verifier);
  await remembered(verifier, asked, key.key);
  relay.goSilent();
  await revoke(key);
  const revokedAt = performance.now();
  let acceptedUntil = revokedAt;
  await eventually(async () => {
    const sentAt = performance.now();
    const { valid } = await verifier.verify(key.key);
    if (valid) acceptedUntil = sentAt;
    expect(valid).toBe(false);
  });
  // A busy machine cannot stretch this bound: the verifier checks the age of the feed when it gives the verdict.
  expect(acceptedUntil - revokedAt).toBeLessThanOrEqual(3_000);
  expect(verifier.live).toBe(false);
  await eventually(() => expect(states.at(-1)).toMatchObject({ live: false, error: { code: 'timeout' } }));
  relay.recover();
  await live(verifier);
  expect(await verifier.verify(key.key)).toEqual(refusal('revoked'));
});

test('the loss of the registry lease ends all verdicts, and a new lease allows new ones', async () => {
  const key = await newKey();
  const { verifier, asked } = await newVerifier();
  await live(verifier);
  await remembered(verifier, asked, key.key);
  await server.app.deps.leases.settle([], [], 'unknown');
  await eventually(() => expect(verifier.size).toBe(0));
  await live(verifier);
  await remembered(verifier, asked, key.key);
});

test('closing ends the connection and forgets all verdicts', async () => {
  const key = await newKey();
  const { verifier, relay, asked } = await newVerifier();
  await live(verifier);
  await remembered(verifier, asked, key.key);
  expect(relay.open()).toBe(1);
  verifier.close();
  expect([verifier.size, verifier.live]).toEqual([0, false]);
  await eventually(() => expect(relay.open()).toBe(0));
  expect(await verifier.verify(key.key)).toMatchObject({ valid: true });
});

test('a token without access to the feed is reported to onFeed, and questions get the answer of the registry', async () => {
  const client = createClient({ url: server.url, token: server.operatorToken });
  const states: FeedState[] = [];
  const verifier = createVerifier({ client, onFeed: (state) => void states.push(state) });
  onTestFinished(() => verifier.close());
  await eventually(() => expect(states).toHaveLength(1));
  expect(states[0]).toMatchObject({ live: false, error: { code: 'forbidden', status: 403 } });
  expect(JSON.stringify(states)).not.toContain(server.operatorToken);
  await expect(verifier.verify('bp_AAAAAAAAAAAAAAAAAAAAAA')).rejects.toMatchObject({ code: 'forbidden' });
});
