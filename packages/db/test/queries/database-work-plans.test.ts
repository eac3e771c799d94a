// engine: postgres
/** The plans of the statements of the reconciler, by the account of the planner, over 10^4 databases. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Db, Tx } from '../../src/handles.ts';
import * as databaseWork from '../../src/queries/database-work.ts';
import { type TestDatabase, testDatabase } from '../../src/testing.ts';
import { type Plan, plansOf, plansRolledBack, rowsRead } from '../plans.ts';
import { closedAfterTest } from '../support.ts';

const ROWS = 10_000;
const TENANT = '01890000-0000-7000-8000-000000000001';
const GROUP = '01890000-0000-7000-8000-000000000002';
const INDEX = 'database_work_provisioner_next_reconcile_at_idx';
const now = new Date('2026-06-01T00:00:00.000Z');

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  await fill(database.db);
}, 120_000);
afterAll(() => database.close());

/** Of each of three provisioners, every tenth database is due, every fifth waits for a person, and the others are due later. */
async function fill(db: Db): Promise<void> {
  await sql`insert into tenants (id, slug, name, status) values (${TENANT}, 'acme', 'Acme', 'active')`.execute(db);
  await sql`
    insert into groups (id, tenant_id, slug, display_name) values (${GROUP}, ${TENANT}, 'team', 'Team')`.execute(db);
  await sql`
    insert into databases
      (tenant_id, name, owner_team, owner_group_id, tier, provisioner, cluster_name, pooler_name, spec)
    select ${TENANT}, 'db-' || i, 'team', ${GROUP}, 'small', 'p' || i % 3, 'db-' || i, 'db-' || i || '-pooler', '{}'
    from generate_series(1, ${ROWS}::int) as i`.execute(db);
  await sql`
    insert into database_work (database_id, tenant_id, provisioner, next_reconcile_at)
    select id, tenant_id, provisioner, case
      when n % 10 = 1 then ${now}::timestamptz - n * interval '1 second'
      when n % 5 > 0 then ${now}::timestamptz + n * interval '1 second'
    end
    from (select *, row_number() over (partition by provisioner order by name) as n from databases) as d`.execute(db);
  for (const table of ['databases', 'database_work']) await sql`analyze ${sql.table(table)}`.execute(db);
}

const scanned = (plan: readonly Plan[]) =>
  plan.flatMap((node) =>
    node['Node Type'] === 'Seq Scan' && /^database/.test(node['Relation Name'] ?? '') ? node['Relation Name'] : [],
  );
const indexesOf = (plan: readonly Plan[]) => [...new Set(plan.flatMap((node) => node['Index Name'] ?? []))];

const planIn = (work: (tx: Tx) => Promise<unknown>) => plansRolledBack(database.db, work);

/** As many as databases that are looked at. */
const LOOKED_AT = 200;
/** There is one tenant, which may have every place. */
const alone = { tenantMax: 100, taken: new Map<string, number>() };

test('a claim finds the oldest that are due by the index, and reads nothing else', async () => {
  const claim = { provisioner: 'p1', now, limit: 4, leaseMs: 60_000, ...alone };
  const plan = await planIn((tx) => databaseWork.claimDatabaseWork(tx, claim));
  expect(scanned(plan)).toEqual([]);
  expect(indexesOf(plan)).toContain(INDEX);
  // What is looked at for the share of each tenant, and the index still has what the first run wrote.
  expect(rowsRead(plan)).toBeLessThanOrEqual(2 * LOOKED_AT);
});

test('the provisioners that have something due are found by a probe each', async () => {
  const plan = await plansOf(database.db, (db) => databaseWork.listDueProvisioners(db, now));
  expect(scanned(plan)).toEqual([]);
  expect(indexesOf(plan)).toEqual([INDEX]);
  expect(rowsRead(plan)).toBeLessThanOrEqual(4);
  expect(await databaseWork.listDueProvisioners(database.db, now)).toEqual(['p0', 'p1', 'p2']);
  expect(await databaseWork.listDueProvisioners(database.db, new Date(0))).toEqual([]);
});

