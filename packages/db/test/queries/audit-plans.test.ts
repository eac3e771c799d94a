// engine: postgres
/** The index of each filter of the audit log, by the account of the planner. */
import { type KyselyPlugin, sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Db } from '../../src/handles.ts';
import * as audit from '../../src/queries/audit.ts';
import { listMissingTenants } from '../../src/queries/config-relay.ts';
import * as retraced from '../../src/queries/retraced.ts';
import { type TestDatabase, testDatabase } from '../../src/testing.ts';
import { plansOf, rowsRead } from '../plans.ts';

const ROWS = 40_000;
const TENANT = '01890000-0000-7000-8000-000000000001';
/** It has a tenth of all rows, all of them old. */
const GONE = '01890000-0000-7000-8000-000000000002';

/** It is the one whose rows have names and descriptions. */
const WORDY = '01890000-0000-7000-8000-000000000003';
const WORDY_ROWS = 25_000;

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  const { db } = database;
  await sql`insert into tenants (id, slug, name, status) values
    (${TENANT}, 'acme', 'Acme', 'active'), (${GONE}, 'gone', 'Gone', 'archived'),
    (${WORDY}, 'wordy', 'Wordy', 'active')`.execute(db);
  // Twenty rows a millisecond, so that the order of the ids matters too.
  await sql`
    insert into audit_log (tenant_id, product, actor_type, actor_id, action, target_type, target_id, origin, created_at)
    select case when i <= ${ROWS / 10}::int then ${GONE}::uuid when i % 4 = 0 then ${TENANT}::uuid end, 'p-' || i % 8, 'user', 'u-' || i % 500,
      'noun' || i % 10 || '.verb' || i % 7, 'report', 'r-' || i % 2000,
      case when i % 400 = 0 then 'registry' else 'reported' end,
      timestamptz '2026-01-01' + (i / 20) * interval '1 millisecond'
    from generate_series(1, ${ROWS}::int) as i`.execute(db);
  // Of tenants that were deleted; one row in three thousand of the others has rare words.
  await sql`
    insert into audit_log (tenant_slug, actor_type, actor_id, action, description, origin, created_at)
    select case when i % 10 = 0 then 'old' else 'older' end, 'user', 'u-' || i, 'report.exported', 'An export.', 'reported',
      timestamptz '2026-01-01' + (i / 2) * interval '1 millisecond'
    from generate_series(1, ${ROWS / 10}::int) as i`.execute(db);
  await sql`
    insert into audit_log (tenant_id, actor_type, actor_id, actor_name, action, target_name, description, origin, created_at)
    select ${WORDY}::uuid, 'user', 'u', 'Jane Doe', 'report.exported', case when i % 3000 = 500 then '100%_Sure' end,
      case when i = 1 then 'Oldest of all' else 'Of ' || i end, 'reported',
      timestamptz '2026-01-01' + (i / 20) * interval '1 millisecond'
    from generate_series(1, ${WORDY_ROWS}::int) as i`.execute(db);
  await sql`analyze audit_log`.execute(db);
});
afterAll(() => database.close());

const planOf = (db: Db, filter: audit.AuditFilter, after: readonly string[] | undefined) =>
  plansOf(db, (asked) => audit.listAuditEvents(asked, filter, { limit: 50, after, bytesMax: 1_048_576 }));

const amid = ['2026-01-01T00:00:01.500Z', '80000000-0000-4000-8000-000000000000'];

// proves A51
test.each<[string, audit.AuditFilter, string]>([
  ['nothing', {}, 'audit_log_newest_idx'],
  ['a tenant', { tenant_id: TENANT }, 'audit_log_tenant_id_created_at_id_idx'],
  ['a tenant that left long ago', { tenant_id: GONE }, 'audit_log_tenant_id_created_at_id_idx'],
  [
    'the rare origin in a tenant',
    { tenant_id: TENANT, origin: 'registry' },
    'audit_log_tenant_id_origin_created_at_id_idx',
  ],
  ['a product', { product: 'p-3' }, 'audit_log_product_created_at_idx'],
  ['an actor', { actor_id: 'u-7' }, 'audit_log_actor_id_created_at_idx'],
  ['an action', { action: 'noun3.verb3' }, 'audit_log_action_created_at_id_idx'],
  ['the beginning of an action', { action: 'noun3.*' }, 'audit_log_action_part_created_at_id_idx'],
  ['a target', { target_id: 'r-7' }, 'audit_log_target_id_created_at_id_idx'],
  ['a slug of tenants that are gone', { deleted_tenant_slug: 'old' }, 'audit_log_tenant_slug_created_at_id_idx'],
  [
    'a slug of tenants that are gone, and words',
    { deleted_tenant_slug: 'old', q: 'export' },
    'audit_log_tenant_slug_created_at_id_idx',
  ],
  ['words that many rows of a tenant have', { tenant_id: WORDY, q: 'JANE' }, 'audit_log_tenant_id_created_at_id_idx'],
  ['a time', { since: '2026-01-01T00:00:01Z', until: '2026-01-01T00:00:01.8Z' }, 'audit_log_newest_idx'],
])(
  'filtered by %s, the first page and a late one are read from its index, and little else is',
  async (_, filter, index) => {
    for (const after of [undefined, amid]) {
      const plan = await planOf(database.db, filter, after);
      expect([...new Set(plan.flatMap((node) => node['Index Name'] ?? []))]).toEqual([index]);
      expect(plan.filter((node) => node['Node Type'] === 'Seq Scan')).toEqual([]);
      expect(rowsRead(plan)).toBeLessThan(ROWS / 40);
    }
  },
);

