// engine: postgres
/** A legal hold and a batch of a redaction that meet. */
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { askToRedact, report, runToEnd } from '../../../../test/support/audit-erasure.ts';
import { newTenant, runWorker, testServer } from '../../../../test/support/server.ts';

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
