import { createHash, randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { askToRedact, leavesOf, report, runToEnd, tablesWith } from '../../../../test/support/audit-erasure.ts';
import { sealAll } from '../../../../test/support/audit-log.ts';
import { newTenant, runWorker, tenantIn, testServer, trailOf, UNKNOWN } from '../../../../test/support/server.ts';
import { createUser } from '../../../../test/support/users.ts';
import { newWebhook, sequenceAll } from '../../../../test/support/webhooks.ts';
import { auditEventIdOf } from '../sealing/audit-event.ts';

// Every sealed row is an event besides, which has to be blanked too.
const server = testServer({ auditEvents: 'always' });
const PLATFORM = '00000000-0000-0000-0000-000000000000';

const read = async (id: string) => (await server.call(`GET /v1/audit/redactions/${id}`)).body;
const redact = () => runToEnd(server, 'audit-redact');

/** An actor that no other test has. */
function person() {
  const id = `jane-${randomUUID()}`;
  return { id, name: `Jane ${id}`, address: '203.0.113.77' };
}

/** The records of what jobs did to a log, with their audit rows. */
async function recordsOf(log: string) {
  const { rows } = await sql<{ groups: string[]; leaves: string; action: string; metadata: Record<string, unknown> }>`
    select r.groups, r.leaves::text as leaves, a.action, a.metadata
    from audit_job_records r join audit_log a on a.id = r.event_id where r.tenant_id = ${log} order by r.event_id`.execute(
    server.app.deps.db,
  );
  return rows;
}

// proves A22
test('a redaction blanks whose act it was in every row of the actor, and the leaf is proved by what is left', async () => {
  const { id: tenant_id } = await newTenant(server);
  const { id, name, address } = person();
  const told = {
    actor: { type: 'user', id, name },
    target: { type: 'report', id: 'r1', name: 'January' },
    source_ip: address,
  };
  const [mine, other] = [await report(server, tenant_id, told), await report(server, tenant_id)];
  const { status, body } = await askToRedact(server, tenant_id, { subject: { actor_id: id }, groups: ['who'] });
  expect(status).toBe(202);
  expect(body).toMatchObject({
    tenant_id,
    subject: { actor_id: id, target_id: null, source_ip: null },
    product: null,
    groups: ['who'],
    reason: 'Request 7.',
    status: 'open',
    rows_changed: 0,
    finished_at: null,
  });
  await redact();
  const after = (await server.call(`GET /v1/audit/${mine.id}`)).body;
  expect(after).toEqual({
    ...mine,
    actor: { type: 'user', id: 'redacted', name: null },
    source_ip: null,
    reported_by: null,
  });
  expect((await server.call(`GET /v1/audit/${other.id}`)).body).toEqual(other);
  expect(await tablesWith(server, id)).toEqual([]);
  const copy = server.app.deps.db
    .selectFrom('outbox_events')
    .select('payload')
    .where('id', '=', auditEventIdOf(mine.id));
  expect(await copy.execute()).toEqual([{ payload: {} }]);
  const done = await read(body.id);
  expect(done).toMatchObject({ status: 'done', subject: null, rows_changed: 1 });
  expect(done.finished_at).not.toBeNull();
  await sealAll(server);
  const leaves = await leavesOf(server, tenant_id);
  expect(leaves.every(({ proves }) => proves)).toBe(true);
  const salts = leaves.map(({ event_id, who_salt, what_salt }) => [
    event_id === mine.id,
    who_salt === null,
    what_salt === null,
  ]);
  expect(salts.filter(([isMine]) => isMine)).toEqual([[true, true, false]]);
  expect(salts.filter(([isMine]) => !isMine).flat()).not.toContain(true);
});

// proves A22
test('of both groups nothing is left anywhere: not in a row, an event, a delivery, an answer kept for repetitions, or a log line', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const webhook = await newWebhook(server, tenant_id);
  const { id: mark, name } = person();
  const user = await createUser(server, tenant_id, { email: `${mark}@example.com`, display_name: name });
  await sequenceAll(server);
  const { db } = server.app.deps;
  const delivery = await db
    .selectFrom('webhook_deliveries')
    .select('id')
    .where('endpoint_id', '=', webhook.id)
    .where('aggregate', '=', `user:${user.id}`)
    .executeTakeFirstOrThrow();
  const attempt = { delivery_id: delivery.id, tenant_id, n: 1, started_at: new Date(), duration_ms: 1, excerpt: mark };
  await db.insertInto('webhook_attempts').values(attempt).execute();
  expect((await server.call(`DELETE /v1/users/${user.id}`)).status).toBe(204);
  expect(await tablesWith(server, mark)).toEqual(['audit_log', 'events', 'outbox_events', 'webhook_attempts']);
  const body = { tenant_id, subject: { target_id: user.id }, groups: ['who', 'what'], reason: 'Request 8.' };
  const headers = { 'idempotency-key': randomUUID() };
  const first = await server.call('POST /v1/audit/redactions', { body, headers });
  const again = await server.call('POST /v1/audit/redactions', { body, headers });
  const { subject: _, ...kept } = first.body;
  expect([again.headers.get('idempotency-replayed'), again.body]).toEqual(['true', kept]);
  await redact();
  await sequenceAll(server);
  for (const value of [mark, user.id]) {
    expect(await tablesWith(server, value)).toEqual([]);
    expect(server.logs.filter((line) => line.includes(value) && line.includes('redact'))).toEqual([]);
  }
  const events = await db.selectFrom('events').selectAll().where('aggregate_id', '=', 'redacted').execute();
  expect(events.map(({ event_type, payload }) => [event_type, payload])).toEqual([
    ['user.created', {}],
    ['user.deleted', {}],
  ]);
  const { aggregate } = await db
    .selectFrom('webhook_deliveries')
    .select('aggregate')
    .where('id', '=', delivery.id)
    .executeTakeFirstOrThrow();
  expect(aggregate).toBe('user:redacted');
});

