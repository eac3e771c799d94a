// engine: postgres
/** What the jobs of the registry themselves leave behind is proved, and what they leave is needed. */
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { askToRedact, report, runToEnd } from '../../../../test/support/audit-erasure.ts';
import { appendEvents, eventOf } from '../../../../test/support/audit-events.ts';
import { brief, forged, verifyIn } from '../../../../test/support/audit-forgery.ts';
import { sealAll, signNow } from '../../../../test/support/audit-log.ts';
import { DAY_MS, newTenant, tenantIn, testServer } from '../../../../test/support/server.ts';

const server = testServer({ auditRetentionDays: 365 });
const found = async (tenant?: string) =>
  (await verifyIn(server.app.deps.db, tenant === undefined ? {} : { tenant })).found.map(brief);

test('redactions, one after the other, before they are sealed, sealed, and signed', async () => {
  const { id } = await newTenant(server);
  for (const actor of ['u1', 'u2', 'u1']) {
    const target = { type: 'report', id: 'r-1', name: 'R' };
    await report(server, id, { actor: { type: 'user', id: actor }, target, description: 'x', source_ip: '192.0.2.1' });
  }
  await signNow(server);
  for (const [subject, groups] of [
    [{ actor_id: 'u1' }, ['who']],
    [{ target_id: 'r-1' }, ['what']],
  ] as const) {
    expect((await askToRedact(server, id, { subject, groups })).status).toBe(202);
    await sealAll(server);
    await runToEnd(server, 'audit-redact');
    await sealAll(server);
    expect(await found()).toEqual([]);
  }
  await signNow(server);
  expect(await found(id)).toEqual([]);
  const withoutRecords = await forged(server.app.deps.db, async (tx) => {
    await sql`delete from audit_job_records where tenant_id = ${id}`.execute(tx);
    return (await verifyIn(tx, { tenant: id })).found.map(brief);
  });
  expect(withoutRecords).toEqual([
    'blanked 1 [who]',
    'blanked 1 [what]',
    'blanked 2 [what]',
    'blanked 3 [who]',
    'blanked 3 [what]',
  ]);
});

test('rows that expired, a whole tile among them, and those of a tenant that was deleted', async () => {
  const { id } = await newTenant(server);
  const { id: gone } = await tenantIn(server, 'archived');
  await report(server, gone);
  const fill = (count: number) =>
    appendEvents(
      server,
      Array.from({ length: count }, () => eventOf({ tenant_id: id })),
    );
  await fill(290);
  await signNow(server);
  expect((await server.call(`DELETE /v1/tenants/${gone}`)).status).toBe(204);
  await sealAll(server);
  expect(await found(gone)).toEqual([]);
  server.clock.advance(200 * DAY_MS);
  await fill(10);
  await signNow(server);
  server.clock.advance(200 * DAY_MS);
  await runToEnd(server, 'audit-prune');
  await signNow(server);
  for (const tenant of [id, gone, undefined]) expect(await found(tenant)).toEqual([]);
  const { rows } = await sql<{ first: number; left: number }>`
    select min(l.index) as first, count(a.id) as left from audit_leaves as l left join audit_log as a on a.id = l.event_id
    where l.tenant_id = ${id}`.execute(server.app.deps.db);
  expect(rows).toEqual([{ first: 256, left: 11 }]);
});
