// engine: postgres
import { webhookQueue, webhooks } from '@tenant-registry/db';
import { sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import {
  attemptsOf,
  changeThings,
  deliveriesOf,
  endpointRow,
  newEndpoint,
  newEngine,
  startReceiver,
  toLoopback,
} from '../../../../test/support/deliveries.ts';
import { newTenant, testServer, UNKNOWN } from '../../../../test/support/server.ts';

const server = testServer({ outbound: toLoopback });

/** Holds the endpoint as the API does while it changes it. */
async function hold(id: string) {
  const tx = await server.app.deps.db.startTransaction().execute();
  onTestFinished(async () => {
    if (!tx.isCommitted) await tx.rollback().execute();
  });
  await webhooks.lockWebhook(tx, id);
  return tx;
}

// proves C24
test('an endpoint that the API holds keeps no turn waiting for the lock, and nothing of the turn is lost', async () => {
  const receiver = await startReceiver();
  const tenant_id = (await newTenant(server)).id;
  const endpoint = await newEndpoint(server, { tenant_id, url: receiver.url });
  await changeThings(server, tenant_id, ['a', 'b']);
  const answers = new Map<string, () => void>();
  receiver.answer((response, { subject }) => answers.set(subject, () => response.end()));
  const engine = newEngine(server);
  await engine.claim();
  await expect.poll(() => answers.size).toBe(2);
  const { lease_id } = await endpointRow(server, endpoint);
  const held = await hold(endpoint);
  const look = (lease: string | null) =>
    server.app.deps.db.transaction().execute(async (tx) => {
      await sql`set local lock_timeout = '2s'`.execute(tx);
      return webhookQueue.lockLeasedEndpoint(tx, { id: endpoint, lease_id: String(lease) });
    });
  expect(await look(lease_id)).toBe('locked');
  expect(await look(UNKNOWN)).toBeUndefined();
  const room = engine.lanes.room('slow');
  answers.get('thing/a')?.();
  answers.get('thing/b')?.();
  await expect.poll(() => engine.lanes.room('slow')).toBe(room + 2);
  expect((await deliveriesOf(server, endpoint)).map(({ state }) => state)).toEqual(['pending', 'pending']);
  await held.commit().execute();
  await engine.idle();
  expect((await deliveriesOf(server, endpoint)).map(({ state }) => state)).toEqual(['succeeded', 'succeeded']);
  expect([receiver.received.length, (await attemptsOf(server, endpoint)).length]).toEqual([2, 2]);
  expect(await endpointRow(server, endpoint)).toMatchObject({ lease_id: null, next_at: null });
});
