/** Which index serves the lists of API keys. */
import { sql } from 'kysely';
import { afterAll, expect, test } from 'vitest';
import { listApiKeys } from '../src/queries/api-keys.ts';
import { testDatabase } from '../src/testing.ts';
import { plansOf, rowsRead } from './plans.ts';
import { newTenant } from './support.ts';

const database = await testDatabase();
afterAll(() => database.close());

// proves B24
test('the keys of one project are read from their index, however many the tenant has, in its scope too', async () => {
  const { db, forTenant } = database;
  const tenant_id = await newTenant(db);
  await sql`
    insert into tenant_projects (tenant_id, slug, name)
    select ${tenant_id}, 'p-' || i, 'Project' from generate_series(1, 200) as i`.execute(db);
  await sql`
    insert into api_keys (tenant_id, project_id, name, prefix, hash)
    select tenant_id, id, 'key', 'x', gen_random_uuid() from tenant_projects, generate_series(1, 50)`.execute(db);
  await sql`analyze api_keys`.execute(db);
  const { id: project_id } = await db.selectFrom('tenant_projects').select('id').executeTakeFirstOrThrow();
  const filter = { tenant_id, project_id, include_revoked: true };
  for (const handle of [db, forTenant({ tenant_id, project_id: null }), forTenant({ tenant_id, project_id })]) {
    const plan = await plansOf(handle, (asked) => listApiKeys(asked, filter, { limit: 20 }));
    expect(plan.flatMap((node) => node['Index Name'] ?? [])).toEqual(['api_keys_tenant_id_project_id_id_idx']);
    expect(rowsRead(plan)).toBeLessThan(100);
  }
});
