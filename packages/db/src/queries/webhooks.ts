/** Every statement about the configuration of webhooks: endpoints, their secrets, and what their owners ask of deliveries. */
import { type Insertable, type RawBuilder, type Selectable, sql, type Updateable } from 'kysely';
import { fixedRow } from '../fixed.ts';
import type { Db, Tx } from '../handles.ts';
import { keyset, type PageRequest } from '../keyset.ts';
import type {
  WebhookAttempts,
  WebhookDeliveries,
  WebhookDeliveriesState,
  WebhookEndpoints,
  WebhookEndpointsStatus,
  WebhookSecrets,
} from '../schema.ts';
import { namesOfType } from './event-log.ts';

/** What owners see of an endpoint: the other columns are its place in the queue of deliveries. */
const shown = [
  'id',
  'tenant_id',
  'url',
  'description',
  'event_types',
  'ordering',
  'format',
  'signature',
  'public_key',
  'status',
  'disabled_reason',
  'created_at',
  'updated_at',
] as const;

export type WebhookRow = Pick<Selectable<WebhookEndpoints>, (typeof shown)[number]>;
export type WebhookSecretRow = Selectable<WebhookSecrets>;
export type DeliveryRow = Selectable<WebhookDeliveries>;
export type AttemptRow = Selectable<WebhookAttempts>;

export interface WebhookFilter {
  /** Null: the endpoints of the platform. */
  readonly tenant_id: string | null;
  readonly status?: WebhookEndpointsStatus | undefined;
}

export const findWebhook = fixedRow('find_webhook', (db, id: string) =>
  db.selectFrom('webhook_endpoints').select(shown).where('id', '=', id),
);

/** Locks the endpoint. The log goes on: it makes deliveries without a lock of endpoints, and passes over those that are locked. */
export function lockWebhook(tx: Tx, id: string): Promise<WebhookRow | undefined> {
  return tx.selectFrom('webhook_endpoints').select(shown).where('id', '=', id).forUpdate().executeTakeFirst();
}

/** Lets one transaction at a time make endpoints of the platform, which have no tenant that could be locked. */
export async function lockPlatformWebhooks(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('webhooks of the platform', 0))`.execute(tx);
}

export function listWebhooks(db: Db, { tenant_id, status }: WebhookFilter, page: PageRequest): Promise<WebhookRow[]> {
  return keyset(db.selectFrom('webhook_endpoints').select(shown), ['id'], page)
    .where('tenant_id', tenant_id === null ? 'is' : '=', tenant_id)
    .$if(status !== undefined, (query) => query.where('status', '=', status as WebhookEndpointsStatus))
    .execute();
}

/** Counts the endpoints, the disabled ones too: each may be enabled again. */
export async function findWebhooksInUse(db: Db, tenantId: string | null): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from webhook_endpoints where tenant_id is not distinct from ${tenantId}::uuid`.execute(db);
  return rows[0]?.n ?? 0;
}

export function insertWebhook(tx: Tx, endpoint: Insertable<WebhookEndpoints>): Promise<WebhookRow> {
  return tx
    .insertInto('webhook_endpoints')
    .values({ ...endpoint, ...(endpoint.created_at === undefined ? {} : { updated_at: endpoint.created_at }) })
    .returning(shown)
    .executeTakeFirstOrThrow();
}

export type WebhookChanges = Pick<
  Updateable<WebhookEndpoints>,
  | 'url'
  | 'description'
  | 'event_types'
  | 'ordering'
  | 'format'
  | 'public_key'
  | 'status'
  | 'disabled_reason'
  | 'failures'
  | 'failing_since'
  | 'next_at'
>;

export function updateWebhook(tx: Tx, id: string, changes: WebhookChanges): Promise<WebhookRow> {
  return tx
    .updateTable('webhook_endpoints')
    .set(changes)
    .where('id', '=', id)
    .returning(shown)
    .executeTakeFirstOrThrow();
}

/** Puts the endpoint into the line of those that have something to deliver; one that is there comes first in it. */
export async function touchWebhookQueue(tx: Tx, id: string): Promise<void> {
  await sql`update webhook_endpoints set next_at = now() where id = ${id}`.execute(tx);
}

/** Deletes the endpoint with its secrets. Its deliveries stay until their events are pruned. */
export async function deleteWebhook(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('webhook_endpoints').where('id', '=', id).execute();
}

/** Returns the secrets that sign now, newest first. */
export function listSecrets(db: Db, endpointId: string, now: Date): Promise<WebhookSecretRow[]> {
  return db
    .selectFrom('webhook_secrets')
    .selectAll()
    .where('endpoint_id', '=', endpointId)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now.toISOString())]))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute();
}

export async function insertSecret(tx: Tx, secret: Insertable<WebhookSecrets>): Promise<void> {
  await tx.insertInto('webhook_secrets').values(secret).execute();
}

/** Ends the secrets of the endpoint at the time, those that end earlier excepted. */
export async function updateSecretExpiry(tx: Tx, endpointId: string, expiresAt: Date): Promise<void> {
  await sql`
    update webhook_secrets set expires_at = least(expires_at, ${expiresAt.toISOString()}::timestamptz)
    where endpoint_id = ${endpointId}`.execute(tx);
}

