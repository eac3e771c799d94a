// engine: postgres
/** The indexes of the statements of watchers, by the account of the planner, over 10^5 revisions of a thousand projects. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as configTail from '../../src/queries/config-tail.ts';
import { type TestDatabase, testDatabase } from '../../src/testing.ts';
import { type Plan, plansOf, rowsRead } from '../plans.ts';

const TENANT = '01890000-0000-7000-8000-000000000001';
const PROJECTS = 1_000;
/** The first project has so many more than the others. */
const MANY = 20_000;
const idOf = (index: number) => `01890000-0000-7000-8000-1${String(index).padStart(11, '0')}`;

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  const { db } = database;
  const project = sql`('01890000-0000-7000-8000-1' || lpad(p::text, 11, '0'))::uuid`;
  const revisions = sql`generate_series(1, case when p = 0 then ${MANY}::int else 80 end)`;
  await sql`insert into tenants (id, slug, name, status) values (${TENANT}, 'acme', 'Acme', 'active')`.execute(db);
  await sql`
    insert into tenant_projects (id, tenant_id, slug, name)
    select ${project}, ${TENANT}, 'project-' || p, 'Project' from generate_series(0, ${PROJECTS - 1}::int) as p`.execute(
    db,
  );
  await sql`
    insert into configs (
      project_id, key, tenant_id, version, revision, content, content_sha256, write_id, updated_by, created_at, updated_at
    )
    select ${project}, 'k', ${TENANT}, 1, 1, '1', repeat('0', 64), 'w', '{}', now(), now()
    from generate_series(0, ${PROJECTS - 1}::int) as p`.execute(db);
  await sql`
    insert into config_revisions (
      tenant_id, project_id, config_key, version, revision, operation, content, content_sha256, write_id, author, since, created_at
    )
    select ${TENANT}, ${project}, 'k', n, n, 'update', '{"a": 1}', repeat('0', 64), 'w', '{}', now(), now()
    from generate_series(0, ${PROJECTS - 1}::int) as p, ${revisions} as n`.execute(db);
  await sql`
    insert into config_heads (project_id, tenant_id, revision, keys, bytes)
    select ${project}, ${TENANT}, case when p = 0 then ${MANY}::int else 80 end, 1, 8
    from generate_series(0, ${PROJECTS - 1}::int) as p`.execute(db);
  for (const table of ['config_revisions', 'config_heads']) await sql`analyze ${sql.table(table)}`.execute(db);
}, 120_000);
afterAll(() => database.close());

const scanned = (plan: readonly Plan[]) =>
  plan.filter((node) => node['Node Type'] === 'Seq Scan').map((node) => node['Relation Name']);

const range = { tenant_id: TENANT, project_id: idOf(0), bytesMax: 65_536, contentBytesMax: 65_536 };

test('a page of revisions reads its own rows, at the beginning and at the end, also as the tenant', async () => {
  const handles = [database.db, database.forTenant({ tenant_id: TENANT, project_id: idOf(0) })];
  for (const db of handles) {
    for (const after of [0, MANY / 2, MANY - 1, MANY]) {
      const plan = await plansOf(db, (asked) => configTail.listConfigRevisions(asked, { ...range, after }));
      expect(scanned(plan)).toEqual([]);
      expect(rowsRead(plan)).toBeLessThanOrEqual(121);
    }
  }
});

test('the heads of some projects are read without those of the others', async () => {
  const projects = Array.from({ length: 20 }, (_, index) => idOf(index * 7));
  const plan = await plansOf(database.db, (asked) => configTail.listConfigHeads(asked, projects));
  expect(scanned(plan)).toEqual([]);
  expect(rowsRead(plan)).toBeLessThanOrEqual(20);
  const heads = await configTail.listConfigHeads(database.db, [...projects, idOf(PROJECTS)]);
  expect(heads.map(({ project_id }) => project_id).sort()).toEqual([...projects, idOf(PROJECTS)].sort());
  expect(heads.find(({ project_id }) => project_id === idOf(PROJECTS))?.revision).toBe(0);
  expect(new Set(heads.map(({ epoch }) => epoch)).size).toBe(1);
});

// proves B22
test('pages follow each other without a gap, and only the last one has no more', async () => {
  const revisions: number[] = [];
  for (let more = true; more; ) {
    const page = await configTail.listConfigRevisions(database.db, { ...range, after: revisions.at(-1) ?? 0 });
    revisions.push(...page.rows.map(({ revision }) => revision));
    more = page.more;
  }
  expect(revisions).toEqual(Array.from({ length: MANY }, (_, index) => index + 1));
  const bounded = await configTail.listConfigRevisions(database.db, { ...range, after: 10, until: 12 });
  expect([bounded.rows.map(({ revision }) => revision), bounded.more]).toEqual([[11, 12], false]);
});
