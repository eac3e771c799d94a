/** Statements about one configuration: what they find, what they hold, and the indexes that they use. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as configHistory from '../../src/queries/config-history.ts';
import * as configs from '../../src/queries/configs.ts';
import { type TestDatabase, testDatabase } from '../../src/testing.ts';
import { type Plan, plansOf, rowsRead } from '../plans.ts';

const TENANT = '01890000-0000-7000-8000-000000000001';
const OTHER = '01890000-0000-7000-8000-000000000002';
const PROJECTS = 2_000;
/** Versions of the key `many` of the first project; every other key has one. */
const MANY = 20_000;
const projectAt = (index: number) => `01890000-0000-7000-8000-1${String(index).padStart(11, '0')}`;
const PROJECT = projectAt(0);

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  const { db } = database;
  const project = sql`('01890000-0000-7000-8000-1' || lpad(p::text, 11, '0'))::uuid`;
  await sql`insert into tenants (id, slug, name, status) values
    (${TENANT}, 'acme', 'Acme', 'active'), (${OTHER}, 'other', 'Other', 'active')`.execute(db);
  await sql`
    insert into tenant_projects (id, tenant_id, slug, name)
    select ${project}, ${TENANT}, 'project-' || p, 'Project' from generate_series(0, ${PROJECTS - 1}::int) as p`.execute(
    db,
  );
  const value = sql`'{"a": 1}', repeat('0', 64), 'w', '{"type": "system", "id": "i", "name": "n"}', now()`;
  await sql`
    insert into configs (
      project_id, key, tenant_id, version, revision, content, content_sha256, write_id, updated_by, created_at, updated_at
    )
    select ${project}, key, ${TENANT}, 1, 1, ${value}, now()
    from generate_series(0, ${PROJECTS - 1}::int) as p,
      (select 'k' || n as key from generate_series(1, 9) as n union all select 'many') as keys`.execute(db);
  await sql`
    insert into config_revisions (
      tenant_id, project_id, config_key, version, revision, operation, content, content_sha256, write_id, author, since, created_at
    )
    select ${TENANT}, ${project}, key, n, n * 100 + length(key), 'update', ${value}, now()
    from generate_series(0, ${PROJECTS - 1}::int) as p,
      (values ('k1'), ('many')) as keys (key), generate_series(1, case when p = 0 and key = 'many' then ${MANY}::int else 1 end) as n`.execute(
    db,
  );
  for (const table of ['configs', 'config_revisions', 'tenant_projects', 'tenants'])
    await sql`analyze ${sql.table(table)}`.execute(db);
}, 120_000);
afterAll(() => database.close());

const scanned = (plan: readonly Plan[]) =>
  plan.flatMap((node) => (node['Node Type'] === 'Seq Scan' ? (node['Relation Name'] ?? []) : []));
const indexes = (plan: readonly Plan[]) => plan.flatMap((node) => node['Index Name'] ?? []);
const handles = () => [database.db, database.forTenant({ tenant_id: TENANT, project_id: PROJECT })];

describe('keys', () => {
  const asked = [
    { project_id: PROJECT, key: 'k7' },
    { project_id: PROJECT, key: 'absent' },
    { project_id: projectAt(1), key: 'k1' },
  ];

  test('are found by their index alone, also as the tenant', async () => {
    for (const db of handles()) {
      const plan = await plansOf(db, (planned) => configs.findConfigs(planned, asked));
      expect(indexes(plan)).toContain('configs_pkey');
      expect(scanned(plan)).toEqual([]);
      expect(rowsRead(plan.filter((node) => node['Relation Name'] === 'configs'))).toBeLessThanOrEqual(2);
    }
  });

  test('come in the order in which they were asked for, each as often as it was', async () => {
    const found = await configs.findConfigs(database.db, [...asked, ...asked.slice(0, 1)]);
    expect(found.map(({ config }) => config && [config.project_id, config.key])).toEqual([
      [PROJECT, 'k7'],
      undefined,
      [projectAt(1), 'k1'],
      [PROJECT, 'k7'],
    ]);
    expect(new Set(found.map(({ epoch }) => epoch)).size).toBe(1);
  });

  // proves B8
  test('are not found by another tenant, nor from another project', async () => {
    for (const scope of [
      { tenant_id: OTHER, project_id: null },
      { tenant_id: TENANT, project_id: projectAt(1) },
    ]) {
      const db = database.forTenant(scope);
      const [found] = await configs.findConfigs(db, asked);
      expect(found).toMatchObject({ epoch: expect.any(String), config: undefined });
      if (scope.tenant_id === OTHER) expect(await configs.findConfigProject(db, PROJECT)).toBeUndefined();
    }
  });
});

