/** The trigger audit_log_queue_seal: no row of the audit log without its ticket, whoever writes it. */
import { type RawBuilder, sql } from 'kysely';
import { afterAll, expect, test } from 'vitest';
import type { Db } from '../../src/handles.ts';
import { testDatabase } from '../../src/testing.ts';
import { newTenant, refusal, violated } from '../support.ts';

const database = await testDatabase();
const { db, forTenant } = database;
afterAll(() => database.close());

const PLATFORM_LOG = '00000000-0000-0000-0000-000000000000';

const insert = (to: Db, tenant_id: string | null, count = 1) =>
  sql<{ id: string }>`
    insert into audit_log (tenant_id, actor_type, actor_id, action, origin)
    select ${tenant_id}::uuid, 'user', 'u', 'x', 'registry' from generate_series(1, ${count}::int) returning id`.execute(
    to,
  );

async function ticketsOf(log: string): Promise<string[]> {
  const rows = await db.selectFrom('audit_unsealed').select('event_id').where('tenant_id', '=', log).execute();
  return rows.map(({ event_id }) => event_id).sort();
}

const idsOf = ({ rows }: { readonly rows: readonly { readonly id: string }[] }) => rows.map(({ id }) => id).sort();

// proves A62
test('each row has a ticket in the log of its tenant, or of the platform, also those of one statement', async () => {
  const tenant = await newTenant(db);
  const ids = idsOf(await insert(db, tenant, 3));
  expect(await ticketsOf(tenant)).toEqual(ids);
  const platform = idsOf(await insert(db, null, 2));
  expect(await ticketsOf(PLATFORM_LOG)).toEqual(platform);
});

// proves A62
test("a tenant's own statement gives a ticket, although tenants have no right on tickets", async () => {
  const tenant_id = await newTenant(db);
  const scoped = forTenant({ tenant_id, project_id: null });
  const ids = idsOf(await insert(scoped, tenant_id));
  expect(await ticketsOf(tenant_id)).toEqual(ids);
  await expect(sql`select from audit_unsealed`.execute(scoped)).rejects.toThrow('permission denied');
  await expect(sql`delete from audit_unsealed`.execute(scoped)).rejects.toThrow('permission denied');
});

/** Runs the work where temporary tables shadow those of the registry, and leaves none behind. */
async function shadowed<T>(tables: readonly RawBuilder<unknown>[], work: (tx: Db) => Promise<T>): Promise<T> {
  const tx = await db.startTransaction().execute();
  try {
    for (const table of tables) await sql`create temporary table ${table}`.execute(tx);
    await sql`set local search_path to pg_temp, public`.execute(tx);
    return await work(tx);
  } finally {
    await tx.rollback().execute();
  }
}

test("no temporary table of the caller's takes the tickets", async () => {
  const shadow = sql`audit_unsealed (event_id uuid, tenant_id uuid)`;
  const counts = await shadowed([shadow], async (tx) => {
    await insert(tx, null);
    const { rows } = await sql<{ real: number; shadow: number }>`
      select (select count(*) from public.audit_unsealed) as real, (select count(*) from pg_temp.audit_unsealed) as shadow`.execute(
      tx,
    );
    return rows[0];
  });
  expect(counts).toEqual({ real: (await db.selectFrom('audit_unsealed').selectAll().execute()).length + 1, shadow: 0 });
});

test("no temporary table of the caller's opens the door of the append-only trigger", async () => {
  await insert(db, null);
  const job = '01890000-0000-7000-8000-000000000001';
  const change = shadowed(
    [sql`audit_jobs as select ${job}::uuid as id, 'prune' as kind, 'open' as status`],
    async (tx) => {
      await sql`select set_config('app.audit_job', ${job}, true)`.execute(tx);
      await sql`delete from public.audit_log`.execute(tx);
    },
  );
  expect(await refusal(change)).toEqual({ code: violated.restrict, constraint: 'audit_log_append_only' });
});

test('a row whose ticket cannot be written is not written', async () => {
  const { rows } = await sql<{ id: string }>`select gen_random_uuid() as id`.execute(db);
  const [id] = rows.map((row) => row.id);
  await db
    .insertInto('audit_unsealed')
    .values({ event_id: id ?? '', tenant_id: PLATFORM_LOG })
    .execute();
  const row = { id, actor_type: 'user', actor_id: 'u', action: 'x', origin: 'registry' } as const;
  expect(await refusal(db.insertInto('audit_log').values(row).execute())).toEqual({
    code: violated.unique,
    constraint: 'audit_unsealed_pkey',
  });
  expect(
    await db
      .selectFrom('audit_log')
      .select('id')
      .where('id', '=', id ?? '')
      .execute(),
  ).toEqual([]);
});
