/** Reads with which the audit log is checked against its leaves, tiles and checkpoints. Nothing here writes. */
import { sql } from 'kysely';
import type { Db } from '../handles.ts';
import type { AuditRow } from './audit.ts';
import { REGISTRY_LOG } from './audit-sealing.ts';

/** Returns the ids of all logs that left anything, also of those whose row in audit_logs has gone. */
export async function listLogIds(db: Db): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    with recursive
      leaves (id) as (
        (select tenant_id from audit_leaves order by tenant_id limit 1)
        union all
        select (select tenant_id from audit_leaves where tenant_id > id order by tenant_id limit 1) from leaves where id is not null
      ),
      checkpoints (id) as (
        (select tenant_id from audit_checkpoints order by tenant_id limit 1)
        union all
        select (select tenant_id from audit_checkpoints where tenant_id > id order by tenant_id limit 1)
        from checkpoints where id is not null
      ),
      tiles (id) as (
        (select tenant_id from audit_tiles order by tenant_id limit 1)
        union all
        select (select tenant_id from audit_tiles where tenant_id > id order by tenant_id limit 1) from tiles where id is not null
      )
    select id from (
      select tenant_id as id from audit_logs
      union select id from leaves
      union select id from checkpoints
      union select id from tiles
    ) as logs
    where id is not null order by id`.execute(db);
  return rows.map(({ id }) => id);
}

/** SQL: a whole number that JavaScript can read; larger ones, which no log has, become the largest. */
const whole = (column: string) =>
  sql`case when ${sql.raw(column)} < ${sql.lit(Number.MAX_SAFE_INTEGER)} then ${sql.raw(column)}
    when ${sql.raw(column)} is not null then ${sql.lit(Number.MAX_SAFE_INTEGER)} end`;

/** A log as it stands in the database. */
export interface StoredLog {
  /** Null: the log has no row in audit_logs. */
  readonly size: number | null;
  readonly leaves: number;
  /** Of the lowest level. */
  readonly tiles: number;
  readonly frontier: Uint8Array | null;
  readonly checked_size: number | null;
  /** Of its last leaf. */
  readonly last_index: number | null;
  /** The size of its last checkpoint. */
  readonly last_checkpoint: number | null;
  /** Whether the tenant is there. */
  readonly lives: boolean;
  /** Whether a job is about to let rows of the tenant go. */
  readonly released: boolean;
  /** Whether rows of the log wait to be sealed. */
  readonly waits: boolean;
}

export async function findStoredLog(db: Db, log: string): Promise<StoredLog> {
  const { rows } = await sql<StoredLog>`
    select ${whole('l.size')} as size, l.frontier, ${whole('l.checked_size')} as checked_size,
      (select count(*) from audit_leaves where tenant_id = ${log}::uuid) as leaves,
      (select count(*) from audit_tiles where tenant_id = ${log}::uuid and level = 0) as tiles,
      (select ${whole('max(index)')} from audit_leaves where tenant_id = ${log}::uuid) as last_index,
      (select ${whole('max(size)')} from audit_checkpoints where tenant_id = ${log}::uuid) as last_checkpoint,
      exists (select from tenants where id = ${log}::uuid) as lives,
      exists (select from audit_jobs where tenant_id = ${log}::uuid and kind = 'release' and status = 'open') as released,
      exists (select from audit_unsealed where tenant_id = ${log}::uuid) as waits
    from (values (1)) as one left join audit_logs as l on l.tenant_id = ${log}::uuid`.execute(db);
  return rows[0] as StoredLog;
}

/** What stands in audit_leaves. */
export interface StoredLeaf {
  readonly index: number;
  readonly event_id: string | null;
  readonly hash: Uint8Array;
  readonly who_hash: Uint8Array | null;
  readonly what_hash: Uint8Array | null;
  readonly who_salt: Uint8Array | null;
  readonly what_salt: Uint8Array | null;
}

/** JSON as the database writes it, where a number in it may be none of JavaScript, or where it is a null; else null. */
interface JsonTexts {
  readonly metadata_text: string | null;
  readonly extra_text: string | null;
}

/** A leaf, and its row. A time that the registry cannot have written is null. */
export type LeafAndRow = StoredLeaf & ((AuditRow & JsonTexts) | { readonly id: null });

const leafColumns = sql.raw('l.index, l.event_id, l.hash, l.who_hash, l.what_hash, l.who_salt, l.what_salt');

const readableTime = (column: string) =>
  `case when isfinite(${column}) and extract(year from ${column}) between 1 and 270000 then ${column} end`;
const textWhereOdd = (column: string) =>
  `case when ${column}::text ~ '^null$|[0-9][0-9.]{15}' then ${column}::text end`;

/** By name, what is read: the driver refuses some values, and a check must not end with them. */
const ROW_COLUMNS: Readonly<Record<keyof AuditRow | keyof JsonTexts, string>> = {
  id: 'a.id',
  tenant_id: 'a.tenant_id',
  tenant_slug: 'a.tenant_slug',
  product: 'a.product',
  project_id: 'a.project_id',
  actor_type: 'a.actor_type',
  actor_id: 'a.actor_id',
  actor_name: 'a.actor_name',
  action: 'a.action',
  crud: 'a.crud',
  target_type: 'a.target_type',
  target_id: 'a.target_id',
  target_name: 'a.target_name',
  description: 'a.description',
  metadata: 'a.metadata',
  external_id: 'a.external_id',
  extra: 'a.extra',
  source_ip: 'a.source_ip',
  request_id: 'a.request_id',
  is_failure: 'a.is_failure',
  occurred_at: readableTime('a.occurred_at'),
  created_at: readableTime('a.created_at'),
  origin: 'a.origin',
  reported_by: 'a.reported_by',
  metadata_text: textWhereOdd('a.metadata'),
  extra_text: textWhereOdd('a.extra'),
};
const rowColumns = sql.raw(
  Object.entries(ROW_COLUMNS)
    .map(([name, value]) => `${value} as ${name}`)
    .join(', '),
);

export interface Indexes {
  readonly from: number;
  /** The first that is not meant. */
  readonly to: number;
}

/** Returns leaves of a log by index, each with its row, until their documents have that many bytes as text; one leaf at least. */
export async function listLeavesWithRows(
  db: Db,
  log: string,
  { from, to, bytesMax }: Indexes & { readonly bytesMax: number },
): Promise<LeafAndRow[]> {
  const { rows } = await sql<LeafAndRow>`
    select * from (
      select ${leafColumns}, ${rowColumns},
        sum(octet_length(a.metadata::text) + coalesce(octet_length(a.extra::text), 0))
          over (order by l.index range between unbounded preceding and 1 preceding) as bytes_before
      from audit_leaves as l left join audit_log as a on a.id = l.event_id
      where l.tenant_id = ${log}::uuid and l.index >= ${from}::bigint and l.index < ${to}::bigint
    ) as leaf
    where coalesce(bytes_before, 0) < ${bytesMax}::bigint order by index`.execute(db);
  return rows;
}

/** A leaf of the log of checkpoints, and the checkpoint that says it is there. */
export interface LeafAndCheckpoint {
  readonly index: number;
  readonly hash: Uint8Array;
  /** Null, as no row has such a leaf. */
  readonly event_id: string | null;
  /** The log of the checkpoint; null: there is no such checkpoint. */
  readonly log: string | null;
  readonly size: number | null;
  readonly root: Uint8Array | null;
}

/** Returns leaves of the log of checkpoints by index, each with its checkpoint. */
export async function listLeavesWithCheckpoints(
  db: Db,
  log: string,
  { from, to }: Indexes,
): Promise<LeafAndCheckpoint[]> {
  const { rows } = await sql<LeafAndCheckpoint>`
    select l.index, l.hash, l.event_id, c.tenant_id as log, ${whole('c.size')} as size, c.root
    from audit_leaves as l left join audit_checkpoints as c on c.registry_index = l.index
    where l.tenant_id = ${log}::uuid and l.index >= ${from}::bigint and l.index < ${to}::bigint
    order by l.index`.execute(db);
  return rows;
}

/** Returns checkpoints whose place in the log of checkpoints is outside of it, by log and size. */
export async function listStrayCheckpoints(
  db: Db,
  { size, limit }: { readonly size: number; readonly limit: number },
): Promise<{ log: string; size: number }[]> {
  const { rows } = await sql<{ log: string; size: number }>`
    select tenant_id as log, ${whole('size')} as size from audit_checkpoints
    where registry_index < 0 or registry_index >= ${size}::bigint
      or (registry_index is null) <> (tenant_id = ${REGISTRY_LOG}::uuid)
    order by audit_checkpoints.tenant_id, audit_checkpoints.size limit ${limit}::int`.execute(db);
  return rows;
}

export interface StoredTile {
  readonly tile: number;
  readonly hashes: Uint8Array;
}

/** Returns the tiles of one level by number. */
export function listTilesBetween(db: Db, log: string, level: number, { from, to }: Indexes): Promise<StoredTile[]> {
  return db
    .selectFrom('audit_tiles')
    .select(['tile', sql<Uint8Array>`coalesce(hashes, '')`.as('hashes')])
    .where('tenant_id', '=', log)
    .where('level', '=', level)
    .where('tile', '>=', from)
    .where('tile', '<', to)
    .orderBy('tile')
    .execute();
}

/** Returns the places of tiles that a log of this many tiles a level cannot have, levels beyond the list included. */
export async function listStrayTiles(
  db: Db,
  log: string,
  { tiles, limit }: { readonly tiles: readonly number[]; readonly limit: number },
): Promise<{ level: number; tile: number }[]> {
  const { rows } = await sql<{ level: number; tile: number }>`
    select level, ${whole('tile')} as tile from audit_tiles
    where tenant_id = ${log}::uuid and (tile < 0 or tile >= coalesce((${tiles}::bigint[])[level + 1], 0))
    order by level, audit_tiles.tile limit ${limit}::int`.execute(db);
  return rows;
}

export interface StoredCheckpoint {
  readonly size: number;
  readonly root: Uint8Array;
  readonly note: string;
  /** Null: no time that the registry can have written. */
  readonly created_at: string | null;
}

/** Returns checkpoints of a log that are larger than a size, by size. */
export function listCheckpointsAfter(
  db: Db,
  log: string,
  { size, limit }: { readonly size: number; readonly limit: number },
): Promise<StoredCheckpoint[]> {
  return db
    .selectFrom('audit_checkpoints')
    .select(['size', 'root', 'note', sql<string | null>`${sql.raw(readableTime('created_at'))}`.as('created_at')])
    .where('tenant_id', '=', log)
    .where('size', '>', size)
    .where('size', '<=', sql.lit(Number.MAX_SAFE_INTEGER))
    .orderBy('size')
    .limit(limit)
    .execute();
}

/** What a job says that it did, with the audit row that says so, the leaf of that, and its ticket. */
export type JobRecord = {
  readonly record_id: string;
  readonly job_id: string;
  /** The log of the leaf; null: it is not sealed. */
  readonly leaf_log: string | null;
  readonly groups: readonly string[];
  /** As PostgreSQL writes it. */
  readonly leaves: string;
  /** Whether its row has a ticket and is younger than a minute. */
  readonly under_way: boolean;
} & { readonly [Column in keyof StoredLeaf]: StoredLeaf[Column] | null } & (AuditRow | { readonly id: null });

/** Returns records of jobs in a log, by id. */
export async function listJobRecords(
  db: Db,
  log: string,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<JobRecord[]> {
  const { rows } = await sql<JobRecord>`
    select r.event_id as record_id, r.job_id, r.groups, r.leaves::text as leaves, l.tenant_id as leaf_log,
      (t.event_id is not null and abs(extract(epoch from now() - a.created_at)) < 60) is true as under_way,
      ${leafColumns}, ${rowColumns}
    from audit_job_records as r
    left join audit_log as a on a.id = r.event_id
    left join audit_leaves as l on l.event_id = r.event_id
    left join audit_unsealed as t on t.event_id = r.event_id
    where r.tenant_id = ${log}::uuid and r.event_id > ${after}::uuid
    order by r.event_id limit ${limit}::int`.execute(db);
  return rows;
}

/**
 * Returns rows that have neither a leaf in a log of rows nor a ticket, by id; of one tenant, whose leaves are in its log, or of
 * none where the tenant is null.
 */
export async function listLooseRows(
  db: Db,
  { tenantId, after, limit }: { readonly tenantId?: string | null; readonly after: string; readonly limit: number },
): Promise<{ id: string; tenant_id: string | null }[]> {
  const within = tenantId === undefined ? sql`true` : sql`a.tenant_id is not distinct from ${tenantId}::uuid`;
  const place = tenantId == null ? sql`l.tenant_id <> ${REGISTRY_LOG}::uuid` : sql`l.tenant_id = a.tenant_id`;
  const { rows } = await sql<{ id: string; tenant_id: string | null }>`
    select a.id, a.tenant_id from audit_log as a
    where a.id > ${after}::uuid and ${within}
      and not exists (select from audit_leaves as l where l.event_id = a.id and l.index >= 0 and ${place})
      and not exists (select from audit_unsealed as t where t.event_id = a.id)
    order by a.id limit ${limit}::int`.execute(db);
  return rows;
}

/** Returns tickets whose rows have gone, by id. */
export async function listTicketsWithoutRow(
  db: Db,
  { log, limit }: { readonly log?: string; readonly limit: number },
): Promise<{ event_id: string; log: string }[]> {
  const within = log === undefined ? sql`true` : sql`t.tenant_id = ${log}::uuid`;
  const { rows } = await sql<{ event_id: string; log: string }>`
    select t.event_id, t.tenant_id as log from audit_unsealed as t
    where ${within} and not exists (select from audit_log as a where a.id = t.event_id)
    order by t.event_id limit ${limit}::int`.execute(db);
  return rows;
}

/**
 * Returns rows that wait for a leaf in the log of another tenant, or wait although they are more than an hour older than the
 * newest checkpoint, or claim to be of a time to come, by id; of one tenant and its log, or of all.
 */
export async function listWrongTickets(
  db: Db,
  { log, limit }: { readonly log?: string; readonly limit: number },
): Promise<{ event_id: string; log: string; is_elsewhere: boolean }[]> {
  const within = log === undefined ? sql`true` : sql`(t.tenant_id = ${log}::uuid or a.tenant_id = ${log}::uuid)`;
  const { rows } = await sql<{ event_id: string; log: string; is_elsewhere: boolean }>`
    with newest as (select max(created_at) as at from audit_checkpoints where tenant_id = ${REGISTRY_LOG}::uuid)
    select t.event_id, t.tenant_id as log, (a.tenant_id <> t.tenant_id) is true as is_elsewhere
    from audit_unsealed as t join audit_log as a on a.id = t.event_id cross join newest as n
    where ${within}
      and (a.tenant_id <> t.tenant_id or a.created_at < n.at - interval '1 hour' or a.created_at > greatest(n.at, now()) + interval '1 hour')
    order by t.event_id limit ${limit}::int`.execute(db);
  return rows;
}

/** The functions behind the triggers, as the migrations made them: the MD5 of their bodies, and whose rights they have. */
const FUNCTIONS = sql`(values
  ('queue_audit_seal', '66f100c04e1f01e48ca1eefc8831fc43', true),
  ('audit_job_kind', 'c79bca2e5e87a8960405235c4eff23f7', true),
  ('refuse_audit_log_change', 'bd3e36e7d1bfd63671fc4e6598a07b3d', false)
) as f (name, body, is_definer)`;

/** The triggers of audit_log, with pg_trigger.tgtype: before or after which statements, for each row or not. */
const TRIGGERS = sql`(values
  ('audit_log_append_only', 27, 'refuse_audit_log_change'),
  ('audit_log_no_truncate', 34, 'refuse_audit_log_change'),
  ('audit_log_queue_seal', 4, 'queue_audit_seal')
) as g (name, type, function)`;

const TABLES = sql`(values
  ('audit_log'), ('audit_unsealed'), ('audit_logs'), ('audit_leaves'), ('audit_tiles'), ('audit_checkpoints'), ('audit_jobs'),
  ('audit_job_records')
) as t (name)`;

/** Something that keeps mistakes out of the log, and is not as the migrations made it. */
export interface BrokenGuard {
  readonly kind: 'function' | 'trigger' | 'row-level security' | 'table';
  readonly name: string;
}

/** Returns triggers that are gone, off or others, tables that are none, and rules by which the log shows other rows than it has. */
export async function listBrokenGuards(db: Db): Promise<BrokenGuard[]> {
  const { rows } = await sql<BrokenGuard>`
    with here as (select oid, nspname from pg_namespace where nspname = current_schema())
    select 'function' as kind, f.name from ${FUNCTIONS} where not exists (
      select from pg_proc as p join here on here.oid = p.pronamespace
      where p.proname = f.name and md5(p.prosrc) = f.body and p.prosecdef = f.is_definer
        and coalesce(array_to_string(p.proconfig, ';'), '')
          = case when f.is_definer then 'search_path=' || quote_ident(here.nspname) || ', pg_temp' else '' end
    )
    union all
    select 'trigger', g.name from ${TRIGGERS} where not exists (
      select from pg_trigger as t
      join pg_class as c on c.oid = t.tgrelid join here on here.oid = c.relnamespace
      join pg_proc as p on p.oid = t.tgfoid and p.pronamespace = here.oid
      where c.relname = 'audit_log' and t.tgname = g.name and t.tgtype = g.type and p.proname = g.function
        and t.tgenabled in ('O', 'A') and t.tgqual is null and t.tgattr = ''
    )
    union all
    select 'trigger', t.tgname from pg_trigger as t
    join pg_class as c on c.oid = t.tgrelid join here on here.oid = c.relnamespace
    where not t.tgisinternal and c.relname in (select name from ${TABLES})
      and not (c.relname = 'audit_log' and t.tgname in (select name from ${TRIGGERS}))
    union all
    select 'table', t.name from ${TABLES} where not exists (
      select from pg_class as c join here on here.oid = c.relnamespace
      where c.relname = t.name and c.relkind in ('r', 'p') and not c.relhasrules
        and not exists (select from pg_inherits where inhparent = c.oid and c.relkind = 'r')
    )
    union all
    select 'row-level security', t.name from ${TABLES} where not exists (
      select from pg_class as c join here on here.oid = c.relnamespace
      where c.relname = t.name and c.relrowsecurity and c.relforcerowsecurity and not exists (
        select from pg_policy as p where p.polrelid = c.oid and not (
          p.polpermissive and p.polcmd = '*' and p.polname in ('platform', 'tenant_isolation')
          and case when p.polname = 'platform' then pg_get_expr(p.polqual, p.polrelid) = 'true'
            else ltrim(pg_get_expr(p.polqual, p.polrelid), '(') like 'tenant\\_id = (NULLIF(current_setting(''app.tenant_id''%'
              and pg_get_expr(p.polqual, p.polrelid) not like '% OR %' end
        )
      )
    )`.execute(db);
  return rows;
}
