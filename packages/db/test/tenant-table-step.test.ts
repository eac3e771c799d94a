import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { isolateTenantTable } from '../migrations/steps/tenant-table.v1.ts';
import type { Db } from '../src/handles.ts';
import { testDatabase } from '../src/testing.ts';
import { closedAfterTest, packageFolder } from './support.ts';

test('the step is frozen: migrations run it, so another form is a new version beside it', () => {
  const text = readFileSync(join(packageFolder, 'migrations/steps/tenant-table.v1.ts'), 'utf8').replaceAll(
    '\r\n',
    '\n',
  );
  expect(createHash('sha256').update(text).digest('hex')).toBe(
    '24de8fefabfdc13c76c78736654ca5e10f80ce8726e9efb8c8c523eafd765875',
  );
});

/** Resolves to the security, the policies and the grants of the table, without its name. */
async function isolationOf(db: Db, table: string): Promise<unknown> {
  const { rows } = await sql<{ isolation: unknown }>`
    select jsonb_build_object(
      'security', (select jsonb_build_array(relrowsecurity, relforcerowsecurity) from pg_class where oid = ${table}::regclass),
      'policies', (
        select jsonb_agg(to_jsonb(p) - 'tablename' order by policyname) from pg_policies as p where tablename = ${table}
      ),
      'grants', (
        select jsonb_agg(array[privilege_type, is_grantable::text] order by privilege_type)
        from pg_class, aclexplode(relacl)
        where pg_class.oid = ${table}::regclass and grantee = 'tenant_registry_tenant'::regrole
      ),
      'columns', (
        select jsonb_agg(array[attname::text, privilege_type] order by attname)
        from pg_attribute, aclexplode(attacl) where attrelid = ${table}::regclass
      )
    ) as isolation`.execute(db);
  return rows[0]?.isolation;
}

// proves A65
test('a table that the step isolates is isolated as 0009 isolates one of its own form', async () => {
  const { db } = await closedAfterTest(testDatabase());
  const columns = sql`id uuid primary key, tenant_id uuid not null, project_id uuid`;
  for (const table of ['of_tenant', 'of_project', 'of_project_itself', 'closed']) {
    await sql`create table ${sql.table(table)} (${columns}, revoked_at date, expires_at date)`.execute(db);
  }
  const all = 'select, insert, update';
  await isolateTenantTable(db, { table: 'of_tenant', grants: all });
  expect(await isolationOf(db, 'of_tenant')).toEqual(await isolationOf(db, 'tenant_products'));
  await isolateTenantTable(db, { table: 'of_project_itself', grants: all, projectColumn: 'id' });
  expect(await isolationOf(db, 'of_project_itself')).toEqual(await isolationOf(db, 'tenant_projects'));
  const some = 'select, insert, update (revoked_at, expires_at)';
  await isolateTenantTable(db, { table: 'of_project', grants: some, projectColumn: 'project_id' });
  expect(await isolationOf(db, 'of_project')).toEqual(await isolationOf(db, 'api_keys'));

  await isolateTenantTable(db, { table: 'closed', grants: null });
  const closed = { ...Object(await isolationOf(db, 'tenant_products')), grants: null };
  expect(await isolationOf(db, 'closed')).toEqual(closed);
});
