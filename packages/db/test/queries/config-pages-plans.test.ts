// engine: postgres
/** The indexes of pages of configurations, by the account of the planner: 20 projects of 300 keys, each written three times. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as configPages from '../../src/queries/config-pages.ts';
import { type TestDatabase, testDatabase } from '../../src/testing.ts';
import { type Plan, plansOf, rowsRead } from '../plans.ts';

const PROJECTS = 20;
const KEYS = 300;
const VERSIONS = 3;
const HEAD = KEYS * VERSIONS;
const LIMIT = 50;
const TENANT = '01890000-0000-7000-8000-000000000001';
const PROJECT = '01890000-0000-7000-8000-0000000000f7';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  const { db } = database;
  await sql`insert into tenants (id, slug, name, status) values (${TENANT}, 'acme', 'Acme', 'active')`.execute(db);
  await sql`
    insert into tenant_projects (id, tenant_id, slug, name)
    select case when i = 7 then ${PROJECT}::uuid else gen_random_uuid() end, ${TENANT}, 'p-' || i, 'P'
    from generate_series(1, ${PROJECTS}::int) as i`.execute(db);
  // Round after round, each key gets its next version at a revision of its own.
  await sql`
    insert into configs (project_id, key, tenant_id, version, revision, content, content_sha256, write_id, updated_by,
      created_at, updated_at)
    select p.id, 'k' || lpad(i::text, 4, '0'), ${TENANT}, ${VERSIONS}::int, (${VERSIONS - 1}::int) * ${KEYS}::int + i,
      jsonb_build_object('n', i, 'p', p.slug), repeat('a', 64), 'w', '{}', now(), now()
    from tenant_projects p, generate_series(1, ${KEYS}::int) as i`.execute(db);
  await sql`
    insert into config_revisions (tenant_id, project_id, config_key, version, revision, operation, content, content_sha256,
      write_id, author, since, created_at)
    select ${TENANT}, c.project_id, c.key, v, (v - 1) * ${KEYS}::int + (c.content->>'n')::int,
      case when v = 1 then 'create' else 'update' end, c.content, c.content_sha256, 'w', '{}', now(),
      timestamptz '2026-01-01' + ((v - 1) * ${KEYS}::int + (c.content->>'n')::int) * interval '1 second'
    from configs c, generate_series(1, ${VERSIONS}::int) as v`.execute(db);
  await sql`
    insert into config_heads (project_id, tenant_id, revision, keys, bytes)
    select id, ${TENANT}, ${HEAD}, ${KEYS}, 1000 from tenant_projects`.execute(db);
  for (const table of ['configs', 'config_revisions', 'config_heads', 'tenant_projects'])
    await sql`analyze ${sql.table(table)}`.execute(db);
}, 120_000);
afterAll(() => database.close());

const indexesOf = (plan: readonly Plan[]) => [...new Set(plan.flatMap((node) => node['Index Name'] ?? []))].sort();
const scanned = (plan: readonly Plan[]) =>
  plan.filter(
    (node) => node['Node Type'] === 'Seq Scan' && ['configs', 'config_revisions'].includes(node['Relation Name'] ?? ''),
  );
/** Rows of the two large tables. */
const read = (plan: readonly Plan[]) => rowsRead(plan.filter((node) => node['Relation Name'] !== 'config_heads'));
const loopsOf = (plan: readonly Plan[], index: string) =>
  plan
    .filter((node) => node['Index Name'] === index)
    .map((node) => (node as Plan & { 'Actual Loops': number })['Actual Loops']);

const page = { project_id: PROJECT, kind: 'postgres', prefix: '', content: true, limit: LIMIT, bytesMax: 1_000_000 };
const handles = (from = database) => [from.db, from.forTenant({ tenant_id: TENANT, project_id: PROJECT })];

// proves B24
test('a page of the current state reads its own rows, by the primary key, also in the scope of a project', async () => {
  for (const db of handles())
    for (const after of [undefined, 'k0200']) {
      const plan = await plansOf(db, (asked) => configPages.listConfigs(asked, { ...page, after }));
      expect(scanned(plan)).toEqual([]);
      expect(indexesOf(plan).filter((name) => name.startsWith('configs'))).toHaveLength(1);
      expect(indexesOf(plan).filter((name) => name.startsWith('config_revisions'))).toEqual([]);
      expect(read(plan)).toBeLessThanOrEqual(LIMIT + 1);
    }
});

