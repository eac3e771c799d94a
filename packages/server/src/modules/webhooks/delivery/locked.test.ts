// engine: postgres
import { eventLog, webhookQueue, webhooks } from '@tenant-registry/db';
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

test('pruning passes over deliveries that are being canceled, so neither waits for the other for good', async () => {
  const receiver = await startReceiver();
  const tenant_id = (await newTenant(server)).id;
  const endpoint = await newEndpoint(server, { tenant_id, url: receiver.url });
  await changeThings(server, tenant_id, ['a', 'b', 'c']);
  const { db } = server.app.deps;
  await db.deleteFrom('events').execute();
  const [canceling, pruning] = [await db.startTransaction().execute(), await db.startTransaction().execute()];
  onTestFinished(async () => {
    for (const tx of [canceling, pruning]) if (!tx.isCommitted) await tx.rollback().execute();
  });
  expect(await webhooks.updateWaitingToCanceled(canceling, endpoint, 1)).toBe(1);
  // The oldest is held, and the two behind it go.
  await sql`set local lock_timeout = '10s'`.execute(pruning);
  await eventLog.deleteOrphanedDeliveries(pruning, 100);
  const rest = webhooks.updateWaitingToCanceled(canceling, endpoint, 10);
  await pruning.commit().execute();
  expect(await rest).toBe(0);
  await canceling.commit().execute();
  expect((await deliveriesOf(server, endpoint)).map(({ state }) => state)).toEqual(['canceled']);
  await db.transaction().execute((tx) => eventLog.deleteOrphanedDeliveries(tx, 100));
  expect(await deliveriesOf(server, endpoint)).toEqual([]);
});
