/**
 * The relay: one process at a time follows the log and stores it, event by event, in a stream. The lease saves work; order does
 * not depend on it, because the stream refuses whatever does not come directly after its last message
 * (docs/decisions/0032-the-nats-relay.md).
 */
import { randomUUID } from 'node:crypto';
import { type Db, eventLog, eventRelays } from '@tenant-registry/db';
import type { Logger } from '../../../kernel/logger.ts';
import type { Metrics } from '../../../kernel/metrics.ts';
import { bookkeep } from '../../../kernel/transact.ts';
import { toMessage } from './message.ts';
import { isEventId, resumeAfter } from './resume.ts';
import { type EventStream, type Predecessor, StreamError, type StreamFailure } from './stream.ts';

export interface RelayOptions {
  /** Of the row in event_relays. */
  readonly name: string;
  readonly db: Db;
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, 'counter' | 'gauge'>;
  /** Connects to the stream; throws `StreamError`. */
  readonly open: (signal: AbortSignal) => Promise<EventStream>;
  /** Absent: 15 seconds. */
  readonly leaseMs?: number;
}

export interface Relay {
  /** Does a little and returns how many events it stored; 0: nothing is left, another process has the relay, or the stream is away. */
  turn(signal: AbortSignal): Promise<number>;
  /** Saves the position, gives the lease back and disconnects. */
  stop(): Promise<void>;
}

const BATCH = 256;
const LEASE_MS = 15_000;
const CLAIM_EVERY_MS = 2_000;
const SAVE_EVERY_MS = 1_000;
/** Longer than any attempt and its pause. */
const OUTAGE_TURN_MS = 60_000;
const PAUSE_MS = { first: 250, max: 10_000 };

/** A connection to the stream, and where it is in the log. */
interface Session {
  readonly stream: EventStream;
  position: number;
  /** What the next message has to come after. */
  after: Predecessor;
  /** The last event that is stored; null: none is known. */
  eventId: string | null;
}

interface State extends RelayOptions {
  readonly lease: eventRelays.RelayLease;
  readonly missed: (events: number) => void;
  /** What the relay's row says; undefined: another process has the lease. */
  saved: eventRelays.RelayPlace | undefined;
  savedAt: number;
  /** Since when other processes have the lease; undefined: this one had it last. */
  standbySince: number | undefined;
  session: Session | undefined;
  /** What is wrong now, as it was told. */
  trouble: { readonly kind: StreamFailure; readonly message: string } | undefined;
  pauseMs: number;
  /** Nothing is tried before. */
  nextAt: number;
  lag: number;
}

/** Makes a relay that does nothing before its first turn. */
export function createRelay(options: RelayOptions): Relay {
  const { metrics, name, leaseMs = LEASE_MS } = options;
  const pruned = metrics.counter('relay_missed_events_total', 'Events that were deleted before they were relayed.');
  const state: State = {
    ...options,
    lease: { name, lease_id: randomUUID(), lease_ms: leaseMs },
    missed: (events) => pruned.inc(events),
    saved: undefined,
    savedAt: 0,
    standbySince: undefined,
    session: undefined,
    trouble: undefined,
    pauseMs: PAUSE_MS.first,
    nextAt: 0,
    lag: 0,
  };
  metrics.gauge('relay_lag_events', 'Events of the log that are not relayed yet.', () => state.lag);
  return { turn: (signal) => turn(state, signal), stop: () => stop(state) };
}

async function turn(state: State, signal: AbortSignal): Promise<number> {
  if (performance.now() < state.nextAt || signal.aborted) return 0;
  if (!(await holdsLease(state))) return 0;
  try {
    state.session ??= await begin(state, signal);
    return await forward(state, state.session);
  } catch (error) {
    if (!(error instanceof StreamError)) throw error;
    await fail(state, error, signal);
    return 0;
  }
}

/** Takes the lease, unless it has it. Without it the next attempt is a little later. */
async function holdsLease(state: State): Promise<boolean> {
  if (state.saved !== undefined) return true;
  const { db, lease } = state;
  state.saved = await bookkeep(db, (tx) => eventRelays.claimEventRelay(tx, lease));
  if (state.saved !== undefined) {
    Object.assign(state, { savedAt: performance.now(), standbySince: undefined });
    return true;
  }
  state.nextAt = performance.now() + CLAIM_EVERY_MS;
  // Another process has the relay for good, and tells its troubles; in an outage they all have it by turns.
  state.standbySince ??= performance.now();
  if (performance.now() - state.standbySince > OUTAGE_TURN_MS) state.trouble = undefined;
  await observe(state);
  return false;
}

/** Connects, and finds where the stream ends in the log. */
async function begin(state: State, signal: AbortSignal): Promise<Session> {
  const stream = await state.open(signal);
  try {
    return await resume(state, stream);
  } catch (error) {
    await stream.close();
    throw error;
  }
}

