// engine: postgres
/** What a batch of a redaction meets: a legal hold, the sequencer of events, and the deletion of its tenant. */
import { eventLog, tenants } from '@tenant-registry/db';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { askToRedact, report, runToEnd } from '../../../../test/support/audit-erasure.ts';
import { newTenant, runWorker, tenantIn, testServer } from '../../../../test/support/server.ts';

const server = testServer();

// proves A22
test('a batch that meets a hold which is about to be placed waits for it, and changes nothing', async () => {
  const { id: tenant_id } = await newTenant(server);
  const { id } = await report(server, tenant_id, { actor: { type: 'user', id: 'u3' } });
  const { body } = await askToRedact(server, tenant_id, { subject: { actor_id: 'u3' } });
  const placing = await server.app.deps.db.startTransaction().execute();
  await placing.insertInto('audit_holds').values({ tenant_id, reason: 'Case 5.' }).execute();
  const batch = runWorker(server, 'audit-redact');
  const waiting = () =>
    sql`select from pg_locks where relation = 'audit_holds'::regclass and not granted`.execute(placing);
  while ((await waiting()).rows.length === 0);
  await placing.commit().execute();
  await batch;
  expect((await server.call(`GET /v1/audit/${id}`)).body.actor.id).toBe('u3');
  expect((await server.call(`GET /v1/audit/redactions/${body.id}`)).body).toMatchObject({
    status: 'held',
    rows_read: 0,
  });
  await server.call(`DELETE /v1/audit/holds?tenant_id=${tenant_id}`);
  await runToEnd(server, 'audit-redact');
});

// proves A22
test('a hold is placed when the batch that is under way is over, and the next one finds it', async () => {
  const { id: tenant_id } = await newTenant(server);
  const batch = await server.app.deps.db.startTransaction().execute();
  await sql`lock table audit_holds in share mode`.execute(batch);
  let placed = false;
  const placing = server.call('POST /v1/audit/holds', { body: { tenant_id, reason: 'Case 6.' } }).then((answer) => {
    placed = true;
    return answer;
  });
  const waiting = () =>
    sql`select from pg_locks where relation = 'audit_holds'::regclass and not granted`.execute(batch);
  while ((await waiting()).rows.length === 0);
  expect(placed).toBe(false);
  await batch.commit().execute();
  expect((await placing).status).toBe(201);
});

/** Resolves once a statement waits for a lock. */
async function somebodyWaits(): Promise<void> {
  const waiting = sql`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  while ((await waiting.execute(server.app.deps.db)).rows.length === 0);
}

// proves A22
test('an event that is on its way into the log while its row is redacted is blanked there', async () => {
  const { id: tenant_id } = await newTenant(server);
  const { db } = server.app.deps;
  const { id } = await db
    .selectFrom('audit_log')
    .select('id')
    .where('tenant_id', '=', tenant_id)
    .executeTakeFirstOrThrow();
  const moving = await db.startTransaction().execute();
  const head = await eventLog.claimEventHead(moving);
  await eventLog.appendEvents(moving, head ?? 0, 1_000);
  await askToRedact(server, tenant_id, { subject: { target_id: tenant_id } });
  const batch = runToEnd(server, 'audit-redact');
  await somebodyWaits();
  await moving.commit().execute();
  await batch;
  const event = db.selectFrom('events').select(['aggregate_id', 'payload']).where('id', '=', id);
  expect(await event.execute()).toEqual([{ aggregate_id: 'redacted', payload: {} }]);
});

test('a tenant is deleted while a batch waits for it, and the batch then works on the log that it left', async () => {
  const { id: tenant_id } = await tenantIn(server, 'archived');
  await report(server, tenant_id, { actor: { type: 'user', id: 'u5' } });
  const { body } = await askToRedact(server, tenant_id, { subject: { actor_id: 'u5' } });
  const deleting = await server.app.deps.db.startTransaction().execute();
  await tenants.lockTenant(deleting, tenant_id);
  const batch = runToEnd(server, 'audit-redact');
  await somebodyWaits();
  await tenants.deleteTenant(deleting, tenant_id);
  await deleting.commit().execute();
  await batch;
  expect((await server.call(`GET /v1/audit/redactions/${body.id}`)).body).toMatchObject({
    status: 'done',
    rows_changed: 1,
  });
});
