/** How what a tenant has in use is counted: exactly, and without reading what it no longer uses. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Db } from '../src/handles.ts';
import * as quotas from '../src/queries/quotas.ts';
import { acrossProjects } from '../src/tenant-scope.ts';
import { type TestDatabase, testDatabase } from '../src/testing.ts';
import { plansOf, rowsRead } from './plans.ts';
import { newTenant } from './support.ts';

let database: TestDatabase;
let tenant: string;
beforeAll(async () => {
  database = await testDatabase();
  const { db } = database;
  tenant = await newTenant(db);
  const others = await newTenant(db);
  for (const id of [tenant, others]) {
    await sql`
      insert into tenant_projects (tenant_id, slug, name, status)
      select ${id}, 'p-' || i, 'P', (case when i <= 20 then 'active' else 'archived' end)::tenant_project_status
      from generate_series(1, 3000) as i`.execute(db);
    await sql`
      insert into tenant_idp_config (tenant_id, kind, alias, issuer, status)
      select ${id}, 'oidc', 'a', 'https://' || i, case when i <= 10 then 'active' when i <= 15 then 'degraded' else 'deactivated' end
      from generate_series(1, 3000) as i`.execute(db);
    await sql`
      insert into api_keys (tenant_id, name, prefix, hash, revoked_at, expires_at)
      select ${id}, 'k', 'bp_' || i, gen_random_uuid(), case when i > 3000 then now() end,
        case when i <= 10 then null when i <= 25 then now() + interval '1 day' else now() - interval '1 day' end
      from generate_series(1, 6000) as i`.execute(db);
  }
  for (const table of ['tenant_projects', 'tenant_idp_config', 'api_keys'])
    await sql`analyze ${sql.table(table)}`.execute(db);
});
afterAll(() => database.close());

test.each<[string, (db: Db, tenantId: string, now: Date) => Promise<number>, number, string]>([
  ['projects', quotas.findProjectsInUse, 20, 'tenant_projects_tenant_id_active_idx'],
  ['keys', quotas.findApiKeysInUse, 25, 'api_keys_tenant_id_expires_at_idx'],
  ['configurations', quotas.findIdpConfigsInUse, 15, 'tenant_idp_config_tenant_id_in_use_idx'],
])('the %s in use are counted from their index, in the scope of the tenant too', async (_, find, count, index) => {
  const now = new Date();
  for (const handle of [database.db, database.forTenant({ tenant_id: tenant, project_id: null })]) {
    expect(await find(handle, tenant, now)).toBe(count);
    const plan = await plansOf(handle, (asked) => find(asked, tenant, now));
    expect(new Set(plan.flatMap((node) => node['Index Name'] ?? []))).toEqual(new Set([index]));
    expect(rowsRead(plan)).toBeLessThanOrEqual(count);
  }
});

test('a transaction that is limited to a project sees the whole tenant for a moment, and no longer', async () => {
  const { db, forTenant } = database;
  const { id: project_id } = await db
    .selectFrom('tenant_projects')
    .select('id')
    .where('tenant_id', '=', tenant)
    .where('slug', '=', 'p-1')
    .executeTakeFirstOrThrow();
  const counts = await forTenant({ tenant_id: tenant, project_id })
    .transaction()
    .execute(async (tx) => {
      const count = () => quotas.findApiKeysInUse(tx, tenant, new Date());
      return [await count(), await acrossProjects(tx, count), await count()];
    });
  expect(counts).toEqual([0, 25, 0]);
});
