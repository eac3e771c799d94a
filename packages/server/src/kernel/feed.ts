/**
 * The one mechanism of feeds: what happens is told to many listeners, and none of them can make the others wait or the
 * process grow. Each listener has a place of a gate, a bounded queue, a beat and a life; what is told, and from where, is
 * the business of each feed.
 */
import { kernelErrors } from './errors.ts';
import { createQueue } from './feed/queue.ts';
import { systemTiming, type Timing } from './feed/timing.ts';
import type { Gate } from './gate.ts';

/**
 * Why a stream ends before its reader leaves. `slow`: the reader does not keep up. `life`: it has lasted for as long as one
 * may. `credential`: its credential is accepted no more. `authority`: what callers of its tenant may do has changed, and it
 * has to ask again. `closing`: the server stops. `unavailable`: what it would be told cannot be read now.
 */
export type EndReason = 'slow' | 'life' | 'credential' | 'authority' | 'closing' | 'unavailable';

export interface Listener<Item, State> {
  readonly state: State;
  /** Milliseconds since it began. */
  elapsedMs(): number;
  /** Milliseconds since its reader last asked for more; 0 while the reader waits. */
  stalledMs(): number;
  /** Gives the item to its reader; false when too much waits already, or the listener has ended. */
  send(item: Item): boolean;
  /** Ends its stream, after a last word where the feed has one. */
  end(reason: EndReason): void;
  /** Makes it pull, if its reader waits. */
  wake(): void;
}

export interface FeedOptions<Item, State> {
  /** Every listener has a place of it. */
  readonly gate: Gate;
  readonly sizeOf: (item: Item) => number;
  readonly beatMs: number;
  /** Called for every listener at every beat. */
  readonly onBeat: (listener: Listener<Item, State>) => void;
  /**
   * Reads on behalf of a listener that asks for more: what it missed. Null: it has missed nothing, and waits for what is
   * sent. Absent: nothing can be missed.
   */
  readonly pull?: (listener: Listener<Item, State>) => Promise<readonly Item[]> | null;
  /** The last word. Absent: there is none, and a slow reader is cut off at once. */
  readonly farewell?: (reason: EndReason) => Item;
  /** Hears of every end but that of a reader that leaves. */
  readonly onEnd?: (reason: EndReason) => void;
  /** Takes back what `prepare` made: called once for each, however the listener ended. */
  readonly onLeave?: (state: State) => void;
  /** Hears why a pull failed; the stream ends as `unavailable`. */
  readonly onFailure?: (error: unknown) => void;
  readonly timing?: Timing;
}

/** What a feed is given by the module that provides it. */
export type FeedParts = Pick<FeedOptions<unknown, unknown>, 'gate' | 'onEnd' | 'timing'>;

/** Who asks to hear, whatever the feed tells. */
export interface Hearer extends Pick<Opening<unknown, unknown>, 'tenantId' | 'cut'> {
  /** Tells whether it may still hear; rejects when that cannot be known. */
  readonly mayHear: () => Promise<boolean>;
  /** The reader leaves when it aborts. */
  readonly signal: AbortSignal;
}

export interface Opening<Item, State> {
  /** Whose place the listener takes; null: the platform's. */
  readonly tenantId: string | null;
  /** Aborted when the connection is to be broken. */
  readonly cut: AbortController;
  /** Runs when the listener has its place. What it throws refuses the listener. */
  readonly prepare: () => Promise<State>;
  /** Gives the first items, in the same step in which the listener begins to hear. */
  readonly greet: (listener: Listener<Item, State>) => void;
}

/** Gives everything that waits at each step. `return` ends it at once, also while `next` waits. */
export type FeedReader<Item> = AsyncIterator<readonly Item[], void>;

export interface Feed<Item, State> {
  /** Throws `tenant_busy` and `overloaded` of the gate, `overloaded` once the feed is closed, and like `prepare`. */
  open(opening: Opening<Item, State>): Promise<FeedReader<Item>>;
  listeners(): Iterable<Listener<Item, State>>;
  /** The number of listeners. */
  listening(): number;
  /** Ends every stream, and refuses new ones. */
  close(): void;
}

/** Then a listener has to come again: with its credential, and perhaps to a replica that has fewer of them. */
const LIFE_MS = 300_000;
/** That waits for one reader, in the feed's own measure. */
export const BEHIND_MAX = 65_536;
/** For reading the last word. */
const FAREWELL_MS = 2_000;

