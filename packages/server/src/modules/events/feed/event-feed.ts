/**
 * Tells listeners what happened, event by event in the order of the log. A listener that comes with the id of the last
 * event that it got misses nothing and gets nothing twice: it reads the log until it has reached the newest events, which
 * this process keeps for all, and from then on each new one is sent to it.
 */
import { type Db, eventLog } from '@tenant-registry/db';
import { DomainError } from '../../../kernel/errors.ts';
import { systemTiming, type Timing } from '../../../kernel/feed/timing.ts';
import {
  createFeed,
  type Feed,
  type FeedParts,
  type FeedReader,
  type Hearer,
  type Listener,
} from '../../../kernel/feed.ts';
import type { Logger } from '../../../kernel/logger.ts';
import type { Signals } from '../../../kernel/signals.ts';
import { eventErrors } from '../errors.ts';
import { typeFilter } from '../types.ts';
import { ALIVE_MS, sizeOf, type Told } from './followed.ts';
import { createLogTail, type Entry, type LogTail } from './log-tail.ts';
import { checkpointOf, nextPage, pass, type Reading } from './reading.ts';
import { asRefusal } from './refusal.ts';

/** Before every event of the log. */
const START = 'start';

export interface FollowRequest extends Hearer {
  /** Sees what the listener may see. */
  readonly db: Db;
  readonly scope: eventLog.EventScope;
  /** The id of the last event that is known, or `start`; null: from now on. */
  readonly after: string | null;
}

export interface EventFeed extends Pick<Feed<Told, unknown>, 'listening' | 'close'> {
  /**
   * Begins to listen. Throws `event_expired` when the log does not have the event inside the scope, `too_many_listeners`
   * when the tenant has all of its places, and `overloaded`.
   */
  open(request: FollowRequest): Promise<FeedReader<Told>>;
}

export interface EventFeedOptions extends FeedParts {
  /** Sees every tenant. */
  readonly db: Db;
  /** `logged` tells that there are new events. */
  readonly signals: Pick<Signals, 'on'>;
  readonly logger: Pick<Logger, 'error'>;
  /** New events that are kept for listeners that are a little behind. */
  readonly countMax?: number;
}

interface State extends Reading, Pick<Hearer, 'mayHear'> {
  readonly fromNow: boolean;
  /** More than may wait was to be told to it, and it has not asked since. */
  isBehind: boolean;
  isChecking: boolean;
  /** When it was told last that the stream is alive, since it began. */
  aliveAtMs: number;
}

type Hearing = Listener<Told, State>;

const BEAT_MS = 1_000;
const STANDSTILL_MS = 30_000;

/** Makes the feed of this process. Without listeners it does nothing. */
export function createEventFeed(options: EventFeedOptions): EventFeed {
  const { db, gate, signals, logger, onEnd = () => {}, timing = systemTiming } = options;
  const look = () => void tail.look().catch((err) => logger.error({ err }, 'the log of events could not be read'));
  const lookAtBeats = everyBeat(look, timing);
  const feed = createFeed<Told, State>({
    gate,
    timing,
    sizeOf,
    beatMs: BEAT_MS,
    onBeat(listener) {
      lookAtBeats();
      beat(listener);
    },
    pull: ({ state }) => {
      state.isBehind = false;
      return state.isLive ? null : nextPage(state, tail);
    },
    farewell: (reason) => ({ kind: 'bye', reason }),
    onEnd,
    onFailure(err) {
      if (!(err instanceof DomainError)) logger.error({ err }, 'a listener could not catch up with the log of events');
    },
  });
  const tail = createLogTail({
    db,
    ...(options.countMax === undefined ? {} : { countMax: options.countMax }),
    onEntry(entry) {
      for (const listener of feed.listeners()) hear(listener, entry);
    },
    onSkip() {
      for (const listener of feed.listeners()) {
        listener.state.isLive = false;
        listener.wake();
      }
    },
  });
  const stopHearing = signals.on('logged', () => {
    if (feed.listening() > 0) look();
  });
  return {
    async open(request) {
      const { tenantId, cut, signal } = request;
      const prepare = () => begin(request, tail);
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

/** Returns the function that runs once for all listeners of a beat. */
function everyBeat(run: () => void, timing: Timing): () => void {
  let ranAt = Number.NEGATIVE_INFINITY;
  return () => {
    const now = timing.now();
    if (now - ranAt < BEAT_MS / 2) return;
    ranAt = now;
    run();
  };
}

async function begin({ db, scope, after, mayHear }: FollowRequest, tail: LogTail): Promise<State> {
  const known = after === null ? null : await positionOf(db, after, scope);
  await tail.look();
  const end = tail.latest();
  const newest = (await eventLog.findNewestEvent(db, scope, end)) ?? null;
  const position = known ?? end;
  const fresh = { fromNow: after === null, isLive: false, isBehind: false, isChecking: false, aliveAtMs: 0 };
  return { db, scope, wants: typeFilter(scope.types), position, told: position, newest, mayHear, ...fresh };
}

async function positionOf(db: Db, after: string, scope: eventLog.EventScope): Promise<number> {
  if (after === START) return 0;
  const position = UUID.test(after) ? await eventLog.findEventPosition(db, after.toLowerCase(), scope) : undefined;
  if (position === undefined) throw eventErrors.eventExpired();
  return position;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A listener without an id gets one at once: from it, it can come back although nothing has happened meanwhile. */
function greet(listener: Hearing): void {
  listener.send({ kind: 'open' });
  const { newest, fromNow } = listener.state;
  if (fromNow) listener.send({ kind: 'checkpoint', id: newest?.id ?? START });
}

/** Sends a new event to a listener that has all before it. One for which too much waits reads it from the log later. */
function hear(listener: Hearing, entry: Entry): void {
  const { state } = listener;
  if (!state.isLive) return;
  const { position, told, newest } = state;
  const item = pass(state, entry);
  if (item === undefined || listener.send(item)) return;
  Object.assign(state, { position, told, newest, isLive: false, isBehind: true });
}

function beat(listener: Hearing): void {
  const { state } = listener;
  const stalledMs = listener.stalledMs();
  if (stalledMs >= STANDSTILL_MS || (state.isBehind && stalledMs >= BEAT_MS)) {
    listener.end('slow');
    return;
  }
  if (listener.elapsedMs() - state.aliveAtMs < ALIVE_MS) return;
  state.aliveAtMs = listener.elapsedMs();
  listener.send({ kind: 'alive' });
  const checkpoint = state.isLive ? checkpointOf(state) : undefined;
  if (checkpoint !== undefined && listener.send(checkpoint)) state.told = state.newest?.position ?? state.told;
  void check(listener);
}

/** Ends the stream of a listener that may hear no more. When that cannot be known, the next beat asks again. */
async function check(listener: Hearing): Promise<void> {
  const { state } = listener;
  if (state.isChecking) return;
  state.isChecking = true;
  const mayHear = await state.mayHear().catch(() => true);
  state.isChecking = false;
  if (!mayHear) listener.end('credential');
}