describe('a write', () => {
  const place = { tenant_id: TENANT, project_id: PROJECT };
  const writes = [{ ...place, values: [], new_schema_ids: [], keys: 0, bytes: 0, write_id: 'w', author: {} }].map(
    (write) => ({ ...write, author_user_id: null, at: new Date().toISOString() }),
  );
  class Undone extends Error {}
  /** Returns what becomes of it, and undoes it. */
  async function outcomes(more: Partial<configs.ConfigWrite> = {}) {
    let found: readonly configs.WrittenConfigs[] = [];
    const work = database.db.transaction().execute(async (tx) => {
      const asked = writes.map((write) => ({ ...write, ...more }));
      found = await configs.insertOrUpdateConfigs(tx, { writes: asked, entries: [], wait: true });
      throw new Undone();
    });
    await work.catch((error: unknown) => {
      if (!(error instanceof Undone)) throw error;
    });
    return found;
  }

  test('tells the status of its project and tenant; a project of another tenant is not there', async () => {
    expect(await configs.findConfigProject(database.db, PROJECT)).toMatchObject({ ...place, tenant_status: 'active' });
    expect(await outcomes()).toMatchObject([{ tenant_status: 'active', project_status: 'active', revision: 1 }]);
    for (const other of [{ tenant_id: OTHER }, { project_id: randomUUID() }])
      expect(await outcomes(other)).toMatchObject([{ tenant_status: null, project_status: null, revision: 0 }]);
  });

  test('is not made with a schema that is not there', async () => {
    const pinned = await outcomes({ new_schema_ids: [randomUUID()] });
    expect(pinned).toMatchObject([{ schema_ids: [], tenant_status: 'active', revision: 0 }]);
  });

  test('holds its tenant and its project, which it finds by their indexes', async () => {
    const plan = await plansOf(database.db, (asked) =>
      configs.insertOrUpdateConfigs(asked as never, { writes, entries: [], wait: true }),
    );
    expect(plan.filter((node) => node['Node Type'] === 'LockRows')).toHaveLength(3);
    expect(scanned(plan).filter((table) => !['tenants', 'config_schemas'].includes(table))).toEqual([]);
  });
});

describe('the history of a key', () => {
  const key = { project_id: PROJECT, key: 'many' };
  const page = (after?: number) => ({
    limit: 50,
    bytesMax: 1_048_576,
    after: after === undefined ? undefined : [`${after}`],
  });

  // proves B24
  test.each([true, false])('reads the rows of a page alone, first and late, with contents: %s', async (content) => {
    for (const db of handles()) {
      for (const after of [undefined, MANY / 2, 10]) {
        const plan = await plansOf(db, (asked) =>
          configHistory.listConfigVersions(asked, { ...key, content }, page(after)),
        );
        expect(indexes(plan)).toEqual(['config_revisions_project_id_config_key_version_key']);
        expect(scanned(plan)).toEqual([]);
        expect(rowsRead(plan)).toBeLessThanOrEqual(51);
      }
    }
  });

  test('finds one version by its index, however many there are', async () => {
    for (const db of handles()) {
      const plan = await plansOf(db, (asked) => configHistory.findConfigVersion(asked, { ...key, version: 7 }));
      expect(indexes(plan)).toEqual(['config_revisions_project_id_config_key_version_key']);
      expect(rowsRead(plan)).toBeLessThanOrEqual(1);
    }
  });

  // proves B12
  test('has each version once, newest first, and tells whether there are more', async () => {
    const first = await configHistory.listConfigVersions(database.db, { ...key, content: true }, page());
    expect(first.more).toBe(true);
    expect(first.rows.map(({ version }) => version)).toEqual(Array.from({ length: 50 }, (_, index) => MANY - index));
    expect(first.rows[0]).toMatchObject({ key: 'many', project_id: PROJECT, tenant_id: TENANT, content: { a: 1 } });
    const last = await configHistory.listConfigVersions(database.db, { ...key, content: false }, page(3));
    expect([last.rows.map(({ version, content }) => [version, content]), last.more]).toEqual([
      [
        [2, null],
        [1, null],
      ],
      false,
    ]);
    const few = await configHistory.listConfigVersions(
      database.db,
      { ...key, content: true },
      { ...page(), bytesMax: 1_500 },
    );
    expect([few.rows.length, few.more]).toEqual([2, true]);
  });
});
