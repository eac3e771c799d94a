/** Statements of the jobs that change audit rows: redactions, the deletion of old rows, and the release of a deleted tenant's. */
import { type Insertable, type RawBuilder, type Selectable, type SqlBool, sql } from 'kysely';
import type { Db, Tx } from '../handles.ts';
import type { PageRequest } from '../keyset.ts';
import type { AuditJobRecords, AuditJobs } from '../schema.ts';
import { REGISTRY_LOG } from './audit-sealing.ts';

/** A job, and whether a legal hold keeps it from going on. */
export type AuditJobRow = Selectable<AuditJobs> & { readonly is_held: boolean };

/** The parts of a row that can be erased. */
export type ErasedGroup = 'who' | 'what';

/** SQL: a legal hold could cover rows of the job `j`. */
const isHeld = sql<boolean>`exists (
  select from audit_holds as h
  where (h.tenant_id is null or h.tenant_id = j.tenant_id) and (h.product is null or j.product is null or h.product = j.product)
)`;

/** SQL: the row `a` tells of what a job did, and stays for ever. */
const isRecord = sql<boolean>`(a.origin = 'registry' and a.action in ('audit.redacted', 'audit.pruned'))`;

const redactions = (db: Db) =>
  db
    .selectFrom('audit_jobs as j')
    .selectAll('j')
    .select(isHeld.as('is_held'))
    .where('kind', '=', sql.lit('redact' as const));

export function insertAuditJob(tx: Tx, job: Insertable<AuditJobs>): Promise<Selectable<AuditJobs>> {
  return tx.insertInto('audit_jobs').values(job).returningAll().executeTakeFirstOrThrow();
}

export function findRedaction(db: Db, id: string): Promise<AuditJobRow | undefined> {
  return redactions(db).where('id', '=', id).executeTakeFirst();
}

/** Newest first. */
export function listRedactions(
  db: Db,
  { tenant_id }: { readonly tenant_id?: string | undefined },
  page: PageRequest,
): Promise<AuditJobRow[]> {
  const start =
    page.after === undefined ? sql<SqlBool>`true` : sql<SqlBool>`(created_at, id) < (${sql.join(page.after)})`;
  return redactions(db)
    .where(start)
    .$if(tenant_id !== undefined, (query) => query.where('tenant_id', '=', tenant_id as string))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit + 1)
    .execute();
}

