/** Answers of the registry that are kept in the process of a product while the registry reports changes. */
import { CallEnded, startDeadline } from '../calls/deadline.ts';
import { endedError } from '../calls/failure-error.ts';
import type { WaitOptions } from '../calls/options.ts';
import { pause } from '../calls/runtime.ts';
import type { Client } from '../generated/client.ts';
import { type AnswerMemory, createAnswerMemory, type Lifetime } from './answer-memory.ts';
import { type FollowerRuntime, followChanges } from './follow-changes.ts';
import { steadyClock } from './steady-clock.ts';

const TTL_MS = 30_000;
const ENTRIES_MAX = 10_000;
/** The age up to which equal questions wait for a pending request, while the feed is live. */
const SHARED_MS_MAX = 1_000;

/** The state of the feed of changes. */
export interface FeedState {
  /** Whether the registry reports changes. After the loss of the feed, answers come from memory for up to three seconds. */
  readonly live: boolean;
  /** Why the feed was lost: the error of the connection. Undefined if the registry reported that it may miss changes. */
  readonly error?: unknown;
}

export interface MemorySettings {
  /**
   * The largest age of a kept answer: 30 000 by default, 0 to keep none. Rights that end by the clock alone, such as an
   * entitlement, may outlive their end by this time.
   */
  readonly ttlMs?: number | undefined;
  /** The largest number of kept answers: 10 000 by default. */
  readonly entriesMax?: number | undefined;
  /** Called when the feed becomes live and when it is lost, for the log. */
  readonly onFeed?: ((state: FeedState) => void) | undefined;
}

/** What an object that keeps answers tells about itself. */
export interface Memory {
  /** Whether answers come from memory at this moment. Otherwise every question works too, but more slowly. */
  readonly live: boolean;
  /** The number of kept answers. */
  readonly size: number;
  /** Ends the feed and forgets all answers. Later questions each go to the registry. */
  close(): void;
}

/** A kind of question to the registry. */
export interface Questions<Question, Answer> {
  /** The operation that answers, for errors. */
  readonly path: string;
  ask(question: Question): Promise<Answer>;
  /** Returns what may outdate the answer, or undefined for an answer that is not to be kept. */
  lifetimeOf(answer: Answer): Lifetime | undefined;
}

export interface Remembered<Question, Answer> {
  readonly memory: Memory;
  /**
   * Resolves to the answer to the question with this name, from memory if it is kept there, or rejects like `ask`. An
   * answer from memory reflects every change that was answered at least three seconds ago. The answer is frozen.
   */
  answer(name: string, question: Question, options?: WaitOptions): Promise<Answer>;
}

/** Returns a runtime with the clock and the pauses of the system, which let a Node process end. */
export function followerRuntime(): FollowerRuntime {
  return { sleep: (ms, signal) => pause(ms, signal, true), random: Math.random, now: steadyClock() };
}

/** Starts to follow the feed of changes at once. Throws a `TypeError` for settings that cannot work. */
export function createRemembered<Question, Answer>(
  runtime: FollowerRuntime,
  { client, ...settings }: MemorySettings & { readonly client: Pick<Client, 'changes'> },
  questions: Questions<Question, Answer>,
): Remembered<Question, Answer> {
  const { ttlMs, entriesMax, onFeed } = checkedSettings(settings);
  const memory = createAnswerMemory<Answer>({ ttlMs, entriesMax });
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
  const lookUp = createLookup({ questions, memory, isLive, now: runtime.now });
  return {
    async answer(name, question, options = {}) {
      const known = isLive() ? memory.recall(name, runtime.now()) : undefined;
      return known ?? within(questions.path, lookUp(name, question), options);
    },
    memory: {
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
    },
  };
}

interface LookupParts<Question, Answer> {
  readonly questions: Questions<Question, Answer>;
  readonly memory: AnswerMemory<Answer>;
  readonly isLive: () => boolean;
  readonly now: () => number;
}

/** Returns a function that asks the registry and keeps the answer. Equal questions at one time share one request. */
function createLookup<Question, Answer>({ questions, memory, isLive, now }: LookupParts<Question, Answer>) {
  const flights = new Map<string, { readonly askedAt: number; readonly answer: Promise<Answer> }>();
  return (name: string, question: Question): Promise<Answer> => {
    const askedAt = now();
    const flight = flights.get(name);
    const shared = flight !== undefined && isLive() && askedAt - flight.askedAt < SHARED_MS_MAX;
    if (shared && memory.unchangedSince(flight.askedAt)) return flight.answer;
    const answer = questions
      .ask(question)
      .then((given) => {
        const lifetime = questions.lifetimeOf(given);
        if (lifetime !== undefined && isLive()) memory.keep(name, frozen(given), lifetime, askedAt);
        return frozen(given);
      })
      .finally(() => {
        if (flights.get(name)?.answer === answer) flights.delete(name);
      });
    flights.set(name, { askedAt, answer });
    return answer;
  };
}

/** Ends the wait of one caller by its signal or timeout. Other callers and the memory still get the answer. */
async function within<Answer>(path: string, answer: Promise<Answer>, options: WaitOptions): Promise<Answer> {
  const { signal, timeoutMs = Number.POSITIVE_INFINITY } = options;
  if (signal === undefined && timeoutMs === Number.POSITIVE_INFINITY) return answer;
  const { race, release } = startDeadline(timeoutMs, signal);
  try {
    return await race(answer);
  } catch (error) {
    throw error instanceof CallEnded ? endedError(path, error.by, signal) : error;
  } finally {
    release();
  }
}

/** Freezes a JSON value with everything in it: callers share one answer. */
export function frozen<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) frozen(inner);
  return Object.freeze(value);
}

function checkedSettings({ ttlMs = TTL_MS, entriesMax = ENTRIES_MAX, onFeed }: MemorySettings) {
  if (!(ttlMs >= 0 && Number.isFinite(ttlMs)))
    throw new TypeError('ttlMs must be a number of milliseconds, 0 or more.');
  if (!(Number.isInteger(entriesMax) && entriesMax > 0))
    throw new TypeError('entriesMax must be a whole number above 0.');
  return { ttlMs, entriesMax, onFeed };
}
