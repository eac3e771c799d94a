import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { leavesOf, report, runToEnd } from '../../../../test/support/audit-erasure.ts';
import { sealAll } from '../../../../test/support/audit-log.ts';
import { DAY_MS, newTenant, tenantIn, testServer, UNKNOWN } from '../../../../test/support/server.ts';

// A year by default, so that one step of the clock takes rows past it.
const server = testServer({ auditRetentionDays: 365 });

const set = (body: Record<string, unknown>) => server.call('PUT /v1/audit/retention', { body });
const remove = (query: string) => server.call(`DELETE /v1/audit/retention${query}`);
const hold = (body: Record<string, unknown>) =>
  server.call('POST /v1/audit/holds', { body: { reason: 'Case 3.', ...body } });
const release = (query: string) => server.call(`DELETE /v1/audit/holds${query}`);
const prune = () => runToEnd(server, 'audit-prune');

/** Seals what is there, and lets that many days pass. */
async function after(days: number): Promise<void> {
  await sealAll(server);
  server.clock.advance(days * DAY_MS);
}

/** The products of the reported rows that are left of a log. */
async function left(log: string): Promise<(string | null)[]> {
  const { rows } = await sql<{ product: string | null }>`
    select a.product from audit_leaves l join audit_log a on a.id = l.event_id
    where l.tenant_id = ${log} and a.action = 'report.opened' order by l.index`.execute(server.app.deps.db);
  return rows.map(({ product }) => product);
}

async function tenantWith(...products: (string | null)[]): Promise<string> {
  const { id } = await newTenant(server);
  for (const product of products) await report(server, id, { product });
  return id;
}

test('rows go when they are older than the default says and not before, and the leaves of all stay', async () => {
  const log = await tenantWith('a', 'b');
  await after(364);
  await report(server, log, { product: 'young' });
  await sealAll(server);
  await prune();
  expect(await left(log)).toEqual(['a', 'b', 'young']);
  await after(2);
  await prune();
  expect(await left(log)).toEqual(['young']);
  await sealAll(server);
  const leaves = await leavesOf(server, log);
  expect(leaves.map(({ row }) => row?.action)).toEqual([
    undefined,
    undefined,
    undefined,
    'report.opened',
    'audit.pruned',
  ]);
  expect(leaves.map(({ proves }) => proves)).toEqual([false, false, false, true, true]);
  const { db } = server.app.deps;
  const record = await db
    .selectFrom('audit_job_records')
    .selectAll()
    .where('tenant_id', '=', log)
    .executeTakeFirstOrThrow();
  expect(record).toMatchObject({ groups: [], leaves: '{[0,3)}', event_id: leaves[4]?.event_id });
  const job = await db.selectFrom('audit_jobs').selectAll().where('id', '=', record.job_id).executeTakeFirstOrThrow();
  expect(job).toMatchObject({ kind: 'prune', status: 'done', rows_read: 4, rows_changed: 3 });
});

test('the most specific rule decides: of a product in a log, of a log, of a product, of all', async () => {
  const [log, other] = [await tenantWith('a', 'b', null), await tenantWith('a', 'b', null)];
  expect((await set({ days: 300 })).status).toBe(204);
  expect((await set({ product: 'a', days: 50 })).status).toBe(204);
  expect((await set({ tenant_id: log, days: 200 })).status).toBe(204);
  expect((await set({ tenant_id: log, product: 'b', days: 100 })).status).toBe(204);
  await after(51);
  await prune();
  expect([await left(log), await left(other)]).toEqual([
    ['a', 'b', null],
    ['b', null],
  ]);
  await after(50);
  await prune();
  expect([await left(log), await left(other)]).toEqual([
    ['a', null],
    ['b', null],
  ]);
  await after(100);
  await prune();
  expect([await left(log), await left(other)]).toEqual([[], ['b', null]]);
  await after(100);
  await prune();
  expect(await left(other)).toEqual([]);
  for (const query of ['', '?product=a', `?tenant_id=${log}`, `?tenant_id=${log}&product=b`])
    expect((await remove(query)).status).toBe(204);
});

test('a rule is at work soon after it is set, and what it deletes is recorded with its setting', async () => {
  const log = await tenantWith('a');
  await after(40);
  await prune();
  expect(await left(log)).toEqual(['a']);
  await set({ tenant_id: log, days: 400 });
  await set({ tenant_id: log, days: 30 });
  await prune();
  expect(await left(log)).toEqual([]);
  await remove(`?tenant_id=${log}`);
  const trail = await server.call(`GET /v1/audit?tenant_id=${log}&action=audit.*`);
  const told = trail.body.items.map(({ action, metadata }: { action: string; metadata: Record<string, unknown> }) => [
    action,
    metadata['days'] ?? null,
  ]);
  expect(told.reverse()).toEqual([
    ['audit.retention_set', 400],
    ['audit.retention_set', 30],
    ['audit.pruned', null],
    ['audit.retention_set', null],
  ]);
});

