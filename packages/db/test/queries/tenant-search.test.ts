/** The search of tenants: what it finds, compared with a search without an index, and how. */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listTenants, type TenantFilter } from '../../src/queries/tenants.ts';
import { type TestDatabase, testDatabase } from '../../src/testing.ts';
import { type Plan, plansOf, rowsRead } from '../plans.ts';

/** The newest ones are called Other, so that most searches go past them. */
const ROWS = 4_000;
const NAMES = [
  'Acme',
  'ACME 100% _Sure_',
  String.raw`back\slash "quoted" it's`,
  'Größe ÄÖÜ ΟΔΟΣ Σ',
  'İstanbul ıI',
  '東京タワー 🗼',
  "a'); drop table tenants; --",
  'x',
];

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  const { db } = database;
  await sql`
    insert into tenants (id, slug, name, status)
    select ('01890000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, 't-' || substr(md5(i::text), 1, 12),
      case
        when i <= ${NAMES.length * 20}::int then (${NAMES}::text[])[1 + i % ${NAMES.length}::int] || ' ' || i
        when i <= ${ROWS - 800}::int then 'Customer number ' || i
        else 'Other ' || i end, (case when i % 3 = 0 then 'trial' else 'active' end)::tenant_status
    from generate_series(1, ${ROWS}::int) as i`.execute(db);
  await sql`analyze tenants`.execute(db);
});
afterAll(() => database.close());

/** As the search was written before it had an index. */
async function plainly({ q = '', status }: TenantFilter, limit: number, after?: string): Promise<string[]> {
  const pattern = `%${q.replace(/[\\%_]/g, '\\$&')}%`;
  const { rows } = await sql<{ id: string }>`
    select id from tenants where (slug ilike ${pattern} or name ilike ${pattern})
      and status = coalesce(${status ?? null}::tenant_status, status) and id < coalesce(${after ?? null}::uuid, ${LAST})
    order by id desc limit ${limit + 1}::int`.execute(database.db);
  return rows.map(({ id }) => id);
}
const LAST = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

async function found(filter: TenantFilter, limit: number, after?: string): Promise<string[]> {
  const rows = await listTenants(database.db, filter, { limit, after: after === undefined ? undefined : [after] });
  return rows.map(({ id }) => id);
}

const asked = [
  ...['a', 'A', '%', '_', '\\', "'", '"', ' ', 'ß', 'Σ', 'ς', '東', '🗼', 'İ', 'ı', 'q', '-'],
  ...['ac', 'AC', '%_', '\\\\', '0%', 'ÄÖ', 'οσ', '京タ', 'is', 't-', 'zz'],
  ...['acm', '% _', 'k\\s', "it'", 'äöü', 'ΟΔΟ', 'タワー', 'İst', 'zzz'],
  ...[
    'Acme 10',
    '100% _sure_',
    '"QUOTED"',
    "'); DROP",
    'größe',
    'οδοσ',
    'ΟΔΟΣ',
    'istanbul',
    'other',
    'NUMBER 12',
    '🗼 6',
  ],
  ...['e x', 'slash "quoted" it\'s ', 'no such tenant', 'x'.repeat(200), 'customer number', 'umber 2999'],
];
test.each(asked)('%s is found as by a search without an index, on each page', async (q) => {
  expect(await found({ q }, 20)).toEqual(await plainly({ q }, 20));
  const all = await plainly({ q }, ROWS);
  const amid = all[Math.floor(all.length / 2)] ?? LAST;
  expect(await found({ q, status: 'trial' }, 3, amid)).toEqual(await plainly({ q, status: 'trial' }, 3, amid));
});

test('any part of a name or a slug finds its tenant', async () => {
  const rows = await listTenants(database.db, {}, { limit: ROWS });
  for (const { id, name, slug } of rows.filter((_, index) => index % 397 === 0)) {
    const text = id.charCodeAt(35) % 2 === 0 ? slug : name;
    const letters = [...text];
    const start = id.charCodeAt(34) % letters.length;
    const q = letters
      .slice(start, start + 1 + (id.charCodeAt(33) % 9))
      .join('')
      .toUpperCase();
    expect([q, await found({ q }, 10)]).toEqual([q, await plainly({ q }, 10)]);
    expect(await found({ q, id }, 10)).toEqual([id]);
  }
});

describe('the plan', () => {
  const planOf = (filter: TenantFilter, db = database.db) =>
    plansOf(db, (asked) => listTenants(asked, filter, { limit: 50 }));
  const run = (plans: readonly Plan[]) => plans.filter((plan) => plan['Actual Loops'] > 0);
  const indexes = (plans: readonly Plan[]) => new Set(run(plans).flatMap((plan) => plan['Index Name'] ?? []));
  const both = new Set(['tenants_pkey', 'tenants_search_idx']);

  test.each(['q', 'zz', 'zzz', 'no such tenant', 'acme', 'umber 2999'])(
    'few have "%s": the index has them',
    async (q) => {
      const plans = await planOf({ q });
      expect(indexes(plans)).toEqual(both);
      expect(plans.filter((plan) => plan['Node Type'] === 'Seq Scan')).toEqual([]);
      expect(rowsRead(run(plans))).toBeLessThan(600);
    },
  );

  test.each(['o', 'oth', 'other', 't-'])('many have "%s", the newest too: they are met at once', async (q) => {
    const plans = run(await planOf({ q }));
    expect(indexes(plans)).toEqual(new Set(['tenants_pkey']));
    expect(rowsRead(plans)).toBeLessThanOrEqual(100);
  });

  test('many have it, but not the newest: the index says so, and all are gone through', async () => {
    const plans = run(await planOf({ q: 'customer number' }));
    expect(indexes(plans)).toEqual(both);
    expect(plans.filter((plan) => plan['Node Type'] === 'Seq Scan')).toEqual([]);
    expect(plans.filter((plan) => plan['Node Type'] === 'Sort' && plan['Actual Rows'] > 51)).toEqual([]);
  });

  test('in the scope of a tenant, one row is read', async () => {
    const id = '01890000-0000-7000-8000-000000000007';
    const handle = database.forTenant({ tenant_id: id, project_id: null });
    for (const q of ['t-', 'no such tenant'])
      for (const filter of [{ q }, { q, id }]) expect(rowsRead(await planOf(filter, handle))).toBeLessThanOrEqual(1);
  });
});
