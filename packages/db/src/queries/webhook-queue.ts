/**
 * Every statement of the delivery of webhooks. Endpoints are claimed, not deliveries: whoever has the lease of an endpoint
 * delivers to it, and every write names the lease, so a process that lost it changes nothing any more. All times are of the
 * database's clock (docs/decisions/0031-fair-deliveries.md).
 */
import { type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../handles.ts';
import type { WebhookEndpoints } from '../schema.ts';

/** For how long a claimed endpoint is one process's: longer than a turn with its last attempt. */
const LEASE_SECONDS = 60;
/** Of an endpoint's pending deliveries only so many of the oldest are looked at. */
const LOOKED_AT = 200;
/** From so many failures in a row on an endpoint is only probed. */
export const FAILURES_MAX = 3;
/** An endpoint is fast when its last attempt succeeded within this time. */
export const FAST_MS = 2_000;
/** The shortest and the longest pause between two probes. */
const PROBE_SECONDS = { min: 10, max: 300 };

export type WebhookEndpointRow = Selectable<WebhookEndpoints>;
export type Lane = 'fast' | 'slow';

/** What of an endpoint's pending deliveries may go, if due: the first of each aggregate, or the first alone. */
const orderKey = sql`case when w.ordering = 'endpoint' then '' else d.aggregate end`;
const firstOfEach = sql`
  select distinct on (${orderKey}) d.*
  from (
    select * from webhook_deliveries where endpoint_id = w.id and state = 'pending' order by position, id limit ${sql.lit(LOOKED_AT)}
  ) as d
  order by ${orderKey}, d.position, d.id`;
const nextDue = sql`(select min(f.next_attempt_at) from (${firstOfEach}) as f)`;
const isFast = sql`coalesce(w.last_ok_ms <= ${sql.lit(FAST_MS)}, false)`;
const isProbed = sql`w.failures >= ${sql.lit(FAILURES_MAX)}`;

/** The endpoints that have something pending, each found by one probe of the index: those without cost nothing. */
const waiting = sql`waiting as (
  (select endpoint_id from webhook_deliveries where state = 'pending' order by endpoint_id limit 1)
  union all
  select (
    select endpoint_id from webhook_deliveries
    where state = 'pending' and endpoint_id > waiting.endpoint_id order by endpoint_id limit 1
  ) from waiting where waiting.endpoint_id is not null
)`;

export interface EndpointClaim {
  readonly lane: Lane;
  readonly limit: number;
  /** Endpoints of one tenant that may be claimed; the platform counts as a tenant. */
  readonly tenantMax: number;
  /** How many fewer those tenants may have; null: the platform. */
  readonly taken: ReadonlyMap<string | null, number>;
}

export interface ClaimedEndpoint {
  readonly id: string;
  readonly tenant_id: string | null;
  readonly lease_id: string;
}

/** The key of the platform where tenants are counted. */
const PLATFORM = '00000000-0000-0000-0000-000000000000';
/** Of the due endpoints of a lane only so many are looked at; those of tenants that have their share are passed over. */
const CANDIDATES = 1_000;

/** Leases the endpoints of the lane that have been due for longest, and returns them; each has a lease of its own. */
export async function claimEndpoints(tx: Tx, claim: EndpointClaim): Promise<ClaimedEndpoint[]> {
  const { lane, limit, tenantMax, taken } = claim;
  const tenants = [...taken.keys()].map((tenant) => tenant ?? PLATFORM);
  const { rows } = await sql<ClaimedEndpoint>`
    with used as (
      select * from unnest(${tenants}::uuid[], ${[...taken.values()]}::int[]) as u (tenant, places)
    ), due as (
      select w.id, w.next_at, coalesce(w.tenant_id, ${PLATFORM}) as tenant
      from webhook_endpoints w
      where w.next_at <= now() and w.status = 'active' and (w.lease_until is null or w.lease_until <= now())
        and ${isFast} = ${lane === 'fast'}
        and not exists (
          select from used where tenant = coalesce(w.tenant_id, ${PLATFORM}) and places >= ${tenantMax}::int
        )
      order by w.next_at limit ${CANDIDATES}
    ), shared as (
      select due.id, due.next_at, coalesce(used.places, 0) + row_number() over (partition by due.tenant order by due.next_at, due.id) as nth
      from due left join used on used.tenant = due.tenant
    ), mine as (
      select id from webhook_endpoints
      where id in (select id from shared where nth <= ${tenantMax}::int order by next_at limit ${limit})
        and next_at <= now() and status = 'active' and (lease_until is null or lease_until <= now())
      for no key update skip locked
    )
    update webhook_endpoints w
    set lease_id = gen_random_uuid(), lease_until = now() + make_interval(secs => ${LEASE_SECONDS})
    from mine where w.id = mine.id
    returning w.id, w.tenant_id, w.lease_id`.execute(tx);
  return rows;
}

export type LeasedEndpoint = Pick<
  WebhookEndpointRow,
  'id' | 'tenant_id' | 'url' | 'format' | 'signature' | 'ordering' | 'failures' | 'last_ok_ms'
>;

/**
 * Locks the endpoint while the lease is the caller's; undefined when it is not, or the endpoint is disabled or deleted.
 * `locked`: another transaction has the endpoint, and is not waited for.
 */
export async function lockLeasedEndpoint(
  tx: Tx,
  { id, lease_id }: Pick<ClaimedEndpoint, 'id' | 'lease_id'>,
): Promise<LeasedEndpoint | 'locked' | undefined> {
  const leased = tx
    .selectFrom('webhook_endpoints')
    .select(['id', 'tenant_id', 'url', 'format', 'signature', 'ordering', 'failures', 'last_ok_ms'])
    .where('id', '=', id)
    .where('lease_id', '=', lease_id)
    .where('status', '=', 'active');
  const endpoint = await leased.forNoKeyUpdate().skipLocked().executeTakeFirst();
  if (endpoint !== undefined) return endpoint;
  return (await leased.executeTakeFirst()) === undefined ? undefined : 'locked';
}

export interface DeliverableRow {
  readonly delivery_id: string;
  /** Those that were made and recorded. */
  readonly attempts: number;
  readonly replay_of: string | null;
  /** Since the event happened. */
  readonly age_ms: number;
  readonly id: string;
  readonly tenant_id: string | null;
  readonly project_id: string | null;
  readonly product: string | null;
  readonly aggregate_type: string;
  readonly aggregate_id: string;
  readonly event_type: string;
  readonly payload: Record<string, unknown>;
  readonly occurred_at: string;
}

/** Returns the oldest deliveries that are due and may go now, with their events; those under way hold their aggregate back. */
export async function listDeliverable(
  db: Db,
  endpointId: string,
  { underWay, limit }: { readonly underWay: readonly string[]; readonly limit: number },
): Promise<DeliverableRow[]> {
  const { rows } = await sql<DeliverableRow>`
    select f.id as delivery_id, f.attempts, f.replay_of,
      (extract(epoch from clock_timestamp() - e.occurred_at) * 1000)::float8 as age_ms,
      e.id, e.tenant_id, e.project_id, e.product, e.aggregate_type, e.aggregate_id, e.event_type, e.payload, e.occurred_at
    from webhook_endpoints w
      cross join lateral (${firstOfEach}) as f
      join events e on e.position = f.position
    where w.id = ${endpointId} and f.next_attempt_at <= now() and f.id <> all(${underWay}::uuid[])
    order by f.position, f.id limit ${limit}`.execute(db);
  return rows;
}

export interface AttemptRow {
  readonly delivery_id: string;
  readonly duration_ms: number;
  /** How long ago the attempt began. */
  readonly ago_ms: number;
  readonly status: number | null;
  readonly error: string | null;
  readonly excerpt: string | null;
  readonly state: 'pending' | 'succeeded' | 'failed';
  /** After which a pending delivery is tried again. */
  readonly retry_ms: number | null;
}

/**
 * Records attempts, moves their deliveries on, and returns how many deliveries became failed. A delivery that is no longer
 * pending stays as it is; one that was pruned is passed over.
 */
export async function appendAttempts(tx: Tx, attempts: readonly AttemptRow[]): Promise<number> {
  const { rows } = await sql<{ failed: number }>`
    with given as (
      select * from jsonb_to_recordset(${JSON.stringify(attempts)}::text::jsonb) as g (
        delivery_id uuid, duration_ms int, ago_ms float8, status int, error text, excerpt text, state text, retry_ms float8
      )
    ), held as (
      select d.id, d.tenant_id from webhook_deliveries d
      where d.id in (select delivery_id from given) for no key update
    ), noted as (
      insert into webhook_attempts (delivery_id, tenant_id, n, started_at, duration_ms, status, error, excerpt)
      select held.id, held.tenant_id,
        (select coalesce(max(a.n), 0) + 1 from webhook_attempts a where a.delivery_id = held.id),
        now() - make_interval(secs => g.ago_ms / 1000), g.duration_ms, g.status, g.error, g.excerpt
      from held join given g on g.delivery_id = held.id
    ), moved as (
      update webhook_deliveries d
      set attempts = d.attempts + 1, state = g.state,
        next_attempt_at = case when g.retry_ms is null then d.next_attempt_at else now() + make_interval(secs => g.retry_ms / 1000) end
      from held join given g on g.delivery_id = held.id
      where d.id = held.id and d.state = 'pending'
      returning d.state
    )
    select count(*) filter (where state = 'failed') as failed from moved`.execute(tx);
  return rows[0]?.failed ?? 0;
}

export interface EndpointHealth {
  /** Failed attempts in a row. */
  readonly failures: number;
  /** An attempt succeeded since the last write. */
  readonly succeeded: boolean;
  /** How long the last attempt took when it succeeded. */
  readonly last_ok_ms: number | null;
  /** Deliveries that were given up since the last write. */
  readonly given_up: number;
}

/** Writes how the endpoint did; returns whether every attempt of five days has failed. It follows `lockLeasedEndpoint`. */
export async function updateEndpointHealth(
  tx: Tx,
  id: string,
  { failures, succeeded, last_ok_ms, given_up }: EndpointHealth,
): Promise<boolean> {
  const { rows } = await sql<{ failing: boolean }>`
    update webhook_endpoints set
      failures = ${failures}::int,
      failing_since = case
        when ${failures}::int = 0 then null when ${succeeded}::boolean then now() else coalesce(failing_since, now())
      end,
      last_ok_ms = ${last_ok_ms}::int,
      given_up = given_up + ${given_up}::int,
      given_up_since = case when ${given_up}::int > 0 then coalesce(given_up_since, now()) else given_up_since end
    where id = ${id}
    returning coalesce(failing_since <= now() - interval '5 days', false) as failing`.execute(tx);
  return rows[0]?.failing ?? false;
}

/**
 * Gives the lease back, if it is the caller's: the endpoint goes to the end of the line of those that have something due,
 * waits until something is, or is idle. `pauseMs` is the least that it waits.
 */
export async function updateEndpointReleased(
  tx: Tx,
  { id, lease_id }: Pick<ClaimedEndpoint, 'id' | 'lease_id'>,
  pauseMs: number,
): Promise<void> {
  await sql`
    update webhook_endpoints w
    set lease_id = null, lease_until = null, next_at = case
      when due.at is null or w.status <> 'active' then null else greatest(due.at, now() + make_interval(secs => ${pauseMs / 1_000}::float8))
    end
    from (select w.id, ${nextDue} as at from webhook_endpoints w where w.id = ${id}) as due
    where w.id = due.id and w.lease_id = ${lease_id}`.execute(tx);
}

/**
 * Finds active endpoints in no line, or too far back in it, that have pending deliveries, puts them in, and returns how
 * many: so no wake is ever lost, whether its sender skipped a locked row, was overtaken by the end of a turn, or crashed.
 * Endpoints that are only probed wait for the shortest pause between probes.
 */
export async function claimIdleEndpoints(tx: Tx, limit: number): Promise<number> {
  const pause = sql`make_interval(secs => case when ${isProbed} then ${sql.lit(PROBE_SECONDS.min)} else 0 end)`;
  const wait = sql`make_interval(secs => case when ${isProbed} then ${sql.lit(PROBE_SECONDS.max)} else 0 end)`;
  const { rows } = await sql`
    with recursive ${waiting}, found as (
      select w.id, greatest(due.at, now() + ${pause}) as at
      from waiting join webhook_endpoints w on w.id = waiting.endpoint_id
        cross join lateral (select ${nextDue} as at) as due
      where w.status = 'active' and w.lease_id is null and due.at is not null
        and (w.next_at is null or w.next_at > now() + ${wait})
    ), mine as (
      select w.id, found.at from webhook_endpoints w join found on found.id = w.id
      where w.status = 'active' and w.lease_id is null and (w.next_at is null or found.at < w.next_at)
      limit ${limit} for no key update of w skip locked
    )
    update webhook_endpoints w set next_at = mine.at from mine where w.id = mine.id returning w.id`.execute(tx);
  return rows.length;
}

/** Disables the endpoint while the lease is the caller's, and returns it; undefined when it is not, or it was disabled before. */
export async function updateEndpointDisabled(
  tx: Tx,
  { id, lease_id }: Pick<ClaimedEndpoint, 'id' | 'lease_id'>,
  reason: 'gone' | 'failing',
): Promise<WebhookEndpointRow | undefined> {
  return tx
    .updateTable('webhook_endpoints')
    .set({ status: 'disabled', disabled_reason: reason, next_at: null, lease_id: null, lease_until: null })
    .where('id', '=', id)
    .where('lease_id', '=', lease_id)
    .where('status', '=', 'active')
    .returningAll()
    .executeTakeFirst();
}

/** Lists the endpoints that gave deliveries up of which nobody was told, unless one was told of less than ten minutes ago. */
export async function listGivenUp(db: Db, limit: number): Promise<Pick<WebhookEndpointRow, 'id' | 'tenant_id'>[]> {
  const { rows } = await sql<Pick<WebhookEndpointRow, 'id' | 'tenant_id'>>`
    select id, tenant_id from webhook_endpoints
    where given_up > 0 and (given_up_told_at is null or given_up_told_at <= now() - interval '10 minutes')
    order by given_up_since limit ${limit}`.execute(db);
  return rows;
}

/** What an endpoint gave up since it was last told of. */
export interface GivenUp extends Pick<WebhookEndpointRow, 'id' | 'tenant_id' | 'url'> {
  readonly count: number;
  readonly since: string;
}

/** Marks what the endpoint gave up as told, and returns it; undefined when another process has told it. */
export async function claimGivenUp(tx: Tx, id: string): Promise<GivenUp | undefined> {
  const { rows } = await sql<GivenUp>`
    with before as (
      select id, given_up, given_up_since from webhook_endpoints
      where id = ${id} and given_up > 0 and (given_up_told_at is null or given_up_told_at <= now() - interval '10 minutes')
      for no key update
    )
    update webhook_endpoints w set given_up = 0, given_up_since = null, given_up_told_at = now()
    from before where w.id = before.id
    returning w.id, w.tenant_id, w.url, before.given_up as count, before.given_up_since as since`.execute(tx);
  return rows[0];
}

/** Returns the age of the oldest pending delivery of each lane that has one, in seconds. */
export async function findOldestUndelivered(db: Db): Promise<{ readonly [name in Lane]?: number }> {
  const { rows } = await sql<{ lane: Lane; seconds: number }>`
    with recursive ${waiting}
    select case when ${isFast} then 'fast' else 'slow' end as lane,
      max(extract(epoch from now() - oldest.created_at))::float8 as seconds
    from waiting join webhook_endpoints w on w.id = waiting.endpoint_id cross join lateral (
      select created_at from webhook_deliveries
      where endpoint_id = w.id and state = 'pending' order by position, id limit 1
    ) as oldest
    where w.status = 'active' group by 1`.execute(db);
  return Object.fromEntries(rows.map(({ lane, seconds }) => [lane, seconds]));
}

/** Counts the pending deliveries, up to a limit. */
export async function findUndeliveredCount(db: Db, limit: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count
    from (select from webhook_deliveries where state = 'pending' limit ${limit}) as pending`.execute(db);
  return rows[0]?.count ?? 0;
}
