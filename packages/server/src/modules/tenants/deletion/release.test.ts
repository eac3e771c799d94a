/** A deleted tenant's audit rows, which stay and are too many for one transaction. */
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { leavesOf, report } from '../../../../test/support/audit-erasure.ts';
import { sealAll } from '../../../../test/support/audit-log.ts';
import { tenantIn, testServer } from '../../../../test/support/server.ts';
import { noDeadline } from '../../../kernel/async/deadline.ts';
import { systemContext } from '../../../kernel/system-context.ts';
import { deleteTenant } from './service.ts';

const server = testServer();
const BATCH = 5_000;

/** How many rows name the tenant, and how many of it name nobody. */
async function counts({ id, slug }: { id: string; slug: string }) {
  const { rows } = await sql<{ owned: number; free: number }>`
    select count(*) filter (where tenant_id = ${id}) as owned, count(*) filter (where tenant_id is null) as free
    from audit_log where tenant_slug = ${slug}`.execute(server.app.deps.db);
  return rows[0];
}

// proves A14
test('very many audit rows are let go of in batches that stay done, and a repetition goes on where time ran out', async () => {
  const tenant = await tenantIn(server, 'archived');
  const { db } = server.app.deps;
  await sql`
    insert into audit_log (tenant_id, tenant_slug, actor_type, actor_id, action, origin, reported_by)
    select ${tenant.id}::uuid, ${tenant.slug}, 'user', 'u1', 'report.opened', 'reported', 'test'
    from generate_series(1, ${2 * BATCH})`.execute(db);
  const { owned = 0 } = (await counts(tenant)) ?? {};
  const remove = (leftMs: number) =>
    deleteTenant(
      { ...systemContext(server.app.deps, { name: 'test' }), deadline: { leftMs: () => leftMs } },
      tenant.id,
    );
  await expect(remove(1)).rejects.toMatchObject({
    definition: { code: 'tenant_deletion_unfinished' },
    extras: { retryAfter: 1 },
  });
  expect(await counts(tenant)).toEqual({ owned: owned - BATCH, free: BATCH });
  const jobs = () => db.selectFrom('audit_jobs').selectAll().where('tenant_id', '=', tenant.id).execute();
  expect(await jobs()).toMatchObject([{ kind: 'release', status: 'open', rows_changed: BATCH }]);
  await remove(noDeadline.leftMs());
  expect(await counts(tenant)).toEqual({ owned: 0, free: owned + 1 });
  expect(await jobs()).toMatchObject([{ kind: 'release', status: 'done', rows_changed: 2 * BATCH }]);
  expect((await server.call(`GET /v1/tenants/${tenant.id}`)).status).toBe(404);
});

test('no row is let go of while the tenant may not be deleted', async () => {
  const tenant = await tenantIn(server, 'active');
  const { db } = server.app.deps;
  await sql`
    insert into audit_log (tenant_id, tenant_slug, actor_type, actor_id, action, origin)
    select ${tenant.id}::uuid, ${tenant.slug}, 'user', 'u1', 'x', 'registry' from generate_series(1, ${BATCH + 1})`.execute(
    db,
  );
  const before = await counts(tenant);
  expect((await server.call(`DELETE /v1/tenants/${tenant.id}`)).body.code).toBe('tenant_not_archived');
  expect(await counts(tenant)).toEqual(before);
});

// proves A14
test('the log of a deleted tenant proves the same rows as before', async () => {
  const { id } = await tenantIn(server, 'archived');
  await report(server, id);
  await sealAll(server);
  const before = await leavesOf(server, id);
  expect((await server.call(`DELETE /v1/tenants/${id}`)).status).toBe(204);
  await sealAll(server);
  const after = await leavesOf(server, id);
  expect(after.map(({ hash }) => hash).slice(0, before.length)).toEqual(before.map(({ hash }) => hash));
  expect(after.map(({ row, proves }) => [row?.tenant_id, proves])).toEqual(Array(before.length + 1).fill([null, true]));
});
