/**
 * Tells listeners whose authority changed, as server-sent events. While this replica hears of changes, each is written
 * to every listener before it is answered; `alive` says so, and nothing else does.
 */
import { kernelErrors } from '../../kernel/errors.ts';
import type { Gate } from '../../kernel/gate.ts';
import type { Leases } from '../../kernel/leases.ts';
import { createEventRing } from '../../kernel/streams/event-ring.ts';
import { type EventStream, eventText } from '../../kernel/streams/event-stream.ts';
import { createTextQueue, type TextQueue } from '../../kernel/streams/text-queue.ts';

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

/** Time that a test may move. */
export interface Timing {
  /** Monotonic, in milliseconds. */
  now(): number;
  /** Calls the function again and again, until what it returns is called. */
  every(ms: number, run: () => void): () => void;
}

const ALIVE_MS = 1_000;
/** Then a listener has to come again: with its credential, and perhaps to a replica that has fewer of them. */
const LIFE_MS = 300_000;
const EVENTS_MAX = 1_000;
const TENANTS_MAX = 500;
const BEHIND_LENGTH_MAX = 65_536;
const MISSED_LENGTH_MAX = BEHIND_LENGTH_MAX / 2;

interface Listener {
  readonly queue: TextQueue;
  readonly startedAt: number;
  readonly cut: AbortController;
}

/** Makes the feed of this process. Without listeners it does nothing. */
export function createChangeFeed(options: ChangeFeedOptions): ChangeFeed {
  const { source, settleMs, gate, eventsMax = EVENTS_MAX, timing = system } = options;
  const ring = createEventRing(eventsMax);
  const listeners = new Set<Listener>();
  let closed = false;
  let stopBeating = () => {};

  const stopHearing = source.onChange((tenantIds) => {
    const text = ring.add((id) => changeText(tenantIds, id));
    for (const listener of listeners) send(listener, text);
  });
  const state = ({ startedAt }: Listener) =>
    source.held() ? eventText('alive', { elapsed_ms: Math.floor(timing.now() - startedAt) }) : eventText('down', {});
  const beat = () => {
    for (const listener of listeners) {
      if (timing.now() - listener.startedAt >= LIFE_MS) listener.queue.end();
      else send(listener, state(listener));
    }
  };
  const join = (listener: Listener, lastEventId: string | null) => {
    if (listeners.size === 0) stopBeating = timing.every(ALIVE_MS, beat);
    listeners.add(listener);
    const missed = ring.since(lastEventId, MISSED_LENGTH_MAX) ?? eventText('reset', {}, ring.latest());
    send(listener, eventText('open', { alive_ms: ALIVE_MS, settle_ms: settleMs }) + missed + state(listener));
  };
  const leave = (listener: Listener) => {
    if (listeners.delete(listener) && listeners.size === 0) stopBeating();
  };
  return {
    open(lastEventId) {
      const cut = new AbortController();
      return streamOf(cut.signal, async () => {
        const leavePlace = await gate.enter(null);
        if (closed) {
          leavePlace();
          throw kernelErrors.overloaded({ retryAfter: 1 });
        }
        const ended = () => {
          leave(listener);
          leavePlace();
        };
        const listener: Listener = { queue: createTextQueue(BEHIND_LENGTH_MAX, ended), startedAt: timing.now(), cut };
        join(listener, lastEventId);
        return listener.queue;
      });
    },
    listening: () => listeners.size,
    close() {
      closed = true;
      stopHearing();
      for (const { queue } of listeners) queue.end();
    },
  };
}

function streamOf(cut: AbortSignal, open: EventStream['open']): EventStream {
  return {
    mediaType: 'text/event-stream',
    cut,
    open,
    async *[Symbol.asyncIterator]() {
      yield* await open();
    },
  };
}

function send({ queue, cut }: Listener, text: string): void {
  if (!queue.push(text)) cut.abort();
}

function changeText(tenantIds: readonly string[] | null, id: string): string {
  return tenantIds === null || tenantIds.length > TENANTS_MAX
    ? eventText('reset', {}, id)
    : eventText('change', { tenant_ids: tenantIds }, id);
}

const system: Timing = {
  now: () => performance.now(),
  every(ms, run) {
    const timer = setInterval(run, ms).unref();
    return () => clearInterval(timer);
  },
};
