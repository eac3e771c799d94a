/** Verifies API keys in the process of a product, and keeps verdicts while the registry reports changes. */
import { CallEnded, startDeadline } from './calls/deadline.ts';
import { endedError } from './calls/failure-error.ts';
import type { QueryOptions } from './calls/options.ts';
import { pause } from './calls/runtime.ts';
import type { ApiKeyVerdict, Client, Inputs, KeyQuestion } from './types.ts';
import { type FollowerRuntime, followChanges } from './verifier/follow-changes.ts';
import { createKeyDigest } from './verifier/key-digest.ts';
import { steadyClock } from './verifier/steady-clock.ts';
import { createVerdictMemory, type VerdictMemory } from './verifier/verdict-memory.ts';

const TTL_MS = 30_000;
const ENTRIES_MAX = 10_000;
/** The age up to which equal questions wait for a pending request, while the feed is live. */
const SHARED_MS_MAX = 1_000;
/** The form of every API key. The verifier refuses other strings itself. */
const KEY = /^[!-~]{1,200}$/;

/** The state of the feed of changes. */
export interface FeedState {
  /** Whether the registry reports changes. After the loss of the feed, verdicts come from memory for up to three seconds. */
  readonly live: boolean;
  /** Why the feed was lost: the error of the connection. Undefined if the registry reported that it may miss changes. */
  readonly error?: unknown;
}

export interface VerifierOptions {
  /** A client with the internal token. */
  readonly client: Pick<Client, 'apiKeys' | 'changes'>;
  /**
   * The largest age of a kept verdict: 30 000 by default, 0 to keep none. Rights that end by the clock alone, such as an
   * entitlement, may outlive their end by this time.
   */
  readonly ttlMs?: number | undefined;
  /** The largest number of kept verdicts: 10 000 by default. */
  readonly entriesMax?: number | undefined;
  /** Called when the feed becomes live and when it is lost, for the log. */
  readonly onFeed?: ((state: FeedState) => void) | undefined;
}

export interface Verifier {
  /**
   * Resolves to the verdict of `client.apiKeys.verify`, or rejects with its error. A verdict from memory reflects every
   * change that was answered at least three seconds ago, and usually all but the last milliseconds. Without the feed
   * each question goes to the registry. The verdict is frozen.
   */
  verify(key: string, question?: KeyQuestion, options?: QueryOptions): Promise<ApiKeyVerdict>;
  /** Whether verdicts come from memory at this moment. Otherwise verification works too, but more slowly. */
  readonly live: boolean;
  /** The number of kept verdicts. */
  readonly size: number;
  /** Ends the feed and forgets all verdicts. Later questions each go to the registry. */
  close(): void;
}

/**
 * Returns a verifier that starts to follow the feed of changes at once. Create one for each process and close it at the
 * end of the process; an open verifier does not keep a Node process alive. Throws a `TypeError` for invalid options.
 */
export function createVerifier(options: VerifierOptions): Verifier {
  const sleep = (ms: number, signal: AbortSignal) => pause(ms, signal, true);
  return createVerifierOn({ sleep, random: Math.random, now: steadyClock() }, options);
}