test.each([TENANT, GONE])('in the scope of tenant %s the policy changes no plan', async (tenant_id) => {
  const scoped = database.forTenant({ tenant_id, project_id: null });
  for (const after of [undefined, amid]) {
    const plan = await planOf(scoped, { tenant_id }, after);
    expect(plan.flatMap((node) => node['Index Name'] ?? [])).toEqual(['audit_log_tenant_id_created_at_id_idx']);
    expect(rowsRead(plan)).toBeLessThan(ROWS / 40);
  }
});

test('a search looks at ten thousand rows a page and no further, and its pages find all', async () => {
  const lookFor = (q: string, after: readonly string[] | undefined) =>
    audit.listAuditEvents(database.db, { tenant_id: WORDY, q }, { limit: 50, after, bytesMax: 1_048_576 });
  const plan = await plansOf(database.db, (asked) =>
    audit.listAuditEvents(
      asked,
      { tenant_id: WORDY, q: 'nowhere' },
      { limit: 50, after: undefined, bytesMax: 1_048_576 },
    ),
  );
  expect(rowsRead(plan)).toBe(10_000);
  expect(new Set(plan.flatMap((node) => node['Index Name'] ?? []))).toEqual(
    new Set(['audit_log_tenant_id_created_at_id_idx']),
  );
  /** The numbers of rows of the pages, to the end. */
  const pages = async (q: string) => {
    const found: number[] = [];
    let after: readonly string[] | undefined;
    for (;;) {
      const { rows, more, lookedTo } = await lookFor(q, after);
      found.push(rows.length);
      const last = rows.at(-1);
      if (!more) return found;
      after = lookedTo ?? [last?.created_at ?? '', last?.id ?? ''];
    }
  };
  expect(await pages('%_s')).toEqual([4, 3, 2]);
  expect(await pages('oldest')).toEqual([0, 0, 1]);
  expect(await pages('no such words')).toEqual([0, 0, 0]);
  expect((await pages('jane')).length).toBe(WORDY_ROWS / 50);
});

test('whether a tenant was deleted is found by its id, and a report of it is no proof', async () => {
  const [reported, deleted] = ['01890000-0000-7000-8000-00000000000a', '01890000-0000-7000-8000-00000000000b'];
  await sql`insert into audit_log (actor_type, actor_id, action, target_type, target_id, origin, reported_by) values
    ('user', 'u', 'tenant.deleted', 'tenant', ${reported}, 'reported', 'internal_token'),
    ('operator', 'o', 'tenant.deleted', 'tenant', ${deleted}, 'registry', null)`.execute(database.db);
  const asked = [reported, deleted, TENANT];
  const found = await listMissingTenants(database.db, asked);
  expect(found.sort((one, other) => (one.tenant_id < other.tenant_id ? -1 : 1))).toEqual([
    { tenant_id: reported, deleted: false },
    { tenant_id: deleted, deleted: true },
  ]);
  const plan = await plansOf(database.db, (db) => listMissingTenants(db, asked));
  expect(plan.filter((node) => node['Node Type'] === 'Seq Scan' && node['Relation Name'] === 'audit_log')).toEqual([]);
});

const NOTHING: retraced.RetracedSearch = {
  actions: [],
  cruds: [],
  actor_ids: [],
  actor_names: [],
  target_ids: [],
  external_ids: [],
  descriptions: [],
  locations: [],
  words: ['absent'],
};

// proves A30
test.each<[string, Partial<retraced.RetracedScope>, Partial<retraced.RetracedSearch>, string]>([
  ['a product of all tenants', {}, {}, 'audit_log_product_created_at_idx'],
  ['a tenant', { tenant_id: TENANT }, {}, 'audit_log_tenant_id_created_at_id_idx'],
  ['an actor', { tenant_id: TENANT }, { actor_ids: ['u-7'] }, 'audit_log_actor_id_created_at_idx'],
  ['a target', { tenant_id: TENANT }, { target_ids: ['r-8'] }, 'audit_log_target_id_created_at_id_idx'],
])(
  'a search of Retraced in %s looks at no more rows than it may, whatever it looks for',
  async (_, scope, search, index) => {
    const asked = { scope: { product: 'p-4', tenant_id: undefined, project_id: null, target_id: null, ...scope } };
    for (const after of [undefined, [amid[0] ?? '', amid[1] ?? ''] as const]) {
      const page = { limit: 20, after, bytesMax: 1_048_576, rowsMax: 200 };
      const plan = await plansOf(database.db, (db) =>
        retraced.listRetracedEvents(db, { ...asked, search: { ...NOTHING, ...search } }, page),
      );
      const names = plan.flatMap((node) => node['Index Name'] ?? []);
      expect(names.filter((name) => name !== 'audit_log_pkey')).toEqual([index]);
      expect(plan.filter((node) => node['Node Type'] === 'Seq Scan')).toEqual([]);
      expect(rowsRead(plan)).toBeLessThan(ROWS / 40);
    }
  },
);

test('the text of a row is made once, however many words are looked for in it', async () => {
  const { db } = database;
  const texts: string[] = [];
  const listening: KyselyPlugin = {
    transformQuery({ node, queryId }) {
      texts.push(db.getExecutor().compileQuery(node, queryId).sql);
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  const scope = { product: 'p-4', tenant_id: TENANT, project_id: null, target_id: null };
  const search = { ...NOTHING, words: Array(50).fill('u-'), descriptions: Array(50).fill('x') };
  const page = { limit: 20, after: undefined, bytesMax: 1_048_576, rowsMax: 200 };
  await retraced.listRetracedEvents(db.withPlugin(listening), { scope, search }, page);
  const timesIn = (part: string) => (texts[0] ?? '').split(part).length - 1;
  expect([timesIn('concat_ws('), timesIn('lower(description)')]).toEqual([1, 1]);
});
