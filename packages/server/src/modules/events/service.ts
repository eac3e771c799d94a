/** Events for readers: live, from where a reader was, and page by page. */
import { type BytesRequest, eventLog, type RowsWithin } from '@tenant-registry/db';
import type { ActorContext } from '../../kernel/context.ts';
import { paginateLarge } from '../../kernel/cursors.ts';
import { asText, toEventStream } from '../../kernel/feed/to-event-stream.ts';
import type { FeedReader } from '../../kernel/feed.ts';
import type { Permission } from '../../kernel/permissions.ts';
import { spanOf } from '../../kernel/reach.ts';
import type { LogStream } from '../../kernel/streams/event-stream.ts';
import { trackedEvents } from '../../kernel/streams/tracked-events.ts';
import { eventErrors } from './errors.ts';
import { toEvent } from './event.ts';
import { type Followed, type Told, textOf } from './feed/followed.ts';
import { itemsOf } from './feed/items-of.ts';
import type { FollowEvents, ListEvents } from './schema.ts';
import { neededFor, requireTypes } from './types.ts';

export type { Followed } from './feed/followed.ts';

/** Rows of a page that one statement looks at. */
const PAGE_ROWS = 67;

/** Whose events a reader asks for. */
export interface FollowInput {
  /** Absent: those of the caller's own tenant, or of all tenants for a caller of the platform. */
  readonly tenant_id?: string | undefined;
  /** Types, `tenant.*` or `*`, as a list or separated by commas; absent: `*`. */
  readonly types?: string | readonly string[] | undefined;
  /** The id of the last event that is known, or `start`; absent: from now on. `Last-Event-ID` goes before it. */
  readonly after?: string | undefined;
}

/**
 * Returns the events as server-sent events, from where the caller was. Throws `not_found` for another tenant and
 * `unknown_event_type`; opening the stream throws `event_expired`, `too_many_listeners` and `overloaded`.
 */
export function streamEvents(ctx: ActorContext, input: FollowInput, permission: Permission): LogStream {
  const open = opening(ctx, input, permission);
  return { of: 'events', ...toEventStream(async (cut) => asText(await open(cut), textOf)) };
}

/**
 * Returns the same events one by one, for callers of tRPC. It throws like `streamEvents` before it returns; the first
 * `next` rejects with what opening a stream throws. It ends after a `bye`, and at once when it is returned or when
 * the signal of the context aborts. A reader that is too slow aborts `cut` of the context.
 */
function followEvents(
  ctx: ActorContext,
  input: FollowInput,
  permission: Permission = 'events:read',
): AsyncGenerator<Followed, void, void> {
  const open = opening(ctx, input, permission);
  return itemsOf(() => open(ctx.cut));
}

/** Returns the same events for a subscription of tRPC: after the id that its client remembers, else after `after`. */
export function trackEvents(ctx: ActorContext, { lastEventId, after, ...wanted }: FollowEvents) {
  return trackedEvents(followEvents(ctx, { ...wanted, after: lastEventId ?? after }));
}

/** Refuses what can be refused at once, and returns how to begin. */
function opening(ctx: ActorContext, input: FollowInput, permission: Permission) {
  const scope = scopeOf(ctx, input);
  const { db, actor, signal, lastEventId, eventFeed } = ctx;
  return (cut: AbortController): Promise<FeedReader<Told>> =>
    eventFeed.open({
      db,
      tenantId: actor.tenant_id,
      scope,
      after: lastEventId ?? input.after ?? null,
      mayHear: () => stillMay(ctx, [permission, ...neededFor(scope.types)]),
      cut,
      signal,
    });
}

/** Whether the credential still holds all of them. */
async function stillMay({ stillAccepted }: ActorContext, permissions: readonly Permission[]): Promise<boolean> {
  for (const permission of permissions) if (!(await stillAccepted(permission))) return false;
  return true;
}

/** One page of what the log has, oldest first. Throws `invalid_cursor`, `not_found`, `unknown_event_type`, `event_expired`, `tenant_busy`. */
export async function listEvents(ctx: ActorContext, input: ListEvents) {
  const scope = scopeOf(ctx, input);
  const { items, next_cursor } = await paginateLarge(ctx, {
    list: 'events',
    input,
    keyOf: ({ id }: eventLog.EventRow) => [id],
    fetch: (page) => fetchPage(ctx, scope, page),
    rowsAtOnce: PAGE_ROWS,
  });
  return { items: items.map(toEvent), next_cursor };
}

/** A cursor holds the id of an event and no position, which would tell how busy other tenants are. */
async function fetchPage(
  { db }: ActorContext,
  scope: eventLog.EventScope,
  { limit, bytesMax, after: [id] = [] }: BytesRequest,
): Promise<RowsWithin<eventLog.EventRow>> {
  const after = id === undefined ? 0 : await eventLog.findEventPosition(db, id, scope);
  if (after === undefined) throw eventErrors.eventExpired();
  return eventLog.listEventsWithin(db, scope, { after, limit, bytesMax });
}

/** Returns the events that the caller asks for and may read. Throws `not_found`, `unknown_event_type`. */
function scopeOf(
  ctx: ActorContext,
  { tenant_id, types }: Omit<FollowInput, 'after'>,
): eventLog.EventScope & { readonly types: readonly string[] } {
  const wanted = typeof types === 'string' ? types.split(',') : (types ?? ['*']);
  requireTypes(ctx, wanted, () => '/types');
  return { ...spanOf(ctx, { tenant_id }), types: wanted };
}
