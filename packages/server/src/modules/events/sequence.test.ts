import { expect, test } from 'vitest';
import { newTenant, runWorker, testServer } from '../../../test/support/server.ts';

const server = testServer();

const logOf = (tenantId: string) =>
  server.app.deps.db.selectFrom('events').selectAll().where('tenant_id', '=', tenantId).orderBy('position').execute();

// proves C24, C58
test('every event of a change comes into the log once, at positions without a gap, and leaves the queue', async () => {
  const { db } = server.app.deps;
  const tenants = [await newTenant(server), await newTenant(server)];
  await server.call(`PATCH /v1/tenants/${tenants[0].id}`, { body: { name: 'Other' } });
  expect(await runWorker(server, 'events-sequence')).toBe(3);
  expect(await runWorker(server, 'events-sequence')).toBe(0);
  const positions = await db.selectFrom('events').select('position').orderBy('position').execute();
  expect(positions.map(({ position }) => position)).toEqual(positions.map((_, index) => index + 1));
  expect((await logOf(tenants[0].id)).map(({ event_type }) => event_type)).toEqual([
    'tenant.created',
    'tenant.updated',
  ]);
  expect(await db.selectFrom('outbox_events').selectAll().execute()).toEqual([]);
});