test('all that is given of the subject must agree, and the product limits it', async () => {
  const { id: tenant_id } = await newTenant(server);
  const { id } = person();
  const actor = { type: 'user', id };
  const rows = [
    await report(server, tenant_id, { actor, source_ip: '2001:db8::1', product: 'a' }),
    await report(server, tenant_id, { actor, source_ip: '2001:db8::1', product: 'b' }),
    await report(server, tenant_id, { actor, source_ip: '2001:db8::2', product: 'a' }),
    await report(server, tenant_id, { source_ip: '2001:db8::1', product: 'a' }),
  ];
  const subject = { actor_id: id, source_ip: '2001:0DB8:0::1' };
  await askToRedact(server, tenant_id, { subject, product: 'a' });
  await redact();
  const after = await Promise.all(rows.map(async (row) => (await server.call(`GET /v1/audit/${row.id}`)).body));
  expect(after.map(({ actor }) => actor.id)).toEqual(['redacted', id, id, 'u1']);
});

// proves A22
test('each batch leaves a sealed record that names its leaves by their hash and nobody by a value', async () => {
  const { id: tenant_id } = await newTenant(server);
  const { id } = person();
  const actor = { type: 'user', id };
  for (const each of [actor, actor, { type: 'user', id: 'u1' }, actor])
    await report(server, tenant_id, { actor: each, metadata: { a: 1 } });
  const { body } = await askToRedact(server, tenant_id, { subject: { actor_id: id } });
  await redact();
  const [record, ...more] = await recordsOf(tenant_id);
  expect(more).toEqual([]);
  // The first leaf is of the tenant's creation.
  expect(record).toEqual({
    groups: ['who', 'what'],
    leaves: '{[1,3),[4,5)}',
    action: 'audit.redacted',
    metadata: {
      job_id: body.id,
      log: tenant_id,
      tenant_id,
      rows: 3,
      groups: ['who', 'what'],
      leaves_sha256: createHash('sha256').update('{[1,3),[4,5)}').digest('hex'),
    },
  });
  const trail = await trailOf(server, tenant_id);
  expect(trail.map(({ action }) => action)).toEqual([
    'tenant.created',
    ...Array(4).fill('report.opened'),
    'audit.redaction_requested',
    'audit.redacted',
  ]);
  expect(JSON.stringify(trail)).not.toContain(id);
  const { log: _, ...rest } = trail[5]?.metadata ?? {};
  expect(rest).toEqual({ job_id: body.id, tenant_id, product: null, groups: ['who', 'what'], reason: 'Request 7.' });
});