export async function deleteExpiredSecrets(tx: Tx, endpointId: string, now: Date): Promise<void> {
  await tx
    .deleteFrom('webhook_secrets')
    .where('endpoint_id', '=', endpointId)
    .where('expires_at', '<=', now.toISOString())
    .execute();
}

export interface SealingKey {
  readonly key_id: string;
  /** Secrets that are sealed under it. */
  readonly secrets: number;
}

/** Returns the ids of the keys that secrets are sealed under. */
export async function listSealingKeys(db: Db): Promise<SealingKey[]> {
  const { rows } = await sql<SealingKey>`
    select split_part(sealed, '.', 2) as key_id, count(*) as secrets from webhook_secrets group by 1 order by 1`.execute(
    db,
  );
  return rows;
}

/** Locks up to `limit` secrets after the id that are sealed under one of the keys; those that another process seals again are passed over. */
export async function claimSecretsUnder(
  tx: Tx,
  keyIds: readonly string[],
  { after, limit }: { readonly after: string | undefined; readonly limit: number },
): Promise<Pick<WebhookSecretRow, 'id' | 'sealed'>[]> {
  const { rows } = await sql<Pick<WebhookSecretRow, 'id' | 'sealed'>>`
    select id, sealed from webhook_secrets
    where split_part(sealed, '.', 2) = any(${keyIds as string[]}::text[])
      and (${after ?? null}::uuid is null or id > ${after ?? null}::uuid)
    order by id limit ${limit} for update skip locked`.execute(tx);
  return rows;
}

export async function updateSealed(tx: Tx, id: string, sealed: string): Promise<void> {
  await tx.updateTable('webhook_secrets').set({ sealed }).where('id', '=', id).execute();
}

export interface DeliveryFilter {
  readonly state?: WebhookDeliveriesState | undefined;
  readonly event_type?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

/** Returns deliveries of the endpoint, those of the newest events first. */
export function listDeliveries(
  db: Db,
  endpointId: string,
  { state, event_type, since, until, ...page }: DeliveryFilter & PageRequest,
): Promise<DeliveryRow[]> {
  return keyset(db.selectFrom('webhook_deliveries').selectAll(), ['position', 'id'], page)
    .where('endpoint_id', '=', endpointId)
    .$if(state !== undefined, (query) => query.where('state', '=', state as WebhookDeliveriesState))
    .$if(event_type !== undefined, (query) => query.where('event_type', '=', event_type as string))
    .$if(since !== undefined, (query) => query.where('created_at', '>=', since as string))
    .$if(until !== undefined, (query) => query.where('created_at', '<', until as string))
    .execute();
}

export interface DeliveryName {
  readonly endpoint_id: string;
  readonly id: string;
}

export function findDelivery(db: Db, { endpoint_id, id }: DeliveryName): Promise<DeliveryRow | undefined> {
  return db
    .selectFrom('webhook_deliveries')
    .selectAll()
    .where('id', '=', id)
    .where('endpoint_id', '=', endpoint_id)
    .executeTakeFirst();
}

/** Returns the newest attempts of the delivery, newest first. */
export function listAttempts(db: Db, deliveryId: string, limit: number): Promise<AttemptRow[]> {
  return db
    .selectFrom('webhook_attempts')
    .selectAll()
    .where('delivery_id', '=', deliveryId)
    .orderBy('n', 'desc')
    .limit(limit)
    .execute();
}

/** Makes the delivery due now, in whatever state it was; undefined when there is none. */
export function updateDeliveryToPending(tx: Tx, { endpoint_id, id }: DeliveryName): Promise<DeliveryRow | undefined> {
  return tx
    .updateTable('webhook_deliveries')
    .set({ state: 'pending', next_attempt_at: sql<string>`now()` })
    .where('id', '=', id)
    .where('endpoint_id', '=', endpoint_id)
    .returningAll()
    .executeTakeFirst();
}

/** Cancels up to `limit` deliveries of the endpoint that wait, the oldest first, and returns how many. */
export async function updateWaitingToCanceled(tx: Tx, endpointId: string, limit: number): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    with pending as (
      select id from webhook_deliveries where endpoint_id = ${endpointId} and state = 'pending'
      order by position, id limit ${limit} for no key update
    ), canceled as (
      update webhook_deliveries set state = 'canceled' where id in (select id from pending) returning id
    )
    select count(*) as n from canceled`.execute(tx);
  return rows[0]?.n ?? 0;
}

/**
 * Cancels up to `limit` deliveries that wait for an endpoint that is disabled or gone, and returns how many: more than one
 * change cancels by itself, and what the log made while the endpoint was being changed.
 */
export async function updateStrandedToCanceled(tx: Tx, limit: number): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    with stranded as (
      select d.id from webhook_deliveries d left join webhook_endpoints w on w.id = d.endpoint_id
      where d.state = 'pending' and w.status is distinct from 'active'
      limit ${limit} for update of d skip locked
    ), canceled as (
      update webhook_deliveries set state = 'canceled' where id in (select id from stranded) returning id
    )
    select count(*) as n from canceled`.execute(tx);
  return rows[0]?.n ?? 0;
}

