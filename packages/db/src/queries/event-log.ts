/** Every statement about the log of events: its end, what is moved to it, its readers, and its left edge. */
import { type RawBuilder, type Selectable, type SqlBool, sql } from 'kysely';
import type { Db, Tx } from '../handles.ts';
import { type RowsWithin, rowsWithin } from '../keyset.ts';
import type { Events } from '../schema.ts';

/** The channel on which a replica hears that the log has grown. */
export const EVENTS_CHANNEL = 'tenant_registry_events';

export type EventRow = Selectable<Events>;

/**
 * Carries a whole audit row, and so most of what another event already told: only who names it, exactly or as all of its
 * noun, gets it, and `*` leaves it out.
 */
export const AUDIT_EVENT = 'audit.event';

/** SQL: the names under which readers ask for an event of the type. */
export function namesOfType(type: RawBuilder<unknown>): RawBuilder<string[]> {
  return sql`array[${type}, split_part(${type}, '.', 1) || '.*', case when ${type} <> ${sql.lit(AUDIT_EVENT)} then '*' end]`;
}

/** Locks the end of the log and returns its position; undefined while another process has it. */
export async function claimEventHead(tx: Tx): Promise<number | undefined> {
  const { rows } = await sql<{ position: number }>`/* prepare claim_event_head */
    select position from event_head where id = 1 for update skip locked`.execute(tx);
  return rows[0]?.position;
}

/** Locks the end of the log, waiting for whoever moves events: until the transaction ends none is moved. */
export async function lockEventHead(tx: Tx): Promise<void> {
  await tx.selectFrom('event_head').select('id').where('id', '=', 1).forUpdate().execute();
}

/** What one batch did. */
export interface AppendedEvents {
  readonly events: number;
  readonly deliveries: number;
}

/**
 * Moves up to `limit` events from the queue to the log, at the positions after `head`, makes a delivery of each for every
 * endpoint that wants it, wakes those endpoints, and tells the listening replicas. It runs after `claimEventHead`, as a
 * statement of its own: its snapshot is then newer than the last batch. Endpoints that somebody changes right now are
 * not waited for: `claimIdleEndpoints` finds them.
 */
export async function appendEvents(tx: Tx, head: number, limit: number): Promise<AppendedEvents> {
  const { rows } = await sql<AppendedEvents>`/* prepare append_events */
    with moved as (
      delete from outbox_events where seq in (select seq from outbox_events order by seq limit ${limit}) returning *
    ), logged as (
      insert into events (position, id, tenant_id, project_id, product, aggregate_type, aggregate_id, event_type, payload, occurred_at)
      select ${head}::bigint + row_number() over (order by seq), id, tenant_id, project_id, product, aggregate_type,
        aggregate_id, event_type, payload, occurred_at
      from moved
      returning position, id, tenant_id, aggregate_type, aggregate_id, event_type
    ), wanted as (
      select w.id as endpoint_id, w.tenant_id, l.id as event_id, l.event_type, l.position,
        l.aggregate_type || ':' || l.aggregate_id as aggregate
      from logged l join webhook_endpoints w on w.status = 'active' and (w.tenant_id is null or w.tenant_id = l.tenant_id)
      where w.event_types && ${namesOfType(sql`l.event_type`)}
        -- An endpoint is not told of its own failures, which would never end.
        and not (l.event_type = 'webhook.deliveries_failed' and l.aggregate_id = w.id::text)
    ), fanned as (
      insert into webhook_deliveries (endpoint_id, tenant_id, event_id, event_type, position, aggregate)
      select endpoint_id, tenant_id, event_id, event_type, position, aggregate from wanted
      returning endpoint_id
    ), woken as (
      update webhook_endpoints set next_at = now() where id in (
        select id from webhook_endpoints
        where id in (select endpoint_id from fanned)
          -- One that waits for a later attempt goes on with what is new; one that fails keeps the pause between its probes.
          and (next_at is null or (next_at > now() and failures < 3))
        for no key update skip locked
      )
    ), moved_on as (
      update event_head set position = ${head}::bigint + (select count(*) from logged)
      where id = 1 and exists (select from logged)
    )
    select (select count(*) from logged) as events, (select count(*) from fanned) as deliveries`.execute(tx);
  const [done] = rows;
  if (done === undefined) throw new Error('a select without a from gives one row');
  if (done.events > 0) await sql`select pg_notify(${EVENTS_CHANNEL}, '')`.execute(tx);
  return done;
}

