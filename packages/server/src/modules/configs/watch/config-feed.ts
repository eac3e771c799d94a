/**
 * Tells watchers what changes in the configurations of a project, revision by revision. A watcher that comes with the
 * cursor of what it knows misses nothing and gets nothing twice. It reads at its own pace: the next page is read when the
 * last one was taken. Each second it hears up to when everything was told to it.
 */
import { DomainError } from '../../../kernel/errors.ts';
import { systemTiming } from '../../../kernel/feed/timing.ts';
import {
  createFeed,
  type Feed,
  type FeedParts,
  type FeedReader,
  type Hearer,
  type Listener,
} from '../../../kernel/feed.ts';
import type { Leases } from '../../../kernel/leases.ts';
import type { Logger } from '../../../kernel/logger.ts';
import { stateOf } from '../cursor.ts';
import type { ConfigStore, Place, ProjectTail } from '../store/port.ts';
import { type Checked, createCredentialCheck } from './credential.ts';
import { asRefusal } from './refusal.ts';
import { createSettling } from './settling.ts';
import { ALIVE_MS, type Told } from './told.ts';
import { beginAnew, nextOf, noteSettled, type Watching } from './watching.ts';

export interface WatchRequest extends Hearer {
  readonly place: Place;
  /** Only keys that begin with it are told. */
  readonly prefix: string;
  /** The cursor of what is known; null: the watcher wants what comes from now on. */
  readonly after: string | null;
}

export interface ConfigFeed extends Pick<Feed<Told, unknown>, 'listening' | 'close'> {
  /**
   * Begins to watch. Throws `too_many_listeners` when the tenant has all of its places, `overloaded`, and `unavailable`
   * when the store cannot be asked.
   */
  open(request: WatchRequest): Promise<FeedReader<Told>>;
}

export interface ConfigFeedOptions extends FeedParts {
  readonly store: Pick<ConfigStore, 'tail'>;
  /** Tells whose authority has changed. */
  readonly leases: Pick<Leases, 'held' | 'onChange'>;
  readonly logger: Pick<Logger, 'error' | 'warn'>;
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

function stateAt({ place, prefix, after, tenantId, mayHear }: WatchRequest, tail: ProjectTail): State {
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
    mayHear,
    ...{ isMuted: true, isEnding: false, isChecking: false, isSure: false, checkedAtMs: 0 },
    stopHearing: () => {},
  };
}
