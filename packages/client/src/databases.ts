/** Waits until a managed database can be used: the feed of events tells when to read, and so does the time. */
import { backoffMs } from './calls/backoff.ts';
import { CallEnded, startDeadline } from './calls/deadline.ts';
import { endedError } from './calls/failure-error.ts';
import { mayPass } from './calls/may-pass.ts';
import { checkedTimeoutMs, type WaitOptions } from './calls/options.ts';
import { type Runtime, systemRuntime } from './calls/runtime.ts';
import { DatabaseNotReadyError } from './databases/not-ready-error.ts';
import type { RegistryError } from './errors.ts';
import type { Client } from './generated/client.ts';
import type { Database } from './generated/schemas/databases.ts';
import type { SubscriptionState } from './streams/subscription.ts';

const PATH = 'databases.wait';
/** Beyond the deadline of a tier, so that the registry itself says what is wrong. */
const TIMEOUT_MS = 1_200_000;
/** The longest time between two reads while the feed tells of changes. */
const READ_EVERY_MS = 30_000;

/** The parts of a client that the wait uses. */
export interface DatabaseClient {
  readonly databases: Pick<Client['databases'], 'get'>;
  readonly events: Pick<Client['events'], 'subscribe'>;
}

export interface DatabaseWaitOptions extends WaitOptions {
  /** How long the wait may take: 1 200 000 by default, `Infinity` for no limit. */
  readonly timeoutMs?: number | undefined;
  /** Called with the database as it is first read, and then whenever its status, reason, message or `in_sync` changed. */
  readonly onProgress?: ((database: Database) => void) | undefined;
}

/**
 * Resolves to the database once clients can connect; a sleeping one is waited for. It is read after each event about it and
 * at least every 30 s; a caller that may not read events is served by reads alone, up to 5 s apart. Failures that may pass
 * do not end the wait.
 *
 * Rejects with a `DatabaseNotReadyError`: `failed` when the database is in error, being deleted or deleted, `timeout` after
 * `timeoutMs`. Rejects with a `RegistryError` when the caller's signal ends the wait (`aborted`), when the registry refuses
 * (`unauthenticated`, `forbidden`, `not_found`, `invalid_input`), and when nothing was read in time.
 */
export function waitUntilReady(
  client: DatabaseClient,
  id: string,
  options: DatabaseWaitOptions = {},
): Promise<Database> {
  return waitUntilReadyOn({ ...options, client, id, runtime: systemRuntime });
}

interface Wait extends DatabaseWaitOptions {
  readonly client: DatabaseClient;
  readonly id: string;
  readonly runtime: Runtime;
}

/** What is known during a wait. */
interface Seen {
  /** The database as it was last read. */
  database?: Database;
  /** Why the last read failed, if it did. */
  failure?: RegistryError | undefined;
}

/** Waits as `waitUntilReady` does, with pauses and chance of the runtime. */
export async function waitUntilReadyOn(wait: Wait): Promise<Database> {
  const { signal: caller, timeoutMs = TIMEOUT_MS } = wait;
  const deadline = startDeadline(checkedTimeoutMs(timeoutMs), caller);
  const closing = new AbortController();
  const seen: Seen = {};
  try {
    return await deadline.race(untilUsable(wait, seen, closing.signal));
  } catch (error) {
    if (!(error instanceof CallEnded)) throw error;
    const { database, failure } = seen;
    if (error.by === 'timeout' && database !== undefined) throw new DatabaseNotReadyError('timeout', database, failure);
    throw error.by === 'timeout' && failure !== undefined ? failure : endedError(PATH, error.by, caller);
  } finally {
    closing.abort();
    deadline.release();
  }
}

/** Reads until the database can be used, or the signal ends it. */
async function untilUsable(wait: Wait, seen: Seen, signal: AbortSignal): Promise<Database> {
  const { runtime } = wait;
  const feed = createFeed(wait, signal);
  const report = reporter(wait.onProgress);
  for (let reads = 0; ; reads += 1) {
    signal.throwIfAborted();
    const told = feed.next();
    const database = await read(wait, seen, signal);
    if (database !== undefined) {
      feed.listen(database);
      report(database);
      if (isUsable(database)) return database;
      if (isOver(database)) throw new DatabaseNotReadyError('failed', database);
    }
    const retryAfterMs = (seen.failure?.retryAfter ?? 0) * 1_000;
    const isTold = feed.live() && seen.failure === undefined;
    const pauseMs = isTold ? READ_EVERY_MS * (1 - runtime.random() / 2) : backoffMs(reads, runtime.random);
    if (!told.aborted) await runtime.sleep(Math.max(pauseMs, retryAfterMs), told);
  }
}

/** Returns the database, and undefined when a later read may succeed where this one failed. */
async function read({ client, id }: Wait, seen: Seen, signal: AbortSignal): Promise<Database | undefined> {
  try {
    seen.database = await client.databases.get({ id }, { signal });
    seen.failure = undefined;
    return seen.database;
  } catch (error) {
    signal.throwIfAborted();
    if (!mayPass(error)) throw error;
    seen.failure = error;
    return undefined;
  }
}

/** Follows the events about the database. A caller that may not read events is told nothing. */
function createFeed({ client, id }: Wait, signal: AbortSignal) {
  let next = new AbortController();
  let live = false;
  let begun = false;
  const tell = () => next.abort();
  signal.addEventListener('abort', tell, { once: true });
  const follow = async (tenant_id: string) => {
    const onState = (state: SubscriptionState) => {
      live = state.live;
      tell();
    };
    const events = client.events.subscribe({ tenant_id, types: ['database.*'] }, { signal, onState });
    for await (const { subject } of events) if (subject.id === id) tell();
  };
  return {
    live: () => live,
    /** Returns the signal that aborts when something is told from now on, or when the wait ends. */
    next(): AbortSignal {
      next = new AbortController();
      return next.signal;
    },
    /** Begins to follow, once. */
    listen({ tenant_id }: Database): void {
      if (begun) return;
      begun = true;
      follow(tenant_id).catch(() => {
        live = false;
        tell();
      });
    },
  };
}

/** Returns the function that reports each new state once. */
function reporter(onProgress: DatabaseWaitOptions['onProgress']): (database: Database) => void {
  let reported: string | undefined;
  return (database) => {
    const { status, reason, message, in_sync } = database;
    const state = JSON.stringify([status, reason, message, in_sync]);
    if (state !== reported) onProgress?.(database);
    reported = state;
  };
}

function isUsable({ status, reason }: Database): boolean {
  return status === 'ready' && reason !== 'asleep';
}

function isOver({ status }: Database): boolean {
  return status === 'error' || status === 'deleting' || status === 'deleted';
}
