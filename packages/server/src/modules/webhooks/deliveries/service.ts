/** What owners of webhooks see of deliveries, and how they ask for them once more. */
import { eventLog, webhooks } from '@tenant-registry/db';
import { addDays } from '../../../kernel/clock.ts';
import type { ActorContext } from '../../../kernel/context.ts';
import { paginate } from '../../../kernel/cursors.ts';
import { kernelErrors } from '../../../kernel/errors.ts';
import { transact } from '../../../kernel/transact.ts';
import { eventErrors } from '../../events/errors.ts';
import { getEndpoint, lockActiveEndpoint } from '../endpoint.ts';
import { requireEventTypes } from '../event-types.ts';
import {
  ATTEMPTS_SHOWN_MAX,
  type Delivery,
  type DeliveryName,
  type DeliveryWithAttempts,
  type ListDeliveries,
  REPLAYED_MAX,
  type Replayed,
  type ReplayWebhook,
  webhookEvents,
} from '../schema.ts';
import { findReplayable } from './replayable.ts';

/** One page of the deliveries to a webhook, those of the newest events first. Throws `not_found`, `tenant_archived`. */
export async function listDeliveries(ctx: ActorContext, input: ListDeliveries) {
  const { id, state, event_type, since, until } = input;
  await getEndpoint(ctx, id);
  const { items, next_cursor } = await paginate(ctx.cursors, {
    list: 'webhook_deliveries',
    input,
    keyOf: (row: webhooks.DeliveryRow) => [String(row.position), row.id],
    fetch: (page) => webhooks.listDeliveries(ctx.db, id, { state, event_type, since, until, ...page }),
  });
  return { items: items.map(shown), next_cursor };
}

/** A delivery and its newest attempts. Throws `not_found`, `tenant_archived`. */
export async function getDelivery(ctx: ActorContext, { id, delivery_id }: DeliveryName): Promise<DeliveryWithAttempts> {
  await getEndpoint(ctx, id);
  const row = await webhooks.findDelivery(ctx.db, { endpoint_id: id, id: delivery_id });
  if (row === undefined) throw kernelErrors.notFound();
  return { ...shown(row), attempts_made: await webhooks.listAttempts(ctx.db, delivery_id, ATTEMPTS_SHOWN_MAX) };
}

/**
 * Makes the delivery due now, whatever became of it: the event is sent again with its id. Throws `webhook_disabled`,
 * `not_found`, `tenant_frozen`.
 */
export async function retryDelivery(ctx: ActorContext, { id, delivery_id }: DeliveryName): Promise<Delivery> {
  const row = await transact(ctx, async (tx, record) => {
    const endpoint = await lockActiveEndpoint(ctx, tx, id);
    const delivery = await webhooks.updateDeliveryToPending(tx, { endpoint_id: id, id: delivery_id });
    if (delivery === undefined) throw kernelErrors.notFound();
    await webhooks.touchWebhookQueue(tx, id);
    const part = { since: null, until: null };
    await record(webhookEvents.replayed, { ...endpoint, ...part, deliveries: 1, delivery_id });
    return delivery;
  });
  ctx.signals.tell('deliverable');
  return shown(row);
}

/**
 * Makes new deliveries of a part of the log, at most 10,000, in its order. Throws `event_expired` when the part begins
 * before the oldest event that is kept, `unknown_event_type`, `webhook_disabled`, `not_found`, `tenant_frozen`.
 */
export async function replayWebhook(ctx: ActorContext, input: ReplayWebhook): Promise<Replayed> {
  const { id, since, until, only_failed } = input;
  const { tenant_id } = await getEndpoint(ctx, id);
  const event_types = requireEventTypes(ctx, input.event_types ?? ['*']);
  await requireKept(ctx, since);
  const replay = { endpoint_id: id, tenant_id, event_types, since, until, only_failed };
  // The log is read before the endpoint is locked: its deliveries go on meanwhile.
  const positions = await findReplayable(ctx, replay, REPLAYED_MAX);
  const deliveries = await transact(ctx, async (tx, record, nothingChanged) => {
    const endpoint = await lockActiveEndpoint(ctx, tx, id);
    const made = await webhooks.insertReplay(tx, replay, positions);
    if (made === 0) {
      nothingChanged();
      return made;
    }
    await webhooks.touchWebhookQueue(tx, id);
    await record(webhookEvents.replayed, { ...endpoint, deliveries: made, since, until, delivery_id: null });
    return made;
  });
  if (deliveries > 0) ctx.signals.tell('deliverable');
  return { deliveries };
}

/** Throws `event_expired` when events from that time on may have been pruned. A log that begins at its first event has lost none. */
async function requireKept({ root, clock, eventsRetentionDays }: ActorContext, since: string): Promise<void> {
  const oldest = await webhooks.findOldestEvent(root);
  if (oldest?.position === 1 || (oldest === undefined && (await eventLog.findEventHead(root)) === 0)) return;
  const keptFrom = oldest === undefined ? addDays(clock(), -eventsRetentionDays) : new Date(oldest.occurred_at);
  if (new Date(since) < keptFrom) throw eventErrors.eventExpired();
}

function shown(row: webhooks.DeliveryRow): Delivery {
  const { id, event_id, event_type, state, attempts, replay_of, created_at } = row;
  const next_attempt_at = state === 'pending' ? row.next_attempt_at : null;
  return {
    id,
    webhook_id: row.endpoint_id,
    event_id,
    event_type,
    state,
    attempts,
    next_attempt_at,
    replay_of,
    created_at,
  };
}
