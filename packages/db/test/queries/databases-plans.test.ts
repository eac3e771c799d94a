// engine: postgres
/** The indexes that the lists of databases are found by. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Db } from '../../src/handles.ts';
import * as databases from '../../src/queries/databases.ts';
import { testDatabase } from '../../src/testing.ts';
import { newTeam } from '../database-constraints/rows.ts';
import { plansOf, rowsRead } from '../plans.ts';
import { closedAfterTest } from '../support.ts';

const ROWS = 10_000;
const PAGE = 50;

// proves D22, D23, D36
test('with 10,000 databases each list reads the rows of its index alone', async () => {
  const { db } = await closedAfterTest(testDatabase());
  const { tenant_id } = await newTeam(db);
  const day = '2026-01-01T00:00:00Z';
  await sql`
    insert into databases
      (tenant_id, name, owner_team, tier, provisioner, cluster_name, pooler_name, spec, status, reason, deleted_at)
    select ${tenant_id}, 'd' || n, 'team-' || n % 100, 'small', 'local', 'c' || n, 'p', '{}', 'deleted', 'destroyed', ${day}
    from generate_series(1, ${sql.lit(ROWS)}) as n`.execute(db);
  const { rows: groups } = await sql<{ id: string; slug: string }>`
    insert into groups (id, tenant_id, slug, display_name) values (${randomUUID()}, ${tenant_id}, 'team-1', 'One')
    returning id, slug`.execute(db);
  // Five databases of team-1 live.
  await sql`
    update databases set status = 'error', deleted_at = null, owner_group_id = ${groups[0]?.id}
    where tenant_id = ${tenant_id} and name in ('d1', 'd101', 'd201', 'd301', 'd401')`.execute(db);
  await sql`
    insert into database_work (database_id, tenant_id, provisioner, next_reconcile_at)
    select id, tenant_id, provisioner, case when status = 'error' then ${day}::timestamptz else '2100-01-01' end
    from databases`.execute(db);
  await sql`analyze databases`.execute(db);
  await sql`analyze database_work`.execute(db);
  const page = { limit: PAGE };
  const ofTeam = { tenant_id, owner_team: 'team-1', include_deleted: true };
  const asked: readonly (readonly [string, (handle: Db) => Promise<unknown>, number])[] = [
    ['idx_databases_owner_team', (handle) => databases.listDatabases(handle, ofTeam, page), PAGE + 1],
    [
      'idx_databases_owner_team_status',
      (handle) => databases.listDatabases(handle, { ...ofTeam, status: 'error' }, page),
      5,
    ],
    [
      'idx_databases_status',
      (handle) => databases.listDatabases(handle, { status: 'error', include_deleted: false }, page),
      5,
    ],
  ];
  // The page is found by the index alone, and its rows are then fetched by their ids.
  for (const [index, ask, rows] of asked) {
    const plan = await plansOf(db, ask);
    const found = plan.filter((node) => node['Relation Name'] === 'databases');
    expect(
      found
        .map((node) => node['Index Name'])
        .sort((a = '', b = '') => Number(a === 'databases_pkey') - Number(b === 'databases_pkey')),
      index,
    ).toEqual([index, 'databases_pkey']);
    expect(rowsRead(plan), index).toBeLessThanOrEqual(rows);
  }
});