export interface Replay {
  readonly endpoint_id: string;
  /** Null: of all tenants, and of none. */
  readonly tenant_id: string | null;
  /** As an endpoint names them: exact, `tenant.*`, `*`. An event must be among these and among the endpoint's own. */
  readonly event_types: readonly string[];
  readonly since: string;
  readonly until: string;
  /** Only events with a delivery that failed or was canceled, and none that succeeded. */
  readonly only_failed: boolean;
}

export interface Stretch {
  readonly after: number;
  /** The last position that is looked at. */
  readonly until: number;
}

/**
 * Returns the positions of up to `limit` events of the stretch that the replay is of, oldest first. An event that waits for
 * its delivery to the endpoint is none of them.
 */
export async function listReplayable(
  db: Db,
  replay: Replay,
  { after, until, limit }: Stretch & { readonly limit: number },
): Promise<number[]> {
  const { endpoint_id, tenant_id, only_failed } = replay;
  const undelivered = sql`
    (
      select distinct position from webhook_deliveries
      where endpoint_id = ${endpoint_id} and position > ${after} and position <= ${until} and state in ('failed', 'canceled')
    ) as f join events e on e.position = f.position`;
  // The expression is that of the index of a tenant's events.
  const place = tenant_id === null ? sql`e.position` : sql`greatest(e.position, 0)`;
  const { rows } = await sql<{ position: number }>`
    select position from (
      ${replayed(replay, only_failed ? undelivered : sql`events e`)} and ${place} > ${after} and ${place} <= ${until}
    ) as wanted
    order by position limit ${limit}`.execute(db);
  return rows.map(({ position }) => position);
}

/**
 * Makes new deliveries of the events at those positions that the replay is of, and returns how many. An event that waits for
 * its delivery to the endpoint gets no other one.
 */
export async function insertReplay(tx: Tx, replay: Replay, positions: readonly number[]): Promise<number> {
  const { endpoint_id, tenant_id } = replay;
  const { rows } = await sql<{ n: number }>`
    with wanted as (
      ${replayed(replay, sql`events e`)} and e.position = any(${positions as number[]}::bigint[])
    ), replayed as (
      insert into webhook_deliveries (endpoint_id, tenant_id, event_id, event_type, position, aggregate, replay_of)
      select ${endpoint_id}, ${tenant_id}::uuid, id, event_type, position, aggregate, last_id from wanted order by position
      returning id
    )
    select count(*) as n from replayed`.execute(tx);
  return rows[0]?.n ?? 0;
}

/** The events that the replay is of, among those of the source. */
function replayed(replay: Replay, source: RawBuilder<unknown>) {
  const { endpoint_id, tenant_id, event_types, since, until, only_failed } = replay;
  return sql`
    select e.id, e.tenant_id, e.event_type, e.position, e.aggregate_type || ':' || e.aggregate_id as aggregate, past.last_id
    from ${source}
      join webhook_endpoints w on w.id = ${endpoint_id}
      left join lateral (
        select bool_or(d.state = 'pending') as waits, bool_or(d.state = 'succeeded') as succeeded,
          (array_agg(d.id order by d.created_at desc, d.id desc))[1] as last_id
        from webhook_deliveries d where d.endpoint_id = w.id and d.position = e.position
      ) past on true
    where ${tenant_id === null ? sql`true` : sql`e.tenant_id = ${tenant_id}::uuid`}
      and e.occurred_at >= ${since}::timestamptz and e.occurred_at < ${until}::timestamptz
      and ${namesOfType(sql`e.event_type`)} && w.event_types
      and ${namesOfType(sql`e.event_type`)} && ${event_types as string[]}::text[]
      and not (e.event_type = 'webhook.deliveries_failed' and e.aggregate_id = w.id::text)
      and past.waits is not true
      and (not ${only_failed}::boolean or (past.last_id is not null and past.succeeded is not true))`;
}

/** Returns the position of the delivery to the endpoint that is that many further; undefined when there are fewer. */
export async function findDeliveriesEnd(
  db: Db,
  endpointId: string,
  { after, rows }: { readonly after: number; readonly rows: number },
): Promise<number | undefined> {
  const end = await db
    .selectFrom('webhook_deliveries')
    .select('position')
    .where('endpoint_id', '=', endpointId)
    .where('position', '>', after)
    .orderBy('position')
    .orderBy('id')
    .offset(rows - 1)
    .limit(1)
    .executeTakeFirst();
  return end?.position;
}

/** Returns the oldest event of the log: what came before it is pruned, unless its position is the first. */
export async function findOldestEvent(
  db: Db,
): Promise<{ readonly position: number; readonly occurred_at: string } | undefined> {
  return db.selectFrom('events').select(['position', 'occurred_at']).orderBy('position').limit(1).executeTakeFirst();
}