/** What the feed has to do with a listener beyond telling it something. */
interface Held<Item, State> {
  readonly listener: Listener<Item, State>;
  readonly reader: FeedReader<Item>;
}

/** Makes a feed. Without listeners it does nothing. */
export function createFeed<Item, State>(options: FeedOptions<Item, State>): Feed<Item, State> {
  const { gate, beatMs, onBeat, onLeave = () => {}, timing = systemTiming } = options;
  const listeners = new Set<Listener<Item, State>>();
  let closed = false;
  let stopBeating = () => {};
  const beat = () => {
    for (const listener of listeners) {
      if (listener.elapsedMs() >= LIFE_MS) listener.end('life');
      else onBeat(listener);
    }
  };
  const leave = (listener: Listener<Item, State>) => {
    if (listeners.delete(listener) && listeners.size === 0) stopBeating();
  };
  return {
    async open({ tenantId, cut, prepare, greet }) {
      const leavePlace = await gate.enter(tenantId);
      const state = await prepared({ prepare, leavePlace, isClosed: () => closed, onLeave });
      const { listener, reader } = hold(options, {
        state,
        cut,
        timing,
        ended() {
          leave(listener);
          leavePlace();
          onLeave(state);
        },
      });
      if (listeners.size === 0) stopBeating = timing.every(beatMs, beat);
      listeners.add(listener);
      greet(listener);
      return reader;
    },
    listeners: () => listeners,
    listening: () => listeners.size,
    close() {
      closed = true;
      for (const listener of listeners) listener.end('closing');
    },
  };
}

interface Preparing<State> {
  readonly prepare: () => Promise<State>;
  readonly leavePlace: () => void;
  readonly isClosed: () => boolean;
  readonly onLeave: (state: State) => void;
}

/** Gives the place back when the listener is refused. */
async function prepared<State>({ prepare, leavePlace, isClosed, onLeave }: Preparing<State>): Promise<State> {
  let state: State | undefined;
  try {
    state = isClosed() ? undefined : await prepare();
    // It may have been closed meanwhile.
    if (state === undefined || isClosed()) throw kernelErrors.overloaded({ retryAfter: 1 });
    return state;
  } catch (error) {
    leavePlace();
    if (state !== undefined) onLeave(state);
    throw error;
  }
}

interface Holding<State> {
  readonly state: State;
  readonly cut: AbortController;
  readonly timing: Timing;
  /** Called once. */
  readonly ended: () => void;
}

function hold<Item, State>(
  { sizeOf, farewell, onEnd, pull = () => null, onFailure }: FeedOptions<Item, State>,
  { state, cut, timing, ended }: Holding<State>,
): Held<Item, State> {
  const queue = createQueue(BEHIND_MAX, sizeOf);
  const startedAt = timing.now();
  let askedAt: number | null = startedAt;
  const stop = (last?: Item) => {
    queue.end(last);
    ended();
  };
  const listener: Listener<Item, State> = {
    state,
    elapsedMs: () => timing.now() - startedAt,
    stalledMs: () => (askedAt === null ? 0 : timing.now() - askedAt),
    send: (item) => queue.push(item),
    end(reason) {
      if (queue.ended()) return;
      onEnd?.(reason);
      if (reason === 'slow' || reason === 'credential') queue.take();
      stop(farewell?.(reason));
      if (reason === 'slow' && farewell === undefined) cut.abort();
      else timing.after(FAREWELL_MS, () => cut.abort());
    },
    wake: () => queue.wake(),
  };
  const more = async (): Promise<readonly Item[] | null> => {
    for (;;) {
      const waiting = queue.take();
      if (waiting.length > 0) return waiting;
      if (queue.ended()) return null;
      const pulling = pull(listener);
      if (pulling === null) await queue.changed();
      else {
        const pulled = await pulling;
        if (pulled.length > 0 && !queue.ended()) return pulled;
      }
    }
  };
  const moreOrEnd = () =>
    more().catch((error: unknown) => {
      if (!queue.ended()) onFailure?.(error);
      listener.end('unavailable');
      return more();
    });
  const reader: FeedReader<Item> = {
    async next() {
      askedAt = null;
      const items = await moreOrEnd();
      askedAt = timing.now();
      return items === null ? { value: undefined, done: true } : { value: items, done: false };
    },
    async return() {
      queue.take();
      if (!queue.ended()) stop();
      return { value: undefined, done: true };
    },
  };
  return { listener, reader };
}