// proves B24
test('a page of a state reads its own rows also before the planner knows the tables', async () => {
  const fresh = await testDatabase();
  try {
    const [keys, limit] = [3_000, 300];
    await sql`insert into tenants (id, slug, name, status) values (${TENANT}, 'acme', 'Acme', 'active')`.execute(
      fresh.db,
    );
    await sql`
      insert into tenant_projects (id, tenant_id, slug, name) values (${PROJECT}, ${TENANT}, 'p', 'P')`.execute(
      fresh.db,
    );
    await sql`
      insert into configs (project_id, key, tenant_id, version, revision, content, content_sha256, write_id, updated_by,
        created_at, updated_at)
      select ${PROJECT}, 'k' || lpad(i::text, 4, '0'), ${TENANT}, 1, i, '1', repeat('a', 64), 'w', '{}', now(), now()
      from generate_series(1, ${keys}::int) as i`.execute(fresh.db);
    for (const db of handles(fresh))
      for (const list of [configPages.listConfigs, configPages.listConfigTexts]) {
        const plan = await plansOf(db, (asked) => list(asked, { ...page, at: keys, limit, after: 'k0100' }));
        expect(read(plan), list.name).toBeLessThanOrEqual(limit + 1);
      }
  } finally {
    await fresh.close();
  }
});

// proves B24
test('a page of the past looks into the history once for each key that changed since, and reads no other key', async () => {
  for (const db of handles())
    for (const at of [HEAD, HEAD - 10, KEYS + 1]) {
      const request = { ...page, at, after: 'k0100' };
      const plan = await plansOf(db, (asked) => configPages.listConfigs(asked, request));
      expect(scanned(plan), `at ${at}`).toEqual([]);
      expect(read(plan), `at ${at}`).toBeLessThanOrEqual(LIMIT + 1);
      for (const loops of loopsOf(plan, 'config_revisions_project_id_config_key_revision_idx'))
        expect(loops, `at ${at}`).toBeLessThanOrEqual(LIMIT + 1);
      if (at === KEYS + 1) expect(indexesOf(plan)).toContain('config_revisions_project_id_config_key_revision_idx');
    }
});

test('a prefix is a range of the index', async () => {
  for (const at of [undefined, KEYS]) {
    const request = { ...page, prefix: 'k029', at };
    const plan = await plansOf(database.db, (asked) => configPages.listConfigs(asked, request));
    expect(scanned(plan)).toEqual([]);
    expect(read(plan)).toBeLessThanOrEqual(10);
    expect((await configPages.listConfigs(database.db, request)).rows).toHaveLength(10);
  }
});

test('a difference looks at keys that changed since the earlier state alone', async () => {
  const request = { ...page, from: HEAD - 20, to: HEAD - 5, contentBytesMax: 1_000 };
  for (const db of handles()) {
    const plan = await plansOf(db, (asked) => configPages.listConfigDifferences(asked, request));
    expect(scanned(plan)).toEqual([]);
    expect(read(plan)).toBeLessThanOrEqual(KEYS);
  }
  const { rows } = await configPages.listConfigDifferences(database.db, request);
  expect(rows.map(({ key }) => key)).toEqual(Array.from({ length: 15 }, (_, index) => `k0${281 + index}`));
});

test('a time is found by bisection of the revisions', async () => {
  const request = { project_id: PROJECT, kind: 'postgres', at: '2026-01-01T00:10:00.500Z' };
  const plan = await plansOf(database.db, (asked) => configPages.findConfigMoment(asked, request));
  expect(scanned(plan)).toEqual([]);
  expect(indexesOf(plan)).toContain('config_revisions_project_id_revision_config_key_key');
  expect(read(plan)).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(HEAD)));
  expect(await configPages.findConfigMoment(database.db, request)).toMatchObject({ revision: 600, head: HEAD });
});

// proves B25
test('who sees all tenants finds content by its index, and the list of a tenant is read in its order', async () => {
  const search = { ...page, tenant_id: TENANT, project_id: undefined, contains: '{"n":77,"p":"p-9"}' };
  const found = await plansOf(database.db, (asked) =>
    configPages.listTenantConfigs(asked, { ...search, after: undefined }),
  );
  expect(indexesOf(found)).toContain('configs_content_idx');
  const listing = { ...page, tenant_id: TENANT, project_id: undefined, after: { project_id: PROJECT, key: 'k0100' } };
  const plan = await plansOf(database.db, (asked) => configPages.listTenantConfigs(asked, listing));
  expect(scanned(plan)).toEqual([]);
  expect(read(plan)).toBeLessThanOrEqual(LIMIT + 1);
});
