/** Statements that seal audit rows: tickets, the ends of the logs, leaves, tiles and checkpoints. */
import { type Insertable, type RawBuilder, type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../handles.ts';
import type { AuditCheckpoints, AuditLogs } from '../schema.ts';
import type { AuditRow } from './audit.ts';
import { AUDIT_EVENT, namesOfType } from './event-log.ts';

/** The log of what belongs to no tenant. */
export const PLATFORM_LOG = '00000000-0000-0000-0000-000000000000';
/** The log of all checkpoints. */
export const REGISTRY_LOG = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

export type AuditLogRow = Selectable<AuditLogs>;
export type CheckpointRow = Selectable<AuditCheckpoints>;

/** Locks the ends of all logs until the transaction ends; false while another process has them. */
export async function claimAuditHead(tx: Tx): Promise<boolean> {
  const { rows } = await sql`/* prepare claim_audit_head */
    select from audit_head where id = 1 for update skip locked`.execute(tx);
  return rows.length > 0;
}

/** Locks the ends of all logs, waiting for whoever seals: afterwards many logs can be changed without a deadlock. */
export async function lockAuditHead(tx: Tx): Promise<void> {
  await sql`/* prepare lock_audit_head */
    select from audit_head where id = 1 for update`.execute(tx);
}

/** A row that waits to be sealed. */
export interface Unsealed {
  readonly event_id: string;
  /** The id of the log. */
  readonly log: string;
  /** Null: somebody took the row away before it was sealed. */
  readonly row: AuditRow | null;
}

/** SQL: about as many bytes as the value takes as text. What is compressed may be a hundred times smaller than that. */
const bytesOf = (column: RawBuilder<unknown>) =>
  sql`case when pg_column_compression(${column}) is null then pg_column_size(${column}) else octet_length(${column}::text) end`;

/**
 * Returns rows that have a ticket, by id, up to the limit or the size, the earlier of both: one at least, and none of those that are
 * left out. Runs after `claimAuditHead`, as a statement of its own.
 */
export async function listUnsealed(
  tx: Tx,
  {
    limit,
    bytesMax,
    leftOut,
  }: { readonly limit: number; readonly bytesMax: number; readonly leftOut: readonly string[] },
): Promise<Unsealed[]> {
  const { rows } = await sql<AuditRow & { ticket: string; log: string }>`/* prepare list_unsealed */
    select * from (
      select t.event_id as ticket, t.tenant_id as log, a.*,
        coalesce(sum(${bytesOf(sql.ref('a.metadata'))} + coalesce(${bytesOf(sql.ref('a.extra'))}, 0) + 500)
          over (order by t.event_id rows between unbounded preceding and 1 preceding), 0) as bytes_before
      from (
        select * from audit_unsealed where event_id <> all(${leftOut}::uuid[]) order by event_id limit ${limit}::int
      ) as t left join audit_log as a on a.id = t.event_id
    ) as waiting
    where bytes_before < ${bytesMax}::bigint order by ticket`.execute(tx);
  return rows.map(({ ticket, log, ...row }) => ({ event_id: ticket, log, row: row.id === null ? null : row }));
}

/**
 * Returns whose webhooks ask for audit rows as events by their name, null for the platform; an owner may come twice. One that
 * asks for everything does not.
 */
export async function listAuditSubscribers(db: Db): Promise<(string | null)[]> {
  const { rows } = await sql<{ tenant_id: string | null }>`/* prepare list_audit_subscribers */
    select tenant_id from webhook_endpoints
    where status = 'active' and event_types && ${namesOfType(sql`${AUDIT_EVENT}::text`)}`.execute(db);
  return rows.map(({ tenant_id }) => tenant_id);
}

/** Returns the logs with these ids that there are. */
export function listAuditLogs(db: Db, tenantIds: readonly string[]): Promise<AuditLogRow[]> {
  return db.selectFrom('audit_logs').selectAll().where('tenant_id', 'in', tenantIds).execute();
}

/** A leaf, with its hashes and salts as hexadecimal text. */
export interface NewLeaf {
  readonly tenant_id: string;
  readonly index: number;
  readonly event_id: string | null;
  readonly hash: string;
  readonly who_hash: string | null;
  readonly what_hash: string | null;
  readonly who_salt: string | null;
  readonly what_salt: string | null;
}

/** The hash of a full tile, which belongs into the tile one level above. */
export interface NewNode {
  readonly tenant_id: string;
  /** Of the tile that the hash belongs into; the leaves of a full tile of level 0 are copied into it. */
  readonly level: number;
  readonly tile: number;
  readonly hash: string;
}

export interface GrownLog {
  readonly tenant_id: string;
  readonly size: number;
  readonly frontier: string;
}

export interface Sealed {
  readonly leaves: readonly NewLeaf[];
  /** Of each full tile of leaves, its number. */
  readonly full: readonly { readonly tenant_id: string; readonly tile: number }[];
  /** In the order of the leaves. */
  readonly nodes: readonly NewNode[];
  readonly logs: readonly GrownLog[];
}

/** Appends leaves to their logs, with the tiles that they fill. */
export async function appendLeaves(tx: Tx, { leaves, full, nodes, logs }: Sealed): Promise<void> {
  await sql`/* prepare append_leaves */
    with leaf as (
      insert into audit_leaves (tenant_id, index, event_id, hash, who_hash, what_hash, who_salt, what_salt)
      select tenant_id, index, event_id, decode(hash, 'hex'), decode(who_hash, 'hex'), decode(what_hash, 'hex'),
        decode(who_salt, 'hex'), decode(what_salt, 'hex')
      from json_to_recordset(${JSON.stringify(leaves)}::json) as l (
        tenant_id uuid, index bigint, event_id uuid, hash text, who_hash text, what_hash text, who_salt text, what_salt text
      )
    )
    insert into audit_logs as l (tenant_id, size, frontier, prune_at)
    select tenant_id, size, decode(frontier, 'hex'), now()
    from json_to_recordset(${JSON.stringify(logs)}::json) as g (tenant_id uuid, size bigint, frontier text)
    on conflict (tenant_id) do update set size = excluded.size, frontier = excluded.frontier`.execute(tx);
  if (full.length > 0)
    await sql`/* prepare append_full_tiles */
      insert into audit_tiles (tenant_id, level, tile, hashes)
      select f.tenant_id, 0, f.tile, (
        select string_agg(hash, ''::bytea order by index) from audit_leaves as l
        where l.tenant_id = f.tenant_id and l.index >= f.tile * 256 and l.index < (f.tile + 1) * 256
      )
      from json_to_recordset(${JSON.stringify(full)}::json) as f (tenant_id uuid, tile bigint)`.execute(tx);
  if (nodes.length > 0)
    await sql`/* prepare append_tile_hashes */
      insert into audit_tiles as t (tenant_id, level, tile, hashes)
      select tenant_id, level, tile, string_agg(decode(hash, 'hex'), ''::bytea order by ordinality)
      from rows from (json_to_recordset(${JSON.stringify(nodes)}::json) as (
        tenant_id uuid, level smallint, tile bigint, hash text
      )) with ordinality
      group by tenant_id, level, tile
      on conflict (tenant_id, level, tile) do update set hashes = t.hashes || excluded.hashes`.execute(tx);
}

/** Gives the tickets of sealed rows back. */
export async function deleteUnsealed(tx: Tx, eventIds: readonly string[]): Promise<void> {
  await sql`/* prepare delete_unsealed */
    delete from audit_unsealed where event_id = any(${eventIds}::uuid[])`.execute(tx);
}

/** Returns for how many rows a seal is missing, counted up to the limit. */
export async function findUnsealedCount(db: Db, limit: number): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from (select from audit_unsealed limit ${limit}::int) as waiting`.execute(db);
  return rows[0]?.n ?? 0;
}

/** A log that grew since its last checkpoint. */
export interface GrownSinceCheckpoint extends AuditLogRow {
  /** Of its newest checkpoint; null: it has none. */
  readonly signed_size: number | null;
  readonly signed_root: Uint8Array | null;
}

/** SQL: logs, each with its newest checkpoint. */
const withCheckpoints = sql`
  select l.*, c.size as signed_size, c.root as signed_root from audit_logs as l
  left join lateral (
    select size, root from audit_checkpoints where tenant_id = l.tenant_id order by size desc limit 1
  ) as c on true`;

/** Returns logs that grew since their last checkpoint, by id, after the one with this id. The log of checkpoints is none of them. */
export async function listGrownLogs(
  db: Db,
  { after, limit }: { readonly after: string | null; readonly limit: number },
): Promise<GrownSinceCheckpoint[]> {
  const rest = after === null ? sql`` : sql`and l.tenant_id > ${after}::uuid`;
  const { rows } = await sql<GrownSinceCheckpoint>`${withCheckpoints}
    where l.size > l.checked_size and l.tenant_id <> ${REGISTRY_LOG}::uuid ${rest}
    order by l.tenant_id limit ${limit}::int`.execute(db);
  return rows;
}

/** Returns the log of checkpoints when it grew since its own. */
export async function findGrownRegistryLog(db: Db): Promise<GrownSinceCheckpoint | undefined> {
  const { rows } = await sql<GrownSinceCheckpoint>`${withCheckpoints}
    where l.size > l.checked_size and l.tenant_id = ${REGISTRY_LOG}::uuid`.execute(db);
  return rows[0];
}

/** Returns the newest checkpoint of a log, or the one of that size. */
export function findCheckpoint(db: Db, tenantId: string, size?: number): Promise<CheckpointRow | undefined> {
  return db
    .selectFrom('audit_checkpoints')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .$if(size !== undefined, (query) => query.where('size', '=', size as number))
    .orderBy('size', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** Writes checkpoints, and that their logs are checked so far. */
export async function insertCheckpoints(tx: Tx, rows: readonly Insertable<AuditCheckpoints>[]): Promise<void> {
  await tx.insertInto('audit_checkpoints').values(rows).execute();
  const sizes = JSON.stringify(rows.map(({ tenant_id, size }) => ({ tenant_id, size })));
  await sql`
    update audit_logs as l set checked_size = c.size
    from json_to_recordset(${sizes}::json) as c (tenant_id uuid, size bigint) where l.tenant_id = c.tenant_id`.execute(
    tx,
  );
}
