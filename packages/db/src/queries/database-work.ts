/** The work on managed databases: claimed by one process at a time, which writes what came of it while the claim is its own. */
import { type RawBuilder, type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../handles.ts';
import type { Databases, DatabaseWork, Tenants } from '../schema.ts';
import { json } from '../types.ts';

type Work = Selectable<DatabaseWork>;

/** What a pass needs to know of a database. */
export type DatabaseWorkRow = Selectable<Databases> &
  Pick<
    Work,
    | 'attempts'
    | 'error_message'
    | 'next_reconcile_at'
    | 'deadline_at'
    | 'observed_generation'
    | 'external_uid'
    | 'login_slot'
    | 'rotation_grace_seconds'
    | 'old_login_until'
  > & { readonly tenant_status: Selectable<Tenants>['status'] };

/** A database that is one pass's own until its lease runs out. */
export type ClaimedDatabase = DatabaseWorkRow & { readonly lease_id: string };

const whole = sql`
  d.*, w.attempts, w.error_message, w.next_reconcile_at, w.deadline_at, w.observed_generation, w.external_uid,
  w.login_slot, w.rotation_grace_seconds, w.old_login_until, t.status as tenant_status`;

export interface DatabaseClaim {
  readonly provisioner: string;
  readonly now: Date;
  readonly limit: number;
  readonly leaseMs: number;
  /** Databases of one tenant that may be claimed at this provisioner. */
  readonly tenantMax: number;
  /** How many fewer those tenants may have. */
  readonly taken: ReadonlyMap<string, number>;
}

/** Of what is due only so much is looked at; databases of tenants that have their share are passed over. */
const LOOKED_AT = 200;

/**
 * Leases the databases of the provisioner that have been due for longest, and returns them; each has a lease of its own.
 * A claimed database is due again when its lease runs out, so that one whose process died is claimed by another, and a
 * time that is not the lease's any more tells that something asked for a pass meanwhile.
 */
export async function claimDatabaseWork(
  tx: Tx,
  { provisioner, now, limit, leaseMs, tenantMax, taken }: DatabaseClaim,
): Promise<ClaimedDatabase[]> {
  const until = new Date(now.getTime() + leaseMs).toISOString();
  const at = sql`${now.toISOString()}::timestamptz`;
  const due = sql`provisioner = ${provisioner} and next_reconcile_at <= ${at} and (lease_until is null or lease_until <= ${at})`;
  // The array is evaluated once: a join could run the locking again.
  const { rows } = await sql<ClaimedDatabase>`
    with used as (
      select * from unnest(${[...taken.keys()]}::uuid[], ${[...taken.values()]}::int[]) as u (tenant, places)
    ), first as (
      select database_id, tenant_id, next_reconcile_at from database_work
      where ${due} and not exists (select from used where tenant = tenant_id and places >= ${tenantMax}::int)
      order by next_reconcile_at limit ${sql.lit(LOOKED_AT)}
    ), shared as (
      select first.database_id, first.next_reconcile_at, coalesce(used.places, 0)
        + row_number() over (partition by first.tenant_id order by first.next_reconcile_at, first.database_id) as nth
      from first left join used on used.tenant = first.tenant_id
    ), claimed as (
      update database_work
      set lease_id = gen_random_uuid(), lease_until = ${until}::timestamptz, next_reconcile_at = ${until}::timestamptz
      where database_id = any(array(
        select database_id from database_work
        where database_id = any(array(select database_id from shared where nth <= ${tenantMax}::int)) and ${due}
        order by next_reconcile_at limit ${limit} for update skip locked
      ))
      returning *
    )
    select ${whole}, w.lease_id
    from claimed w join databases d on d.id = w.database_id join tenants t on t.id = d.tenant_id`.execute(tx);
  return rows;
}

/** Lists the provisioners that have something due, each found by one probe of the index, in the order of their names. */
export async function listDueProvisioners(db: Db, now: Date): Promise<string[]> {
  const due = sql`next_reconcile_at is not null and next_reconcile_at <= ${now.toISOString()}::timestamptz`;
  const { rows } = await sql<{ provisioner: string }>`
    with recursive named as (
      (select provisioner from database_work where next_reconcile_at is not null order by provisioner limit 1)
      union all
      select (
        select provisioner from database_work
        where next_reconcile_at is not null and provisioner > named.provisioner order by provisioner limit 1
      ) from named where named.provisioner is not null
    )
    select provisioner from named
    where exists (select from database_work w where w.provisioner = named.provisioner and ${due})
    order by provisioner`.execute(db);
  return rows.map(({ provisioner }) => provisioner);
}

/**
 * Locks the tenant against changes, then the database, then its work, as every writer does, and returns the database;
 * undefined when the lease is not the caller's any more.
 */
export async function lockLeasedDatabase(
  tx: Tx,
  { id, tenant_id, lease_id }: Pick<ClaimedDatabase, 'id' | 'tenant_id' | 'lease_id'>,
): Promise<DatabaseWorkRow | undefined> {
  await tx.selectFrom('tenants').select('id').where('id', '=', tenant_id).forShare().execute();
  await tx.selectFrom('databases').select('id').where('id', '=', id).forUpdate().execute();
  await tx.selectFrom('database_work').select('database_id').where('database_id', '=', id).forUpdate().execute();
  const { rows } = await sql<DatabaseWorkRow>`
    select ${whole}
    from database_work w join databases d on d.id = w.database_id join tenants t on t.id = d.tenant_id
    where w.database_id = ${id} and w.lease_id = ${lease_id}`.execute(tx);
  return rows[0];
}

/** What a pass may change of a database. */
export type SettledDatabase = Partial<
  Pick<
    Selectable<Databases>,
    'status' | 'reason' | 'message' | 'in_sync' | 'host' | 'port' | 'sslmode' | 'secret_name' | 'owner_group_id'
  > & { readonly since: Date; readonly deleted_at: Date; readonly conditions: readonly unknown[] }
>;

/** What a pass writes down for the next one. */
export type SettledWork = Partial<
  Pick<Work, 'attempts' | 'error_message' | 'observed_generation' | 'external_uid' | 'rotation_grace_seconds'> & {
    readonly deadline_at: Date | null;
    readonly old_login_until: Date | null;
  }
> & { readonly next_reconcile_at: Date | null };

export interface Settlement {
  readonly database: SettledDatabase;
  readonly work: SettledWork;
}

/**
 * Writes what came of a pass, gives the lease back, and returns the database if it changed; none of its times moves
 * otherwise. It follows `lockLeasedDatabase`.
 */
export async function updateSettled(
  tx: Tx,
  id: string,
  { database: { conditions, ...database }, work }: Settlement,
): Promise<Selectable<Databases> | undefined> {
  await tx
    .updateTable('database_work')
    .set({ ...work, lease_id: null, lease_until: null })
    .where('database_id', '=', id)
    .execute();
  if (Object.keys(database).length === 0) return undefined;
  const told: { conditions?: RawBuilder<unknown> } = conditions === undefined ? {} : { conditions: json(conditions) };
  const changed = tx.updateTable('databases').set({ ...database, ...told });
  return changed.where('id', '=', id).returningAll().executeTakeFirst();
}

/** Gives the lease back, if it is the caller's, as if the pass had not been; the database is due at once. */
export async function touchReleased(
  tx: Tx,
  { id, lease_id }: Pick<ClaimedDatabase, 'id' | 'lease_id'>,
  now: Date,
): Promise<void> {
  await tx
    .updateTable('database_work')
    .set({ lease_id: null, lease_until: null, next_reconcile_at: now })
    .where('database_id', '=', id)
    .where('lease_id', '=', lease_id)
    .execute();
}

export interface TouchedDatabases {
  readonly touched: number;
  /** Those that other transactions hold, and that have to be tried again. */
  readonly held: readonly string[];
}

/**
 * Makes the databases due. Those that are due already, wait for a person, are deleted, or are not known stay as they are.
 * It waits for no lock: a change of a tenant holds the work of all its databases, in an order of its own.
 */
export async function touchDatabasesDue(tx: Tx, ids: readonly string[], now: Date): Promise<TouchedDatabases> {
  const at = now.toISOString();
  const { rows } = await sql<TouchedDatabases>`
    with later as (
      select database_id from database_work
      where database_id = any(${[...ids]}::uuid[]) and next_reconcile_at > ${at}::timestamptz
    ), free as (
      select database_id from database_work
      where database_id = any(array(select database_id from later)) for update skip locked
    ), touched as (
      update database_work set next_reconcile_at = ${at}::timestamptz
      where database_id = any(array(select database_id from free))
      returning database_id
    )
    select (select count(*) from touched) as touched,
      array(select database_id from later where database_id not in (select database_id from free)) as held`.execute(tx);
  return rows[0] ?? { touched: 0, held: [] };
}

export interface DatabaseCount {
  readonly status: Selectable<Databases>['status'];
  readonly reason: string;
  readonly databases: number;
}

/** Counts the databases that are not deleted, by status and reason. */
export async function listDatabaseCounts(db: Db): Promise<DatabaseCount[]> {
  const { rows } = await sql<DatabaseCount>`
    select status, reason, count(*) as databases from databases
    where status in ('provisioning', 'ready', 'error', 'deleting') group by 1, 2 order by 1, 2`.execute(db);
  return rows;
}

/** Returns since when the oldest database has been due without a pass, in seconds; 0 when none is. */
export async function findOldestDue(db: Db, now: Date): Promise<number> {
  const { rows } = await sql<{ seconds: number | null }>`
    select extract(epoch from ${now.toISOString()}::timestamptz - min(next_reconcile_at))::float8 as seconds
    from database_work where next_reconcile_at <= ${now.toISOString()}::timestamptz`.execute(db);
  return rows[0]?.seconds ?? 0;
}
