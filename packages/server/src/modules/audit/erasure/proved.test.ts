/** What the jobs leave behind is proved: the whole log is checked after each of them. */
import { expect, test } from 'vitest';
import { askToRedact, report, runToEnd } from '../../../../test/support/audit-erasure.ts';
import { brief, verifyIn } from '../../../../test/support/audit-forgery.ts';
import { signNow } from '../../../../test/support/audit-log.ts';
import { DAY_MS, tenantIn, testServer } from '../../../../test/support/server.ts';

const server = testServer({ auditRetentionDays: 100 });

/** What is wrong. That the record of a job is not sealed yet is a notice. */
const found = async () => {
  const { found } = await verifyIn(server.app.deps.db);
  return found.filter(({ severity }) => severity === 'finding').map(brief);
};

// proves A14, A22
test('a log of which rows were blanked, deleted with a whole tile, and let go of with the tenant is proved as before', async () => {
  const { id: tenant_id } = await tenantIn(server, 'archived');
  const actors = ['u1', 'u2', 'u3'];
  const events = Array.from({ length: 540 }, (_, n) => ({
    tenant_id,
    action: 'report.opened',
    actor: { type: 'user', id: actors[n % 3] },
    target: { type: 'report', id: `r${n % 5}` },
  }));
  await server.call('POST /v1/audit/bulk', { body: { events } });
  await signNow(server);
  expect(await found()).toEqual([]);
  await askToRedact(server, tenant_id, { subject: { actor_id: 'u1' }, groups: ['who'] });
  await askToRedact(server, tenant_id, { subject: { target_id: 'r1' }, groups: ['what'] });
  await runToEnd(server, 'audit-redact');
  expect(await found()).toEqual([]);
  await signNow(server);
  expect(await found()).toEqual([]);
  server.clock.advance(50 * DAY_MS);
  await report(server, tenant_id, { actor: { type: 'user', id: 'u2' } });
  await signNow(server);
  server.clock.advance(51 * DAY_MS);
  await runToEnd(server, 'audit-prune');
  await signNow(server);
  expect(await found()).toEqual([]);
  expect((await server.call(`DELETE /v1/tenants/${tenant_id}`)).status).toBe(204);
  await askToRedact(server, tenant_id, { subject: { actor_id: 'u2' } });
  await runToEnd(server, 'audit-redact');
  await signNow(server);
  expect(await found()).toEqual([]);
  const leaves = await server.app.deps.db
    .selectFrom('audit_leaves')
    .select('index')
    .where('tenant_id', '=', tenant_id)
    .orderBy('index')
    .execute();
  expect(leaves[0]?.index).toBe(512);
});