test('a second redaction changes nothing that is blanked already, and erases the other group when that is asked', async () => {
  const { id: tenant_id } = await newTenant(server);
  const { id } = person();
  await report(server, tenant_id, { target: { type: 'user', id } });
  const counts: number[] = [];
  for (const groups of [['who'], ['who'], ['who', 'what'], ['what']]) {
    const { body } = await askToRedact(server, tenant_id, { subject: { target_id: id }, groups });
    await redact();
    counts.push((await read(body.id)).rows_changed);
  }
  expect(counts).toEqual([1, 0, 1, 0]);
});

test('the records of redactions are blanked by none', async () => {
  const { id: tenant_id } = await newTenant(server);
  await report(server, tenant_id, { target: { type: 'user', id: 'u9' } });
  const { body } = await askToRedact(server, tenant_id, { subject: { target_id: 'u9' } });
  await redact();
  await askToRedact(server, tenant_id, { subject: { target_id: body.id } });
  await redact();
  const trail = await trailOf(server, tenant_id);
  const targets = trail
    .filter(({ action }) => action.startsWith('audit.'))
    .map(({ action, target_id }) => [action, target_id === body.id]);
  expect(targets).toContainEqual(['audit.redacted', true]);
  expect(targets[0]).toEqual(['audit.redaction_requested', false]);
});

test('several workers at once do each leaf once, and a job goes on where a batch failed', async () => {
  const { id: tenant_id } = await newTenant(server);
  const { id } = person();
  const events = Array.from({ length: 1_000 }, (_, n) => ({
    tenant_id,
    action: 'report.opened',
    actor: { type: 'user', id: n % 2 === 0 ? id : 'u1' },
  }));
  for (let n = 0; n < 2; n += 1) await server.call('POST /v1/audit/bulk', { body: { events } });
  const { body } = await askToRedact(server, tenant_id, { subject: { actor_id: id }, groups: ['who'] });
  const { db } = server.app.deps;
  await sql`alter table audit_job_records add constraint broken check (leaves && '{[0,1000)}' or tenant_id <> ${sql.lit(tenant_id)}) not valid`.execute(
    db,
  );
  await runWorker(server, 'audit-redact');
  await expect(runWorker(server, 'audit-redact')).rejects.toThrow('broken');
  expect(await read(body.id)).toMatchObject({ status: 'open', rows_read: 1_000, rows_changed: 500 });
  const blank = async () =>
    (
      await db
        .selectFrom('audit_log')
        .select('id')
        .where('tenant_id', '=', tenant_id)
        .where('actor_id', '=', 'redacted')
        .execute()
    ).length;
  expect(await blank()).toBe(500);
  await sql`alter table audit_job_records drop constraint broken`.execute(db);
  server.clock.advance(600_000);
  await Promise.all([redact(), redact(), redact()]);
  expect(await read(body.id)).toMatchObject({ status: 'done', rows_changed: 1_000 });
  expect(await blank()).toBe(1_000);
  const rows = (await recordsOf(tenant_id)).map(({ metadata }) => metadata['rows']);
  expect(rows.reduce((sum: number, n) => sum + Number(n), 0)).toBe(1_000);
});

