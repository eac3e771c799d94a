/**
 * Tells listeners whose authority changed, as server-sent events. While this replica hears of changes, each is written
 * to every listener before it is answered; `alive` says so, and nothing else does.
 */
import { randomBytes } from 'node:crypto';
import { createRing } from '../../kernel/feed/ring.ts';
import { systemTiming, type Timing } from '../../kernel/feed/timing.ts';
import { asText, toEventStream } from '../../kernel/feed/to-event-stream.ts';
import { BEHIND_MAX, createFeed, type Listener } from '../../kernel/feed.ts';
import type { Gate } from '../../kernel/gate.ts';
import type { Leases } from '../../kernel/leases.ts';
import { type EventStream, eventText } from '../../kernel/streams/event-stream.ts';

export interface ChangeFeed {
  /**
   * Returns the events from the moment at which the stream is opened: after those that were missed since `lastEventId`,
   * else after `reset`. Opening it throws `overloaded` when too many listen, and once the feed is closed.
   */
  open(lastEventId: string | null): EventStream;
  /** The number of listeners. */
  listening(): number;
  /** Ends every stream. */
  close(): void;
}

export interface ChangeFeedOptions {
  /** The source of changes. While a lease is held, it tells of each change before the change is answered. */
  readonly source: Pick<Leases, 'held' | 'onChange'>;
  /** For how long another replica may still answer as before a change that was heard of here: the time of a lease. */
  readonly settleMs: number;
  /** Every listener has a place of it. */
  readonly gate: Gate;
  /** The number of missed events that can still be told later. */
  readonly eventsMax?: number;
  readonly timing?: Timing;
}

const ALIVE_MS = 1_000;
const EVENTS_MAX = 1_000;
const TENANTS_MAX = 500;
const MISSED_LENGTH_MAX = BEHIND_MAX / 2;

/** Makes the feed of this process. Without listeners it does nothing. */
export function createChangeFeed(options: ChangeFeedOptions): ChangeFeed {
  const { source, settleMs, gate, eventsMax = EVENTS_MAX, timing = systemTiming } = options;
  const past = createPast(eventsMax);
  const state = (listener: Listener<string, object>) =>
    source.held() ? eventText('alive', { elapsed_ms: Math.floor(listener.elapsedMs()) }) : eventText('down', {});
  const feed = createFeed<string, object>({
    gate,
    timing,
    sizeOf: ({ length }) => length,
    beatMs: ALIVE_MS,
    onBeat: (listener) => send(listener, state(listener)),
  });
  const stopHearing = source.onChange((tenantIds) => {
    const text = past.add((id) => changeText(tenantIds, id));
    for (const listener of feed.listeners()) send(listener, text);
  });
  const greeting = (listener: Listener<string, object>, lastEventId: string | null) => {
    const missed = past.since(lastEventId) ?? eventText('reset', {}, past.latest());
    return eventText('open', { alive_ms: ALIVE_MS, settle_ms: settleMs }) + missed + state(listener);
  };
  return {
    open: (lastEventId) =>
      toEventStream(async (cut) => {
        const prepare = async () => ({});
        const reader = await feed.open({
          tenantId: null,
          cut,
          prepare,
          greet: (listener) => send(listener, greeting(listener, lastEventId)),
        });
        return asText(reader, (text) => text);
      }),
    listening: feed.listening,
    close() {
      stopHearing();
      feed.close();
    },
  };
}

/** The last changes as text. Their ids name the process too: only it knows what its numbers mean. */
function createPast(eventsMax: number) {
  const epoch = randomBytes(8).toString('hex');
  const ring = createRing<string>({ countMax: eventsMax, sizeMax: Number.POSITIVE_INFINITY, sizeOf: () => 0 });
  const idOf = (mark: number) => `${epoch}-${mark}`;
  return {
    latest: () => idOf(ring.latest()),
    add(textOf: (id: string) => string): string {
      const mark = ring.latest() + 1;
      const text = textOf(idOf(mark));
      ring.add(mark, text);
      return text;
    },
    /** The events after the one with the id; undefined when they are not known, or too long to send at once. */
    since(id: string | null): string | undefined {
      const parts = /^(\w+)-(\d{1,15})$/.exec(id ?? '');
      const missed = parts?.[1] === epoch ? ring.since(Number(parts[2])) : undefined;
      const text = missed?.join('');
      return text !== undefined && text.length <= MISSED_LENGTH_MAX ? text : undefined;
    },
  };
}

function send(listener: Listener<string, object>, text: string): void {
  if (!listener.send(text)) listener.end('slow');
}

function changeText(tenantIds: readonly string[] | null, id: string): string {
  return tenantIds === null || tenantIds.length > TENANTS_MAX
    ? eventText('reset', {}, id)
    : eventText('change', { tenant_ids: tenantIds }, id);
}