async function resume(state: State, stream: EventStream): Promise<Session> {
  const { db, name, saved, logger } = state;
  if (saved === undefined) throw new Error('a relay goes on under a lease');
  const end = await stream.end();
  const id = end.last?.id ?? null;
  const found = isEventId(id) ? await eventRelays.findRelayedPosition(db, id) : undefined;
  const position = resumeAfter({ saved, log: await eventRelays.findRelayedLog(db, name), end, found });
  if (position === undefined)
    throw new StreamError(
      'refused',
      `its last message (${end.last?.subject}) is no event of this registry: the relay needs a stream of its own`,
    );
  // What came through although its acknowledgement was lost is progress.
  if (position > saved.position) state.pauseMs = PAUSE_MS.first;
  if (position < saved.position)
    logger.warn(
      { relay: name, events: saved.position - position },
      'the stream has lost events: the relay sends them again',
    );
  return { stream, position, after: { sequence: end.sequence }, eventId: id ?? saved.event_id };
}

/** Stores the next events of the log. */
async function forward(state: State, session: Session): Promise<number> {
  if (session.stream.closed()) throw new StreamError('away', 'the connection was closed');
  const rows = await eventLog.listEvents(state.db, {}, { after: session.position, limit: BATCH });
  const [first, last] = [rows[0], rows.at(-1)];
  if (first !== undefined && last !== undefined) {
    noteMissed(state, session, first.position - 1);
    await session.stream.append(rows.map(toMessage), session.after);
    state.pauseMs = PAUSE_MS.first;
    Object.assign(session, { position: last.position, after: { id: last.id }, eventId: last.id });
  }
  if (rows.length < BATCH) recovered(state);
  if (first === undefined || rows.length === BATCH) await lookAhead(state, session, first === undefined);
  else state.lag = 0;
  await save(state, session);
  return rows.length;
}

/** Positions have no gap, so what is not there was deleted. */
function noteMissed(state: State, session: Session, position: number): void {
  const events = position - session.position;
  if (events <= 0) return;
  const after = session.position;
  state.missed(events);
  state.logger.error(
    { relay: state.name, events, after },
    'events were deleted before the relay had sent them: EVENTS_RETENTION_DAYS is shorter than the stream was away',
  );
  session.position = position;
}

async function lookAhead(state: State, session: Session, nothingFound: boolean): Promise<void> {
  const { head, oldest } = await eventRelays.findRelayedLog(state.db, state.name);
  if (nothingFound && oldest === null) noteMissed(state, session, head);
  state.lag = head - Math.max(session.position, (oldest ?? head + 1) - 1);
}

/** Reads how far the relay is behind, as it was saved. */
async function observe(state: State): Promise<void> {
  const { position, head, oldest } = await eventRelays.findRelayedLog(state.db, state.name);
  state.lag = head - Math.max(position, (oldest ?? head + 1) - 1);
}

/** Saves the position, at most once a second, which also renews the lease. */
async function save(state: State, { position, eventId }: Session): Promise<void> {
  const { db, lease, saved, savedAt } = state;
  const since = performance.now() - savedAt;
  if (since < (saved?.position === position ? lease.lease_ms / 4 : Math.min(SAVE_EVERY_MS, lease.lease_ms / 4))) return;
  const place = { position, event_id: eventId };
  if (await bookkeep(db, (tx) => eventRelays.updateEventRelay(tx, lease, place))) {
    Object.assign(state, { saved: place, savedAt: performance.now() });
    return;
  }
  state.saved = undefined;
  await disconnect(state);
  tellTakenOver(state);
}

function tellTakenOver({ logger, name }: State): void {
  logger.info({ relay: name }, 'another process has taken the relay over');
}

/** Disconnects and lets another process try: what is stored is found again by its id. */
async function fail(state: State, { kind, message }: StreamError, signal: AbortSignal): Promise<void> {
  const { db, lease, name, logger, trouble } = state;
  await disconnect(state);
  await observe(state);
  const owned = await bookkeep(db, (tx) => eventRelays.updateEventRelayFreed(tx, lease));
  state.saved = undefined;
  state.nextAt = performance.now() + state.pauseMs;
  state.pauseMs = Math.min(state.pauseMs * 2, PAUSE_MS.max);
  if (!owned) return tellTakenOver(state);
  const known = trouble?.kind === kind && (kind === 'away' || trouble.message === message);
  if (known || signal.aborted) return;
  state.trouble = { kind, message };
  if (kind === 'refused')
    logger.error({ relay: name, reason: message }, 'the relay sends nothing: its stream cannot be used');
  else logger.warn({ relay: name, reason: message }, 'the relay waits: its stream is away');
}

/** Says that the trouble is over, once everything that was kept is stored. */
function recovered(state: State): void {
  state.pauseMs = PAUSE_MS.first;
  if (state.trouble !== undefined)
    state.logger.info({ relay: state.name }, 'the relay has caught up with the log again');
  state.trouble = undefined;
}

async function disconnect(state: State): Promise<void> {
  const { session } = state;
  state.session = undefined;
  await session?.stream.close();
}

async function stop(state: State): Promise<void> {
  const { db, lease, session, saved } = state;
  await disconnect(state);
  if (saved === undefined) return;
  state.saved = undefined;
  await bookkeep(db, async (tx) => {
    if (session !== undefined)
      await eventRelays.updateEventRelay(tx, lease, { position: session.position, event_id: session.eventId });
    await eventRelays.updateEventRelayFreed(tx, lease);
  });
}