export interface EventScope {
  /** Absent: of all tenants, and of none. */
  readonly tenant_id?: string | undefined;
  readonly project_id?: string | undefined;
  /** Exact types, `tenant.*` for all of a noun, `*` for all but `AUDIT_EVENT`; absent: every type, that one too. */
  readonly types?: readonly string[] | undefined;
}

export interface EventRange {
  readonly after: number;
  /** The last position that is looked at; absent: the end of the log. */
  readonly until?: number | undefined;
  readonly limit: number;
}

/** Returns the next events after the position, oldest first. */
export function listEvents(db: Db, scope: EventScope, { limit, ...range }: EventRange): Promise<EventRow[]> {
  return eventsOf(db, scope, range).orderBy(placeIn(scope)).limit(limit).execute();
}

/** Returns the next events after the position, oldest first, up to the limit or the size, the earlier of both. */
export function listEventsWithin(
  db: Db,
  scope: EventScope,
  { limit, bytesMax, ...range }: EventRange & { readonly bytesMax: number },
): Promise<RowsWithin<EventRow>> {
  const page = eventsOf(db, scope, range)
    .orderBy(placeIn(scope))
    .limit(limit + 1);
  return rowsWithin(db, page, { ...size, limit, bytesMax });
}

/** The short columns of a row take less than the constant. */
const size = { order: sql`position`, bytes: sql`octet_length(payload::text) + 400` };

/**
 * The events of a tenant are sorted by the expression that only their own index has: by the plain column, the planner would
 * also walk the primary key and pass over the events of others, which are nearly all for a tenant that was busy once and is
 * quiet now. Positions begin at 1.
 */
function placeIn({ tenant_id }: EventScope) {
  return tenant_id === undefined ? sql<number>`position` : sql<number>`greatest(position, 0)`;
}

function eventsOf(db: Db, scope: EventScope, { after, until }: Omit<EventRange, 'limit'>) {
  const { tenant_id, project_id, types } = scope;
  const place = placeIn(scope);
  return db
    .selectFrom('events')
    .selectAll()
    .where(place, '>', after)
    .$if(until !== undefined, (query) => query.where(place, '<=', until as number))
    .$if(tenant_id !== undefined, (query) => query.where('tenant_id', '=', tenant_id as string))
    .$if(project_id !== undefined, (query) => query.where('project_id', '=', project_id as string))
    .$if(types !== undefined, (query) => query.where(typeIsAmong(types as string[])));
}

function typeIsAmong(types: readonly string[]) {
  // What most readers ask for is not compared as lists, which costs more than the rest of a row.
  if (types.length === 1 && types[0] === '*') return sql<SqlBool>`event_type <> ${sql.lit(AUDIT_EVENT)}`;
  return sql<SqlBool>`${types}::text[] && ${namesOfType(sql`event_type`)}`;
}

/** Returns the position of an event inside the scope, whatever its type; undefined when the scope has no such event. */
export async function findEventPosition(db: Db, id: string, scope: EventScope): Promise<number | undefined> {
  const { tenant_id, project_id } = scope;
  const found = await eventsOf(db, { tenant_id, project_id }, { after: 0 })
    .clearSelect()
    .select('position')
    .where('id', '=', id)
    .executeTakeFirst();
  return found?.position;
}