test('rules are listed from the widest on, in pages, with the default', async () => {
  const log = await tenantWith();
  await set({ tenant_id: log, days: 90 });
  await set({ tenant_id: log, product: 'a', days: 60 });
  await set({ product: 'z', days: 70 });
  const first = (await server.call('GET /v1/audit/retention?limit=1')).body;
  expect(first).toMatchObject({ items: [{ tenant_id: null, product: 'z', days: 70 }], default_days: 365 });
  const rest = (await server.call(`GET /v1/audit/retention?limit=2&cursor=${first.next_cursor}`)).body;
  expect(rest.items).toMatchObject([
    { tenant_id: log, product: null, days: 90 },
    { tenant_id: log, product: 'a', days: 60 },
  ]);
  expect(rest.next_cursor).toBeNull();
  for (const query of ['?product=z', `?tenant_id=${log}`, `?tenant_id=${log}&product=a`]) await remove(query);
});

test('a rule needs a sound number of days and a log that exists', async () => {
  for (const days of [29, 36_501, 30.5]) {
    const { status, body } = await set({ days });
    expect([status, body.errors[0].pointer]).toEqual([400, '/days']);
  }
  expect((await set({ tenant_id: UNKNOWN, days: 90 })).status).toBe(404);
  expect((await remove(`?tenant_id=${UNKNOWN}`)).status).toBe(404);
  expect((await remove('?product=nothing')).status).toBe(404);
});

// proves A22
test('a hold keeps its rows past their time, of a product or of a whole log, until it is released', async () => {
  const [log, other] = [await tenantWith('a', 'b'), await tenantWith('a', 'b')];
  await hold({ product: 'a' });
  await hold({ tenant_id: log });
  await after(400);
  await prune();
  expect([await left(log), await left(other)]).toEqual([['a', 'b'], ['a']]);
  expect((await release('?product=a')).status).toBe(204);
  await after(2);
  await prune();
  expect([await left(log), await left(other)]).toEqual([['a', 'b'], []]);
  expect((await release(`?tenant_id=${log}`)).status).toBe(204);
  await after(2);
  await prune();
  expect(await left(log)).toEqual([]);
});

test('no rule may keep rows for a shorter time where a hold covers all of them; a longer time and a wider scope may be set', async () => {
  const log = await tenantWith();
  await set({ tenant_id: log, product: 'a', days: 500 });
  await hold({ tenant_id: log });
  const codes = await Promise.all(
    [
      { tenant_id: log, days: 364 },
      { tenant_id: log, product: 'b', days: 100 },
      { tenant_id: log, product: 'a', days: 499 },
      { tenant_id: log, days: 366 },
      { product: 'a', days: 100 },
    ].map(async (rule) => (await set(rule)).body?.code ?? null),
  );
  expect(codes).toEqual(['legal_hold', 'legal_hold', 'legal_hold', null, null]);
  expect((await remove(`?tenant_id=${log}&product=a`)).body).toMatchObject({ status: 409, code: 'legal_hold' });
  await release(`?tenant_id=${log}`);
  for (const query of [`?tenant_id=${log}&product=a`, `?tenant_id=${log}`, '?product=a'])
    expect((await remove(query)).status).toBe(204);
});

test('a tile of which every row is gone loses its leaves, and no other does', async () => {
  const { id: log } = await newTenant(server);
  const events = Array.from({ length: 600 }, () => ({
    tenant_id: log,
    action: 'report.opened',
    actor: { type: 'user', id: 'u1' },
  }));
  await server.call('POST /v1/audit/bulk', { body: { events } });
  await after(400);
  await prune();
  expect(await left(log)).toEqual([]);
  const leaves = await leavesOf(server, log);
  expect([leaves[0]?.index, leaves.length]).toEqual([512, 601 - 512]);
  // What is gone is not met again.
  await after(2);
  await prune();
  const { n } = await server.app.deps.db
    .selectFrom('audit_job_records')
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .where('tenant_id', '=', log)
    .executeTakeFirstOrThrow();
  expect(n).toBe(1);
});

test('logs of deleted tenants lose old rows too, records of jobs stay, and no row goes twice when several workers run', async () => {
  const { id: log } = await tenantIn(server, 'archived');
  await report(server, log);
  await sealAll(server);
  expect((await server.call(`DELETE /v1/tenants/${log}`)).status).toBe(204);
  await after(400);
  await Promise.all([prune(), prune(), prune()]);
  expect(await left(log)).toEqual([]);
  const { db } = server.app.deps;
  const records = await db.selectFrom('audit_job_records').select('event_id').where('tenant_id', '=', log).execute();
  expect(records).toHaveLength(1);
  await after(400);
  await prune();
  const kept = await db
    .selectFrom('audit_log')
    .select('action')
    .where('id', '=', records[0]?.event_id ?? '')
    .execute();
  expect(kept).toEqual([{ action: 'audit.pruned' }]);
});
