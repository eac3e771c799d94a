// engine: postgres
/** The index of the look for a write, by the account of the planner: a key with 10^5 versions of the last day, and others. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as configRelay from '../../src/queries/config-relay.ts';
import { type TestDatabase, testDatabase } from '../../src/testing.ts';
import { plansOf, rowsRead } from '../plans.ts';

const VERSIONS = 100_000;
const TENANT = '01890000-0000-7000-8000-000000000001';
const PROJECT = '01890000-0000-7000-8000-0000000000f7';
const INDEX = 'config_revisions_project_id_config_key_write_id_version_idx';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  const { db } = database;
  await sql`insert into tenants (id, slug, name, status) values (${TENANT}, 'acme', 'Acme', 'active')`.execute(db);
  await sql`
    insert into tenant_projects (id, tenant_id, slug, name) values (${PROJECT}, ${TENANT}, 'p', 'P')`.execute(db);
  await sql`
    insert into configs (project_id, key, tenant_id, version, revision, content, content_sha256, write_id, updated_by,
      created_at, updated_at)
    select ${PROJECT}, 'k' || k, ${TENANT}, 1, k, '1', repeat('a', 64), 'w', '{}', now(), now()
    from generate_series(1, 5) as k`.execute(db);
  await sql`
    insert into config_revisions (tenant_id, project_id, config_key, version, revision, operation, content, content_sha256,
      write_id, author, since, created_at)
    select ${TENANT}, ${PROJECT}, 'k' || k, v, v * 5 + k, 'update', '1', repeat('a', 64), 'write-' || v, '{}', now(),
      now() - (${VERSIONS}::int - v) * interval '0.5 second'
    from generate_series(1, 5) as k, generate_series(1, case when k = 1 then ${VERSIONS}::int else 1000 end) as v`.execute(
    db,
  );
  await sql`analyze config_revisions`.execute(db);
}, 120_000);
afterAll(() => database.close());

// proves B22
test('the version that a write made is one row of its index, the first, the last, and none, also as the tenant', async () => {
  const since = new Date(Date.now() - 24 * 3_600_000).toISOString();
  const named = (write_id: string) => ({ project_id: PROJECT, key: 'k1', write_id, since });
  for (const db of [database.db, database.forTenant({ tenant_id: TENANT, project_id: PROJECT })])
    for (const [write_id, version] of [
      ['write-1', 1],
      [`write-${VERSIONS}`, VERSIONS],
      ['another', undefined],
    ] as const) {
      const plan = await plansOf(db, (asked) => configRelay.findConfigWritten(asked, named(write_id)));
      expect(plan.flatMap((node) => node['Index Name'] ?? [])).toEqual([INDEX]);
      expect(rowsRead(plan)).toBeLessThanOrEqual(1);
      expect((await configRelay.findConfigWritten(db, named(write_id)))?.version).toBe(version);
    }
});