// proves A22
test('the log of a deleted tenant can be redacted, and so can the platform’s', async () => {
  const { id: tenant_id } = await tenantIn(server, 'archived');
  const { id } = person();
  await report(server, tenant_id, { actor: { type: 'user', id } });
  await server.call('POST /v1/audit', { body: { action: 'report.opened', actor: { type: 'user', id } } });
  await sealAll(server);
  expect((await server.call(`DELETE /v1/tenants/${tenant_id}`)).status).toBe(204);
  for (const log of [tenant_id, PLATFORM]) {
    const { status, body } = await askToRedact(server, log, { subject: { actor_id: id } });
    expect(status).toBe(202);
    await redact();
    expect(await read(body.id)).toMatchObject({ status: 'done', rows_changed: 1 });
  }
  expect(await tablesWith(server, id)).toEqual([]);
  expect((await recordsOf(tenant_id)).map(({ metadata }) => [metadata['log'], metadata['tenant_id']])).toEqual([
    [tenant_id, null],
  ]);
});

test('redactions are listed by log, newest first, in pages', async () => {
  const { id: tenant_id } = await newTenant(server);
  const ids: string[] = [];
  for (const actor_id of ['a', 'b', 'c'])
    ids.push((await askToRedact(server, tenant_id, { subject: { actor_id } })).body.id);
  const list = `GET /v1/audit/redactions?tenant_id=${tenant_id}&limit=2`;
  const first = (await server.call(list)).body;
  const second = (await server.call(`${list}&cursor=${first.next_cursor}`)).body;
  expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(ids.reverse());
  expect(second.next_cursor).toBeNull();
  expect((await server.call('GET /v1/audit/redactions?limit=1')).body.items).toHaveLength(1);
  await redact();
});

test.each([
  ['no subject', { subject: {} }, '/subject'],
  ['an address that is none', { subject: { source_ip: '1.2.3' } }, '/subject/source_ip'],
  ['no group', { groups: [] }, '/groups'],
  ['a group twice', { groups: ['who', 'who'] }, '/groups'],
  ['a group that is none', { groups: ['when'] }, '/groups/0'],
  ['no reason', { reason: '' }, '/reason'],
])('a redaction with %s is refused and writes nothing', async (_, fields, pointer) => {
  const { id: tenant_id } = await newTenant(server);
  const { status, body } = await askToRedact(server, tenant_id, { subject: { actor_id: 'u1' }, ...fields });
  expect([status, body.errors[0].pointer]).toEqual([400, pointer]);
  expect(await trailOf(server, tenant_id)).toHaveLength(1);
});

test('there is no redaction of a log that does not exist, and of no unknown id', async () => {
  for (const log of [UNKNOWN, 'ffffffff-ffff-ffff-ffff-ffffffffffff'])
    expect((await askToRedact(server, log, { subject: { actor_id: 'u1' } })).body.code).toBe('not_found');
  expect((await server.call(`GET /v1/audit/redactions/${UNKNOWN}`)).status).toBe(404);
});

test('operators alone erase, keep and hold: other callers are refused', async () => {
  const { id: tenant_id } = await newTenant(server);
  const key = (
    await server.call('POST /v1/api-keys', { body: { tenant_id, name: 'k', scopes: ['registry:audit:read'] } })
  ).body;
  for (const [token, status] of [
    [null, 401],
    [server.internalToken, 403],
    [key.key, 403],
  ] as const) {
    for (const path of ['redactions', 'retention', 'holds'])
      expect((await server.call(`GET /v1/audit/${path}`, { token })).status).toBe(status);
    const body = { tenant_id, subject: { actor_id: 'u1' }, groups: ['who'], reason: 'x' };
    expect((await server.call('POST /v1/audit/redactions', { token, body })).status).toBe(status);
  }
});