/** Returns a verifier whose time, pauses and chance come from the runtime. Throws a `TypeError` for invalid options. */
export function createVerifierOn(runtime: FollowerRuntime, options: VerifierOptions): Verifier {
  const { client, ttlMs, entriesMax, onFeed } = checkedOptions(options);
  const memory = createVerdictMemory({ ttlMs, entriesMax });
  const digestOf = createKeyDigest();
  const closing = new AbortController();
  const feed = followChanges(
    client.changes.stream,
    {
      onChange: (tenantIds, settleMs) => memory.forget(tenantIds, runtime.now(), settleMs),
      // An error that `onFeed` throws must surface in the program without ending the feed.
      onState: (live, error) => queueMicrotask(() => onFeed?.(error === undefined ? { live } : { live, error })),
    },
    { runtime, signal: closing.signal },
  );
  const isLive = () => !closing.signal.aborted && feed.isLive();

  const ask = createLookup({ client, memory, isLive, now: runtime.now });
  return {
    async verify(key, question = {}, { signal, timeoutMs = Number.POSITIVE_INFINITY } = {}) {
      if (!KEY.test(key)) return notFound;
      const name = await digestOf(key, question);
      const known = isLive() ? memory.recall(name, runtime.now()) : undefined;
      if (known !== undefined && !hasExpired(known)) return known;
      return within(ask(name, { ...question, key }), { signal, timeoutMs });
    },
    get live() {
      return isLive();
    },
    get size() {
      return memory.size;
    },
    close() {
      closing.abort();
      memory.forget(null, runtime.now(), 0);
    },
  };
}

interface LookupParts {
  readonly client: Pick<Client, 'apiKeys'>;
  readonly memory: VerdictMemory;
  readonly isLive: () => boolean;
  readonly now: () => number;
}

/** Returns a function that asks the registry and keeps the verdict. Equal questions at one time share one request. */
function createLookup({ client, memory, isLive, now }: LookupParts) {
  const flights = new Map<string, { readonly askedAt: number; readonly verdict: Promise<ApiKeyVerdict> }>();
  return (name: string, input: Inputs['apiKeys']['verify']): Promise<ApiKeyVerdict> => {
    const askedAt = now();
    const flight = flights.get(name);
    const shared = flight !== undefined && isLive() && askedAt - flight.askedAt < SHARED_MS_MAX;
    if (shared && memory.unchangedSince(flight.askedAt)) return flight.verdict;
    const verdict = client.apiKeys
      .verify(input)
      .then((given) => {
        const shown = frozen(given);
        if (isLive()) memory.keep(name, shown, askedAt);
        return shown;
      })
      .finally(() => {
        if (flights.get(name)?.verdict === verdict) flights.delete(name);
      });
    flights.set(name, { askedAt, verdict });
    return verdict;
  };
}

/** Ends the wait of one caller by its signal or timeout. Other callers and the memory still get the verdict. */
async function within(verdict: Promise<ApiKeyVerdict>, { signal, timeoutMs }: QueryOptions & { timeoutMs: number }) {
  if (signal === undefined && timeoutMs === Number.POSITIVE_INFINITY) return verdict;
  const { race, release } = startDeadline(timeoutMs, signal);
  try {
    return await race(verdict);
  } catch (error) {
    throw error instanceof CallEnded ? endedError('apiKeys.verify', error.by, signal) : error;
  } finally {
    release();
  }
}

/** Tells whether the key's `expires_at` has passed by the time of day; the age of the verdict is no measure for that. */
function hasExpired(verdict: ApiKeyVerdict): boolean {
  return verdict.valid && verdict.expires_at !== null && Date.parse(verdict.expires_at) <= Date.now();
}

function frozen<V extends ApiKeyVerdict>(verdict: V): V {
  Object.freeze(verdict.scopes);
  return Object.freeze(verdict);
}

/** The verdict on a string that cannot be a key, equal to that of the registry. */
const notFound = frozen<ApiKeyVerdict>({
  valid: false,
  code: 'not_found',
  key_id: null,
  tenant_id: null,
  tenant_slug: null,
  tenant_status: null,
  project_id: null,
  scopes: [],
  expires_at: null,
});

function checkedOptions({ client, ttlMs = TTL_MS, entriesMax = ENTRIES_MAX, onFeed }: VerifierOptions) {
  if (!(ttlMs >= 0 && Number.isFinite(ttlMs)))
    throw new TypeError('ttlMs must be a number of milliseconds, 0 or more.');
  if (!(Number.isInteger(entriesMax) && entriesMax > 0))
    throw new TypeError('entriesMax must be a whole number above 0.');
  return { client, ttlMs, entriesMax, onFeed };
}
