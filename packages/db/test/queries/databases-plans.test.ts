/** The indexes that the lists of databases and the claim of due work are found by. */
import { randomUUID } from 'node:crypto';
import { type RawBuilder, sql } from 'kysely';
import { expect, test } from 'vitest';
import { testDatabase } from '../../src/testing.ts';
import { newTeam } from '../database-constraints/rows.ts';
import { plansOf, rowsRead } from '../plans.ts';
import { closedAfterTest } from '../support.ts';

const ROWS = 10_000;
const PAGE = 50;

// proves D22, D23, D36
test('with 10,000 databases each list and the claim of due work reads the rows of its index alone', async () => {
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
  const ofTeam = sql`select * from databases where tenant_id = ${tenant_id} and owner_team = 'team-1'`;
  const asked: readonly (readonly [string, RawBuilder<unknown>, number])[] = [
    ['idx_databases_owner_team', sql`${ofTeam} order by id limit ${sql.lit(PAGE)}`, PAGE],
    ['idx_databases_owner_team_status', sql`${ofTeam} and status = 'error' order by id limit ${sql.lit(PAGE)}`, 5],
    ['idx_databases_status', sql`select * from databases where status = 'error' order by id limit ${sql.lit(PAGE)}`, 5],
    [
      'database_work_provisioner_next_reconcile_at_idx',
      sql`
        select database_id from database_work
        where provisioner = 'local' and next_reconcile_at <= ${day}::timestamptz
        order by next_reconcile_at limit ${sql.lit(PAGE)} for update skip locked`,
      5,
    ],
  ];
  for (const [index, statement, rows] of asked) {
    const plan = await plansOf(db, (handle) => statement.execute(handle));
    expect(
      plan.flatMap((node) => node['Index Name'] ?? []),
      index,
    ).toEqual([index]);
    expect(rowsRead(plan), index).toBe(rows);
  }
});
