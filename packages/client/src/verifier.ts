/** Verifies API keys in the process of a product: verdicts are kept as long as the registry tells of changes. */
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
/** For how long a request may be under way that others with the same question wait for, while the feed is live. */
const SHARED_MS_MAX = 1_000;
/** Anything else is not even sent: no key has other characters, and none is longer. */
const KEY = /^[!-~]{1,200}$/;

/** What became of the feed of changes. */
export interface FeedState {
  /** Whether the registry tells of changes. Without, verdicts come from memory for three seconds more at most. */
  readonly live: boolean;
  /** Why not: what a call would have rejected with. Undefined when the registry itself says that it may miss changes. */
  readonly error?: unknown;
}

export interface VerifierOptions {
  /** With the internal token. */
  readonly client: Pick<Client, 'apiKeys' | 'changes'>;
  /** How long a verdict is kept at most; 30 000 when absent, 0 to keep none. What ends by the clock, such as an entitlement, ends here so much later at most. */
  readonly ttlMs?: number | undefined;
  /** How many verdicts are kept; 10 000 when absent. */
  readonly entriesMax?: number | undefined;
  /** Told when the feed becomes live, and when it is lost: for the log. */
  readonly onFeed?: ((state: FeedState) => void) | undefined;
}

export interface Verifier {
  /**
   * Resolves to the verdict that `client.apiKeys.verify` gives, or rejects as that does. A verdict from memory reflects
   * every change that was answered three seconds ago or earlier, usually a few milliseconds; without the feed each
   * question is asked. The verdict is frozen.
   */
  verify(key: string, question?: KeyQuestion, options?: QueryOptions): Promise<ApiKeyVerdict>;
  /** Whether verdicts are answered from memory at this moment. It works without; it is only slower. */
  readonly live: boolean;
  /** How many verdicts are kept. */
  readonly size: number;
  /** Ends the feed and forgets everything. Who verifies afterwards asks each time. */
  close(): void;
}

/**
 * Returns a verifier, which begins to follow the feed of changes at once. Make one for each process, and close it at
 * its end; it does not keep the process by itself. Throws a `TypeError` for options that cannot work.
 */
export function createVerifier(options: VerifierOptions): Verifier {
  const sleep = (ms: number, signal: AbortSignal) => pause(ms, signal, true);
  return createVerifierOn({ sleep, random: Math.random, now: steadyClock() }, options);
}

/** Returns a verifier that waits and chooses as the runtime does. Throws a `TypeError` for options that cannot work. */
export function createVerifierOn(runtime: FollowerRuntime, options: VerifierOptions): Verifier {
  const { client, ttlMs, entriesMax, onFeed } = checkedOptions(options);
  const memory = createVerdictMemory({ ttlMs, entriesMax });
  const digestOf = createKeyDigest();
  const closing = new AbortController();
  const feed = followChanges(
    client.changes.stream,
    {
      onChange: (tenantIds, settleMs) => memory.forget(tenantIds, runtime.now(), settleMs),
      // What it throws is the program's own, and must not end the feed.
      onState: (live, error) => queueMicrotask(() => onFeed?.(error === undefined ? { live } : { live, error })),
    },
    { runtime, signal: closing.signal },
  );
  const isLive = () => !closing.signal.aborted && feed.isLive();

  const ask = createAsking({ client, memory, isLive, now: runtime.now });
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

interface Asking {
  readonly client: Pick<Client, 'apiKeys'>;
  readonly memory: VerdictMemory;
  readonly isLive: () => boolean;
  readonly now: () => number;
}

/** Returns a function that asks the registry, keeps the verdict, and shares the request with who asks the same meanwhile. */
function createAsking({ client, memory, isLive, now }: Asking) {
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

/** The one who waits may give up; the others, and the memory, still get the verdict. */
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

/** It ends by the time of day, not by how long it was kept. */
function hasExpired(verdict: ApiKeyVerdict): boolean {
  return verdict.valid && verdict.expires_at !== null && Date.parse(verdict.expires_at) <= Date.now();
}

function frozen<V extends ApiKeyVerdict>(verdict: V): V {
  Object.freeze(verdict.scopes);
  return Object.freeze(verdict);
}

/** What the registry would say of a text that cannot be a key. */
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