/** Returns redactions whose turn has come and of which nobody knows yet how far they have to read. */
export function listUnboundRedactions(
  db: Db,
  now: Date,
  limit: number,
): Promise<Pick<AuditJobRow, 'id' | 'tenant_id'>[]> {
  return db
    .selectFrom('audit_jobs')
    .select(['id', 'tenant_id'])
    .where('kind', '=', sql.lit('redact' as const))
    .where('status', '=', sql.lit('open'))
    .where('until_index', 'is', null)
    .where('turn_at', '<=', now.toISOString())
    .orderBy('turn_at')
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** Returns the highest id among the tickets of a log; undefined when it has none. */
export async function findNewestTicket(db: Db, log: string): Promise<string | undefined> {
  const found = await db
    .selectFrom('audit_unsealed')
    .select('event_id')
    .where('tenant_id', '=', log)
    .orderBy('event_id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return found?.event_id;
}

/** Tells whether the log has a ticket up to that id. */
export async function findTicketUpTo(db: Db, log: string, eventId: string): Promise<boolean> {
  const found = await db
    .selectFrom('audit_unsealed')
    .select('event_id')
    .where('tenant_id', '=', log)
    .where('event_id', '<=', eventId)
    .limit(1)
    .executeTakeFirst();
  return found !== undefined;
}

/** Has a redaction read its log as it is now, to its end, and no further. */
export async function updateRedactionBound(tx: Tx, id: string): Promise<void> {
  await sql`
    update audit_jobs as j
    set until_index = coalesce((select size from audit_logs as l where l.tenant_id = j.tenant_id), 0)
    where id = ${id}::uuid and until_index is null`.execute(tx);
}

/** Locks the redaction that may go on and has waited for longest, and that nobody else has; undefined when there is none. */
export async function claimRedaction(tx: Tx, now: Date): Promise<AuditJobRow | undefined> {
  const { rows } = await sql<AuditJobRow>`
    select j.*, false as is_held from audit_jobs as j
    where kind = 'redact' and status = 'open' and until_index is not null and turn_at <= ${now}::timestamptz and not ${isHeld}
    order by turn_at, id limit 1 for update of j skip locked`.execute(tx);
  return rows[0];
}

/** Locks a log against other jobs until the transaction ends; its rows are then sealed a moment later. */
export async function lockAuditLog(tx: Tx, log: string): Promise<void> {
  await tx.selectFrom('audit_logs').select('tenant_id').where('tenant_id', '=', log).forUpdate().execute();
}

/** Has a redaction go on from that moment on, behind those that wait already. */
export async function updateRedactionTurn(tx: Tx, id: string, turn_at: Date): Promise<void> {
  await tx.updateTable('audit_jobs').set({ turn_at }).where('id', '=', id).execute();
}

/** A leaf and its row. */
export interface LeafOfRow {
  readonly index: number;
  readonly event_id: string;
}

type Subject = Pick<AuditJobRow, 'actor_id' | 'target_id' | 'source_ip' | 'product' | 'groups'>;

/** Returns the leaves from one index to before another whose rows the redaction is about and has not blanked yet. */
export async function listRedactable(
  tx: Tx,
  job: Subject & Pick<AuditJobRow, 'tenant_id'>,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<LeafOfRow[]> {
  const { tenant_id, groups } = job;
  const conditions = (['actor_id', 'target_id', 'source_ip', 'product'] as const)
    .filter((column) => job[column] !== null)
    .map((column) => sql`a.${sql.ref(column)} = ${job[column]}::${sql.raw(column === 'source_ip' ? 'inet' : 'text')}`);
  const { rows } = await sql<LeafOfRow>`
    select l.index, l.event_id from audit_leaves as l join audit_log as a on a.id = l.event_id
    where l.tenant_id = ${tenant_id}::uuid and l.index >= ${from}::bigint and l.index < ${to}::bigint
      and ${sql.join(conditions, sql` and `)} and not ${isRecord}
      and ('who' = any(${groups}::text[]) and l.who_salt is not null or 'what' = any(${groups}::text[]) and l.what_salt is not null)
    order by l.index`.execute(tx);
  return rows;
}

/** Lets the rest of the transaction change audit rows as jobs of this kind do. The job is open. */
export async function claimAuditRows(tx: Tx, jobId: string): Promise<void> {
  await sql`select set_config('app.audit_job', ${jobId}, true)`.execute(tx);
}

/** Blanks groups of rows. It follows `claimAuditRows`. */
export async function updateRedactedRows(tx: Tx, ids: readonly string[], groups: readonly string[]): Promise<void> {
  const blanks = groups.flatMap((group) => blanked[group as ErasedGroup]);
  await sql`update audit_log set ${sql.join(blanks)} where id = any(${ids}::uuid[])`.execute(tx);
}

const blanked: Readonly<Record<ErasedGroup, readonly RawBuilder<unknown>[]>> = {
  who: [sql`actor_id = 'redacted'`, sql`actor_name = null`, sql`source_ip = null`, sql`reported_by = null`],
  what: [
    sql`target_id = case when target_id is not null then 'redacted' end`,
    sql`target_name = null`,
    sql`description = null`,
    sql`external_id = null`,
    sql`extra = null`,
    sql`metadata = '{}'`,
  ],
};

/** Destroys the salts of blanked groups: their hashes then say nothing of what was there. */
export async function updateRedactedLeaves(
  tx: Tx,
  {
    log,
    indexes,
    groups,
  }: { readonly log: string; readonly indexes: readonly number[]; readonly groups: readonly string[] },
): Promise<void> {
  const salts = groups.map((group) => sql`${sql.ref(`${group}_salt`)} = null`);
  await sql`
    update audit_leaves set ${sql.join(salts)}
    where tenant_id = ${log}::uuid and index = any(${indexes}::bigint[])`.execute(tx);
}

/** The events that say what audit rows say. */
export interface Copies {
  /** Of rows whose payload and target are erased: events with the ids of the rows. */
  readonly emptied: readonly string[];
  /** Events that hold a whole row. */
  readonly whole: readonly string[];
}

const emptied = ({ emptied, whole }: Copies) => sql`
  payload = '{}',
  aggregate_id = case when id = any(${emptied}::uuid[]) then 'redacted' else aggregate_id end
  where id = any(${[...emptied, ...whole]}::uuid[])`;

/** Blanks copies that wait for their place in the log of events. It follows `lockEventHead`. */
export async function updateRedactedOutbox(tx: Tx, copies: Copies): Promise<void> {
  await sql`update outbox_events set ${emptied(copies)}`.execute(tx);
}

/** Blanks copies in the log of events. It follows `lockEventHead` and `claimAuditRows`. */
export async function updateRedactedEvents(tx: Tx, copies: Copies): Promise<void> {
  await sql`update events set ${emptied(copies)}`.execute(tx);
}

/** Gives deliveries of blanked copies the aggregate of their event, and forgets what the receivers answered. */
export async function updateRedactedDeliveries(tx: Tx, { emptied, whole }: Copies): Promise<void> {
  await sql`
    with held as (
      select d.id, e.aggregate_type || ':' || e.aggregate_id as aggregate
      from events as e join webhook_deliveries as d on d.position = e.position
      where e.id = any(${[...emptied, ...whole]}::uuid[]) order by d.id for no key update of d
    ), forgotten as (
      update webhook_attempts set excerpt = null where delivery_id in (select id from held) and excerpt is not null
    )
    update webhook_deliveries as d set aggregate = held.aggregate from held where d.id = held.id`.execute(tx);
}

/** Notes what a job did to leaves. The audit row of this id is in the log already. */
export async function insertAuditJobRecord(tx: Tx, record: Insertable<AuditJobRecords>): Promise<void> {
  await tx.insertInto('audit_job_records').values(record).execute();
}

/** How far a redaction has come. */
export interface Progress {
  readonly next_index: number;
  /** How many more leaves were read, and rows changed. */
  readonly read: number;
  readonly changed: number;
  /** Null: there is more to read. */
  readonly finished_at: Date | null;
  /** When it goes on. */
  readonly turn_at: Date;
}

/** Moves a redaction on. A finished one forgets whom it was about. */
export async function updateRedactionProgress(tx: Tx, id: string, progress: Progress): Promise<void> {
  const { next_index, read, changed, finished_at, turn_at } = progress;
  await tx
    .updateTable('audit_jobs')
    .set((eb) => ({
      next_index,
      turn_at,
      rows_read: eb('rows_read', '+', read),
      rows_changed: eb('rows_changed', '+', changed),
      ...(finished_at === null
        ? {}
        : { status: 'done', finished_at, actor_id: null, target_id: null, source_ip: null }),
    }))
    .where('id', '=', id)
    .execute();
}

/** Locks the log that has been due for longest to lose old rows, and returns it; undefined when none is due. */
export async function claimDueAuditLog(
  tx: Tx,
  now: Date,
): Promise<{ readonly tenant_id: string; readonly prune_from: number } | undefined> {
  return tx
    .selectFrom('audit_logs')
    .select(['tenant_id', 'prune_from'])
    .where('prune_at', '<=', now.toISOString())
    .where('tenant_id', '<>', REGISTRY_LOG)
    .orderBy('prune_at')
    .limit(1)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst();
}

/** A leaf, and what decides how long its row is kept. */
export interface AgedLeaf extends LeafOfRow {
  readonly product: string | null;
  /** Null: the row is gone. */
  readonly created_at: string | null;
  /** The row tells of what a job did, and is kept for ever. */
  readonly is_record: boolean;
}

/** Returns the next leaves from an index on. */
export async function listAgedLeaves(
  tx: Tx,
  log: string,
  { from, limit }: { readonly from: number; readonly limit: number },
): Promise<AgedLeaf[]> {
  const { rows } = await sql<AgedLeaf>`
    select l.index, l.event_id, a.product, a.created_at, coalesce(${isRecord}, false) as is_record
    from (
      select index, event_id from audit_leaves
      where tenant_id = ${log}::uuid and index >= ${from}::bigint order by index limit ${limit}::int
    ) as l left join audit_log as a on a.id = l.event_id
    order by l.index`.execute(tx);
  return rows;
}

/** Deletes rows. It follows `claimAuditRows`. */
export async function deleteAuditRows(tx: Tx, ids: readonly string[]): Promise<void> {
  await sql`delete from audit_log where id = any(${ids}::uuid[])`.execute(tx);
}

/** Deletes the leaves of those tiles that have no row any more: the tile has their hashes. */
export async function deleteEmptyTiles(tx: Tx, log: string, tiles: readonly number[]): Promise<void> {
  await sql`
    delete from audit_leaves as l using audit_tiles as t
    where t.tenant_id = ${log}::uuid and t.level = 0 and t.tile = any(${tiles}::bigint[])
      and l.tenant_id = t.tenant_id and l.index >= t.tile * 256 and l.index < (t.tile + 1) * 256
      and not exists (
        select from audit_leaves as o join audit_log as a on a.id = o.event_id
        where o.tenant_id = t.tenant_id and o.index >= t.tile * 256 and o.index < (t.tile + 1) * 256
      )`.execute(tx);
}

/** Says from where, and from when on, a log loses old rows next. */
export async function updateAuditLogPruned(
  tx: Tx,
  log: string,
  next: { readonly prune_from?: number; readonly prune_at: Date },
): Promise<void> {
  await tx.updateTable('audit_logs').set(next).where('tenant_id', '=', log).execute();
}

/** Ends a job that did all of its work in this transaction. */
export async function updateAuditJobDone(
  tx: Tx,
  id: string,
  done: Pick<Insertable<AuditJobs>, 'finished_at' | 'rows_read' | 'rows_changed'>,
): Promise<void> {
  await tx
    .updateTable('audit_jobs')
    .set({ ...done, status: 'done' })
    .where('id', '=', id)
    .execute();
}

/** Tells whether more audit rows than that name the tenant. */
export async function findMoreAuditRows(db: Db, tenantId: string, than: number): Promise<boolean> {
  const { rows } = await sql`
    select from audit_log where tenant_id = ${tenantId}::uuid offset ${than}::int limit 1`.execute(db);
  return rows.length > 0;
}

/** Returns the id of the open job that lets go of the tenant's rows. The caller has locked the tenant. */
export async function findOpenRelease(tx: Tx, tenantId: string): Promise<string | undefined> {
  const found = await tx
    .selectFrom('audit_jobs')
    .select('id')
    .where('kind', '=', sql.lit('release' as const))
    .where('status', '=', sql.lit('open'))
    .where('tenant_id', '=', tenantId)
    .executeTakeFirst();
  return found?.id;
}

/** Lets so many of the tenant's rows go, notes it with the job, and returns how many they were. It follows `claimAuditRows`. */
export async function updateReleasedRows(
  tx: Tx,
  { job, tenant_id, limit }: { readonly job: string; readonly tenant_id: string; readonly limit: number },
): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    with let_go as (
      update audit_log set tenant_id = null
      where id = any(array(select id from audit_log where tenant_id = ${tenant_id}::uuid limit ${limit}::int))
      returning id
    ), counted as (select count(*) as n from let_go)
    update audit_jobs set rows_read = rows_read + n, rows_changed = rows_changed + n from counted
    where id = ${job}::uuid returning n`.execute(tx);
  return rows[0]?.n ?? 0;
}

/** Ends the job that let go of the tenant's rows, if there is one. */
export async function updateReleaseDone(tx: Tx, tenantId: string, finishedAt: Date): Promise<void> {
  await tx
    .updateTable('audit_jobs')
    .set({ status: 'done', finished_at: finishedAt })
    .where('kind', '=', sql.lit('release' as const))
    .where('status', '=', sql.lit('open'))
    .where('tenant_id', '=', tenantId)
    .execute();
}
