/**
 * Tells watchers what changes in the configurations of a project, revision by revision. A watcher that comes with the
 * cursor of what it knows misses nothing and gets nothing twice. It reads at its own pace: the next page is read when the
 * last one was taken. Each second it hears up to when everything was told to it.
 */
import { DomainError } from '../../../kernel/errors.ts';
import { systemTiming, type Timing } from '../../../kernel/feed/timing.ts';
import { createFeed, type EndReason, type FeedReader, type Listener } from '../../../kernel/feed.ts';
import type { Gate } from '../../../kernel/gate.ts';
import type { Leases } from '../../../kernel/leases.ts';
import type { Logger } from '../../../kernel/logger.ts';
import { stateOf } from '../cursor.ts';
import type { ConfigStore, Place, ProjectTail } from '../store/port.ts';
import { type Checked, createCredentialCheck } from './credential.ts';
import { asRefusal } from './refusal.ts';
import { createSettling } from './settling.ts';
import { ALIVE_MS, type Told } from './told.ts';
import { beginAnew, nextOf, noteSettled, type Watching } from './watching.ts';

export interface WatchRequest {
  readonly place: Place;
  /** Only keys that begin with it are told. */
  readonly prefix: string;
  /** The cursor of what is known; null: the watcher wants what comes from now on. */
  readonly after: string | null;
  /** Whose place the watcher takes; null: the platform's. */
  readonly tenantId: string | null;
  /** Tells whether the watcher may still hear; rejects when that cannot be known. */
  readonly mayWatch: () => Promise<boolean>;
  /** Aborted when the connection is to be broken. */
  readonly cut: AbortController;
  /** The reader leaves when it aborts. */
  readonly signal: AbortSignal;
}

export interface ConfigFeed {
  /**
   * Begins to watch. Throws `too_many_listeners` when the tenant has all of its places, `overloaded`, and `unavailable`
   * when the store cannot be asked.
   */
  open(request: WatchRequest): Promise<FeedReader<Told>>;
  /** The number of watchers. */
  listening(): number;
  /** Ends every stream, and refuses new ones. */
  close(): void;
}

export interface ConfigFeedOptions {
  readonly store: Pick<ConfigStore, 'tail'>;
  readonly gate: Gate;
  /** Tells whose authority has changed. */
  readonly leases: Pick<Leases, 'held' | 'onChange'>;
  readonly logger: Pick<Logger, 'error' | 'warn'>;
  readonly onEnd?: (reason: EndReason) => void;
  readonly timing?: Timing;
}

interface State extends Watching, Checked {
  /** What `reset` is told at the beginning. */
  readonly isLost: boolean;
  stopHearing: () => void;
}

/** No watcher takes that long for a page: it stands still. */
const STANDSTILL_MS = 30_000;
/** What waits for a watcher in its queue is short: changes are pulled. */
const ITEM_SIZE = 100;

/** Makes the feed of this process. Without watchers it does nothing. */
export function createConfigFeed(options: ConfigFeedOptions): ConfigFeed {
  const { store, gate, leases, logger, onEnd = () => {}, timing = systemTiming } = options;
  const settle = createSettling<State>({
    now: timing.now,
    onFailure: (err) => logger.warn({ err }, 'the store of configurations cannot be asked: watchers are told so'),
  });
  const credentials = createCredentialCheck(leases);
  const feed = createFeed<Told, State>({
    gate,
    timing,
    sizeOf: () => ITEM_SIZE,
    beatMs: ALIVE_MS,
    onBeat(listener) {
      if (listener.stalledMs() >= STANDSTILL_MS) return listener.end('slow');
      settle(listener);
      credentials.look(listener);
    },
    pull: ({ state }) => nextOf(state),
    farewell: (reason) => ({ kind: 'bye', reason }),
    onEnd,
    onLeave({ tail, stopHearing }) {
      stopHearing();
      tail.release();
    },
    onFailure(err) {
      if (!(err instanceof DomainError)) logger.error({ err }, 'a watcher could not read changes of configurations');
    },
  });
  const stopHearing = leases.onChange((tenantIds) => {
    for (const listener of feed.listeners()) credentials.changed(listener, tenantIds);
  });
  const greet = (listener: Listener<Told, State>) => {
    const { state } = listener;
    state.stopHearing = state.tail.onNews(listener.wake);
    listener.send({ kind: 'open' });
    if (state.isLost) listener.send(beginAnew(state));
    // The request had begun before the store was asked.
    noteSettled(state, { revision: state.tail.latest(), elapsedMs: 0 });
    credentials.begin(listener);
  };
  return {
    async open(request) {
      const { tenantId, cut, signal } = request;
      const prepare = () => begin(request, store);
      const reader = await feed.open({ tenantId, cut, prepare, greet }).catch((error: unknown) => {
        throw asRefusal(error, gate);
      });
      signal.addEventListener('abort', () => void reader.return?.(), { once: true });
      if (signal.aborted) void reader.return?.();
      return reader;
    },
    listening: feed.listening,
    close() {
      stopHearing();
      feed.close();
    },
  };
}

async function begin(request: WatchRequest, store: Pick<ConfigStore, 'tail'>): Promise<State> {
  const tail = await store.tail(request.place);
  try {
    await tail.settle();
    return stateAt(request, tail);
  } catch (error) {
    tail.release();
    throw error;
  }
}

function stateAt({ place, prefix, after, tenantId, mayWatch }: WatchRequest, tail: ProjectTail): State {
  const head = { epoch: tail.epoch, revision: tail.latest() };
  const known = after === null ? head : stateOf(place, after, head);
  const isLost = known === undefined;
  const position = known?.revision ?? head.revision;
  return {
    ...{ place, tail, prefix, isLost, position },
    epoch: head.epoch,
    idTold: after === null ? null : position,
    ...{ due: null, dueLater: null, isDown: false },
    tenantIds: [place.tenant_id, ...(tenantId === null ? [] : [tenantId])],
    mayHear: mayWatch,
    ...{ isMuted: true, isEnding: false, isChecking: false, isSure: false, checkedAtMs: 0 },
    stopHearing: () => {},
  };
}
