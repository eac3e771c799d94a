import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, describe, expect, test } from 'vitest';
import { testDatabase } from '../../src/testing.ts';
import { newTenant, refusal, unique, violated } from '../support.ts';
import { deleted, insertRow, insertWork, newTeam } from './rows.ts';

const database = await testDatabase();
const { db } = database;
afterAll(() => database.close());

const find = (id: string) => db.selectFrom('databases').selectAll().where('id', '=', id).executeTakeFirstOrThrow();

describe('a database', () => {
  // proves D2, D3, D6, D7, D8, D9, D10, D11, D18, D19
  test('is provisioning in the namespace default when nothing else is said, and has no endpoint yet', async () => {
    const team = await newTeam(db);
    const row = await find(await insertRow(db, team));
    expect(row).toMatchObject({ ...team, purpose: '', namespace: 'default', status: 'provisioning', deleted_at: null });
    expect([row.host, row.port, row.secret_name]).toEqual([null, null, null]);
    expect([typeof row.created_at, typeof row.updated_at]).toEqual(['string', 'string']);
  });

  // proves D4, D11
  test.each([
    ['a name of 64 characters', { name: 'a'.repeat(64) }, 'databases_name_check'],
    ['a name with a capital', { name: 'Orders' }, 'databases_name_check'],
    ['a name that ends with a dash', { name: 'orders-' }, 'databases_name_check'],
    ['a team of no character', { owner_team: '' }, 'databases_owner_team_check'],
    ['no owner', { owner_group_id: null }, 'databases_owner_group_id_check'],
    ['generation 0', { generation: 0 }, 'databases_generation_check'],
    ['ready without an endpoint', { status: 'ready' as const }, 'databases_ready_has_endpoint_check'],
    ['a time of deletion while it lives', { deleted_at: '2026-01-01T00:00:00Z' }, 'databases_deleted_at_check'],
    ['deleted without a time', { ...deleted, deleted_at: null }, 'databases_deleted_at_check'],
  ])('with %s is refused', async (_, values, constraint) => {
    const team = await newTeam(db);
    expect(await refusal(insertRow(db, team, values))).toEqual({ code: violated.check, constraint });
    await insertRow(db, team, { name: 'a'.repeat(63) });
  });

  // proves D11, D12
  test.each([
    ['status', 'databases_status_check'],
    ['deletion_policy', 'databases_deletion_policy_check'],
  ])('with another word for its %s is refused', async (column, constraint) => {
    const id = await insertRow(db, await newTeam(db));
    const update = sql`update databases set ${sql.ref(column)} = 'other' where id = ${id}`.execute(db);
    expect(await refusal(update)).toEqual({ code: violated.check, constraint });
  });

  // proves D5, D21
  test('has a name of its own in its tenant until it is deleted', async () => {
    const [team, other] = [await newTeam(db), await newTeam(db)];
    const id = await insertRow(db, team, { name: 'orders' });
    await insertRow(db, other, { name: 'orders' });
    const taken = { code: violated.unique, constraint: 'idx_databases_name_active' };
    expect(await refusal(insertRow(db, team, { name: 'orders' }))).toEqual(taken);
    await db.updateTable('databases').set(deleted).where('id', '=', id).execute();
    await insertRow(db, team, { name: 'orders' });
    expect(await refusal(insertRow(db, team, { name: 'orders' }))).toEqual(taken);
  });

  // proves D3, D9
  test('has an id of its own, and a place of its own where it is made, which a deleted one keeps', async () => {
    const team = await newTeam(db);
    const cluster_name = unique('c');
    const id = await insertRow(db, team, { ...deleted, cluster_name });
    expect(await refusal(insertRow(db, team, { id }))).toEqual({ code: violated.unique, constraint: 'databases_pkey' });
    expect(await refusal(insertRow(db, team, { cluster_name }))).toEqual({
      code: violated.unique,
      constraint: 'databases_provisioner_namespace_cluster_name_key',
    });
    await insertRow(db, team, { cluster_name, namespace: 'other' });
  });

  // proves D6
  test('belongs to a tenant, a project and a group that exist in one tenant, and keeps each of them', async () => {
    const [team, other] = [await newTeam(db), await newTeam(db)];
    const constraint = 'databases_tenant_id_owner_group_id_owner_team_fkey';
    expect(await refusal(insertRow(db, { ...team, tenant_id: other.tenant_id }))).toEqual({
      code: violated.foreignKey,
      constraint,
    });
    expect((await refusal(insertRow(db, team, { ...deleted, tenant_id: randomUUID() }))).constraint).toBe(
      'databases_tenant_id_fkey',
    );
    expect((await refusal(insertRow(db, team, { project_id: randomUUID() }))).constraint).toBe(
      'databases_tenant_id_project_id_fkey',
    );
    const id = await insertRow(db, team);
    const group = () => db.deleteFrom('groups').where('id', '=', team.owner_group_id).execute();
    expect((await refusal(group())).constraint).toBe(constraint);
    await db.updateTable('databases').set(deleted).where('id', '=', id).execute();
    await group();
    const tenant = db.deleteFrom('tenants').where('id', '=', team.tenant_id).execute();
    expect((await refusal(tenant)).constraint).toBe('databases_tenant_id_fkey');
  });

  // proves D6, D22
  test('follows its group to another slug, also when a caller in the scope of the tenant changes it', async () => {
    const team = await newTeam(db);
    const id = await insertRow(db, team);
    const scope = database.forTenant({ tenant_id: team.tenant_id, project_id: null });
    await scope
      .transaction()
      .execute((tx) =>
        tx.updateTable('groups').set({ slug: 'billing' }).where('id', '=', team.owner_group_id).execute(),
      );
    expect((await find(id)).owner_team).toBe('billing');
  });
});