test('databases that a watch tells of are found by their ids; those that wait for a person stay as they are', async () => {
  const rows = await database.db.selectFrom('database_work').select(['database_id', 'next_reconcile_at']).execute();
  const ids = rows.slice(0, 20).map(({ database_id }) => database_id);
  const later = rows.slice(0, 20).filter(({ next_reconcile_at }) => (next_reconcile_at ?? '') > now.toISOString());
  const plan = await planIn((tx) => databaseWork.touchDatabasesDue(tx, ids, now));
  expect(scanned(plan)).toEqual([]);
  expect(rowsRead(plan)).toBeLessThanOrEqual(2 * ids.length);
  const tx = await database.db.startTransaction().execute();
  expect(await databaseWork.touchDatabasesDue(tx, ids, now)).toEqual({ touched: later.length, held: [] });
  expect(await databaseWork.touchDatabasesDue(tx, ids, now)).toEqual({ touched: 0, held: [] });
  expect(later.length).toBeGreaterThan(0);
  expect(later.length).toBeLessThan(20);
  await tx.rollback().execute();
});

test('claims take the longest due first, each database once, and say since when the oldest is due', async () => {
  const { db } = database;
  expect(await databaseWork.findOldestDue(db, now)).toBeGreaterThan(3_000);
  const due = await db
    .selectFrom('database_work')
    .select('database_id')
    .where('provisioner', '=', 'p2')
    .where('next_reconcile_at', '<=', now.toISOString())
    .orderBy('next_reconcile_at')
    .execute();
  const claimed: string[] = [];
  const tx = await db.startTransaction().execute();
  const claim = { provisioner: 'p2', now, limit: 100, leaseMs: 60_000, ...alone };
  for (let n = 0; n < 4; n += 1) {
    const rows = await databaseWork.claimDatabaseWork(tx, claim);
    const ids = rows.map(({ id }) => id);
    expect([...ids].sort()).toEqual(
      due
        .slice(claimed.length, claimed.length + 100)
        .map(({ database_id }) => database_id)
        .sort(),
    );
    expect(rows.every(({ lease_id, tenant_status }) => lease_id !== null && tenant_status === 'active')).toBe(true);
    claimed.push(...ids);
  }
  expect(new Set(claimed).size).toBe(due.length);
  await tx.rollback().execute();
});

test('a tenant has its share of the places, however long its databases have been due', async () => {
  const { db } = await closedAfterTest(testDatabase());
  const [many, few] = [randomUUID(), randomUUID()];
  for (const [tenant, databases] of [
    [many, 10],
    [few, 1],
  ] as const) {
    await sql`insert into tenants (id, slug, name, status) values (${tenant}, ${tenant}, 'T', 'active')`.execute(db);
    const group = randomUUID();
    await sql`insert into groups (id, tenant_id, slug, display_name) values (${group}, ${tenant}, 'team', 'T')`.execute(
      db,
    );
    await sql`
      insert into databases
        (tenant_id, name, owner_team, owner_group_id, tier, provisioner, cluster_name, pooler_name, spec)
      select ${tenant}, 'db-' || i, 'team', ${group}, 'small', 'p', ${tenant} || i, 'p', '{}'
      from generate_series(1, ${databases}::int) as i`.execute(db);
  }
  await sql`
    insert into database_work (database_id, tenant_id, provisioner, next_reconcile_at)
    select id, tenant_id, provisioner, ${now}::timestamptz - case when tenant_id = ${many} then interval '1 hour' else interval '1 second' end
    from databases`.execute(db);
  const claimed = async (taken: ReadonlyMap<string, number>) => {
    const tx = await db.startTransaction().execute();
    const claim = { provisioner: 'p', now, limit: 4, leaseMs: 60_000, tenantMax: 2, taken };
    const rows = await databaseWork.claimDatabaseWork(tx, claim);
    await tx.rollback().execute();
    return rows.map(({ tenant_id }) => tenant_id).sort();
  };
  expect(await claimed(new Map())).toEqual([few, many, many].sort());
  expect(await claimed(new Map([[many, 1]]))).toEqual([few, many].sort());
  expect(await claimed(new Map([[many, 2]]))).toEqual([few]);
});