/** Returns the newest event inside the scope, up to the position and whatever its type; undefined when there is none. */
export function findNewestEvent(
  db: Db,
  { tenant_id, project_id }: EventScope,
  until: number,
): Promise<Pick<EventRow, 'id' | 'position'> | undefined> {
  return eventsOf(db, { tenant_id, project_id }, { after: 0, until })
    .clearSelect()
    .select(['id', 'position'])
    .orderBy(placeIn({ tenant_id }), 'desc')
    .limit(1)
    .executeTakeFirst();
}

export interface TimeInLog {
  readonly column: 'recorded_at' | 'occurred_at';
  readonly at: string;
  /** Is added to the time. */
  readonly laterSeconds: number;
}

/**
 * Returns the first position from which on every event was recorded, or happened, at that time or later: by bisection, so
 * as exactly as the times follow the positions. After the last event when there is none.
 */
export async function findPositionAt(db: Db, { column, at, laterSeconds }: TimeInLog): Promise<number> {
  const { rows } = await sql<{ position: number }>`
    with recursive steps as (
      select coalesce((select min(position) from events), 1) as low, coalesce((select max(position) from events), 0) + 1 as high
      union all
      select case when coalesce(e.is_late, true) then low else middle + 1 end,
        case when coalesce(e.is_late, true) then middle else high end
      from steps cross join lateral (select (low + high) / 2 as middle) as m
        left join lateral (
          select ${sql.ref(column)} >= ${at}::timestamptz + make_interval(secs => ${laterSeconds}::float8) as is_late
          from events where position >= m.middle order by position limit 1
        ) as e on true
      where low < high
    )
    select low as position from steps where low = high`.execute(db);
  const [found] = rows;
  if (found === undefined) throw new Error('a bisection ends');
  return found.position;
}

/** Returns the position of the event that many places further, of the tenant or, for null, of all; undefined when the log ends before. */
export async function findStretchEnd(
  db: Db,
  tenantId: string | null,
  { after, rows }: { readonly after: number; readonly rows: number },
): Promise<number | undefined> {
  const scope = { tenant_id: tenantId ?? undefined };
  const end = await eventsOf(db, scope, { after })
    .clearSelect()
    .select('position')
    .orderBy(placeIn(scope))
    .offset(rows - 1)
    .limit(1)
    .executeTakeFirst();
  return end?.position;
}

/** Returns the position of the last event; 0 when there never was one. */
export async function findEventHead(db: Db): Promise<number> {
  const { position } = await db.selectFrom('event_head').select('position').executeTakeFirstOrThrow();
  return position;
}

/**
 * Deletes up to `limit` events from the left edge of the log that are older than so many days by the database's clock, and
 * returns how many. It stops at the first event that is younger, so the log never has a gap: two sequencers may have given
 * close events their times the other way round. `deleteOrphanedDeliveries` follows.
 */
export async function deleteOldEvents(tx: Tx, days: number, limit: number): Promise<number> {
  const { rows } = await sql<{ events: number }>`
    with edge as (
      select position, bool_and(recorded_at < now() - make_interval(days => ${days}::int)) over (order by position) as old
      from (select position, recorded_at from events order by position limit ${limit}) as leftmost
    ), gone as (
      delete from events where position in (select position from edge where old) returning position
    )
    select count(*) as events from gone`.execute(tx);
  return rows[0]?.events ?? 0;
}

/**
 * Deletes up to `limit` deliveries of events that the log does not hold any more, with their attempts, and returns how many.
 * Those that somebody else has locked are left for the next time.
 */
export async function deleteOrphanedDeliveries(tx: Tx, limit: number): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    with orphans as (
      select id from webhook_deliveries
      where position < coalesce((select min(position) from events), (select position + 1 from event_head where id = 1))
      order by position, id limit ${limit} for update skip locked
    ), gone as (
      delete from webhook_deliveries where id in (select id from orphans) returning id
    )
    select count(*) as n from gone`.execute(tx);
  return rows[0]?.n ?? 0;
}
