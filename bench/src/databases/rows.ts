/** A migrated database with managed databases in it, as if they had been ordered. */
import { type DatabaseHandle, migrateUp, openDatabase } from '@tenant-registry/db';
import pg from 'pg';
import type { Surroundings } from './section.ts';

/** Each takes four passes at once in a process, which makes do with eight. */
export const PROVISIONERS = ['one', 'other'] as const;
const TENANTS = 100;

export interface Filled {
  readonly url: string;
  readonly handle: DatabaseHandle;
  /** As many connections as a replica has. */
  readonly pool: pg.Pool;
}

/** The spec does not matter to a pass over the world in memory; it has the size of a real one. */
const spec = JSON.stringify({
  instances: 1,
  cpu: '500m',
  memory: '1Gi',
  storage: '10Gi',
  image: null,
  parameters: { work_mem: '16MB', max_connections: '100' },
  connections: 100,
  pool: { mode: 'session', instances: 1 },
  backup_schedule: null,
  extensions: ['pg_trgm'],
});

/** Makes so many databases, all due, of 100 tenants and two provisioners. */
export async function openFilled({ databases, stack, rows }: Surroundings, label: string): Promise<Filled> {
  const url = await databases.createDatabase(label);
  const handle = await openDatabase({ url });
  stack.defer(() => handle.close());
  await migrateUp(handle.db);
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  pool.on('error', () => undefined); // the next statement reports a lost connection
  stack.defer(() => pool.end());
  await pool.query(
    `insert into tenants (slug, name, status) select 'bench-' || i, 'Bench', 'active' from generate_series(1, $1::int) as i`,
    [TENANTS],
  );
  await pool.query(`insert into groups (tenant_id, slug, display_name) select id, 'payments', 'Payments' from tenants`);
  await pool.query(
    `with owners as (
      select t.id as tenant_id, g.id as group_id, row_number() over (order by t.id) - 1 as n
      from tenants t join groups g on g.tenant_id = t.id
    ), made as (
      insert into databases (tenant_id, name, owner_team, owner_group_id, tier, provisioner, cluster_name, pooler_name, spec)
      select tenant_id, 'database-' || i, 'payments', group_id, 'small', (array['${PROVISIONERS.join("','")}'])[1 + i % 2],
        'database-' || i, 'database-' || i || '-pooler', $2::jsonb
      from generate_series(1, $1::int) as i join owners on owners.n = i % ${TENANTS}
      returning id, tenant_id, provisioner
    )
    insert into database_work (database_id, tenant_id, provisioner, next_reconcile_at, deadline_at)
    select id, tenant_id, provisioner, now(), now() + interval '1 day' from made`,
    [rows, spec],
  );
  await pool.query('vacuum analyze databases, database_work');
  return { url, handle, pool };
}

/** Makes all due at once, and returns since when. */
export async function makeDue({ pool }: Filled): Promise<Date> {
  const { rows } = await pool.query<{ next_reconcile_at: Date }>(
    `with since as (select date_trunc('milliseconds', now()) as at), due as (
      update database_work set next_reconcile_at = since.at, lease_id = null, lease_until = null from since
    )
    select at as next_reconcile_at from since`,
  );
  return rows[0]?.next_reconcile_at ?? new Date();
}