// proves D1, D29, D30
test('neither table has a column for a user, a password or a name of a database', async () => {
  const { rows } = await sql<{ name: string }>`
    select column_name as name from information_schema.columns
    where table_schema = 'public' and table_name in ('databases', 'database_work')`.execute(db);
  const names = rows.map(({ name }) => name);
  expect(names).toContain('secret_name');
  expect(names.filter((name) => /user|passw|dbname|database_name|uri|verifier/.test(name))).toEqual([]);
});

describe('the work on a database', () => {
  test('is one row of a database of its tenant, and goes with it', async () => {
    const team = await newTeam(db);
    const database_id = await insertRow(db, team);
    const constraint = 'database_work_tenant_id_database_id_fkey';
    const tenant_id = await newTenant(db);
    expect((await refusal(insertWork(db, { tenant_id }, { database_id }))).constraint).toBe(constraint);
    await insertWork(db, team, { database_id });
    expect((await refusal(insertWork(db, team, { database_id }))).constraint).toBe('database_work_pkey');
    await db.deleteFrom('databases').where('id', '=', database_id).execute();
    const left = db.selectFrom('database_work').select('tenant_id').where('database_id', '=', database_id);
    expect(await left.execute()).toEqual([]);
  });

  test.each([
    ['a third login', { login_slot: 'c' }, 'database_work_login_slot_check'],
    ['a lease without an end', { lease_id: randomUUID() }, 'database_work_lease_check'],
    [
      'a rotation before and after its switch',
      { rotation_grace_seconds: 1, old_login_until: '2026-01-01T00:00:00Z' },
      'database_work_rotation_check',
    ],
  ])('with %s is refused', async (_, values, constraint) => {
    const team = await newTeam(db);
    const database_id = await insertRow(db, team);
    const update = insertWork(db, team, { database_id, ...(values as object) });
    expect(await refusal(update)).toEqual({ code: violated.check, constraint });
  });
});

test.each([
  ['database_work_tenant_id_database_id_fkey', 'databases_tenant_id_id_key'],
  ['databases_tenant_id_owner_group_id_owner_team_fkey', 'groups_tenant_id_id_slug_key'],
])('%s leads to a row of its own tenant, by the unique key %s', async (name, key) => {
  const { rows } = await sql<{ key: string }>`
    select i.relname as key from pg_constraint c join pg_class i on i.oid = c.conindid where c.conname = ${name}`.execute(
    db,
  );
  expect(rows).toEqual([{ key }]);
});

// proves D23
test('tenants_reconcile_databases makes the waiting work of a tenant due when its status changes', async () => {
  const [team, other] = [await newTeam(db), await newTeam(db)];
  const later = '2100-01-01T00:00:00Z';
  const ids = {
    waiting: await insertRow(db, team),
    idle: await insertRow(db, team),
    foreign: await insertRow(db, other),
  };
  await insertWork(db, team, { database_id: ids.waiting, next_reconcile_at: later });
  await insertWork(db, team, { database_id: ids.idle });
  await insertWork(db, other, { database_id: ids.foreign, next_reconcile_at: later });
  const due = async (id: string) => {
    const { rows } = await sql<{ due: boolean | null }>`
      select next_reconcile_at <= now() as due from database_work where database_id = ${id}`.execute(db);
    return rows[0]?.due;
  };
  await db.updateTable('tenants').set({ name: 'Other' }).where('id', '=', team.tenant_id).execute();
  expect(await due(ids.waiting)).toBe(false);
  await db.updateTable('tenants').set({ status: 'trial' }).where('id', '=', team.tenant_id).execute();
  expect([await due(ids.waiting), await due(ids.idle), await due(ids.foreign)]).toEqual([true, null, false]);
});

// proves D22, D23, D36
test.each([
  ['idx_databases_owner_team', '(tenant_id, owner_team, id)'],
  ['idx_databases_status', '(status, id)'],
  ['idx_databases_owner_team_status', '(tenant_id, owner_team, status, id)'],
  ['database_work_provisioner_next_reconcile_at_idx', '(provisioner, next_reconcile_at)'],
])('the index %s has the columns %s', async (name, columns) => {
  const { rows } = await sql<{ indexdef: string }>`select indexdef from pg_indexes where indexname = ${name}`.execute(
    db,
  );
  expect(rows[0]?.indexdef).toContain(columns);
});
