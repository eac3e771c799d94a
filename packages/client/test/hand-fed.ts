/** A verifier whose registry, feed and time are in the hands of a test. */
import { expect, onTestFinished, vi } from 'vitest';
import type { ApiKeyVerdict, ChangeEvent, Client, FeedOptions, FeedState, VerifierOptions } from '../src/index.ts';
import { createVerifierOn } from '../src/verifier.ts';

export const TENANT = '0192f0c1-7f3a-7c52-9d1e-4b8a6f2e3c10';
export const OTHER_TENANT = '0192f0c1-7f3a-7c52-9d1e-4b8a6f2e3c11';
export const KEY = 'bp_7Hq2Lw9xTz4Rk1Vb8Nc5Yd';
export const SETTLE_MS = 2_000;

export type AcceptedVerdict = Extract<ApiKeyVerdict, { valid: true }>;
export type RefusedVerdict = Extract<ApiKeyVerdict, { valid: false }>;

export function accepted(fields: Partial<AcceptedVerdict> = {}): AcceptedVerdict {
  return {
    valid: true,
    code: 'valid',
    key_id: '0192f0c4-1b2a-7d3e-8f4a-5b6c7d8e9fa0',
    tenant_id: TENANT,
    tenant_slug: 'acme',
    tenant_status: 'active',
    project_id: null,
    scopes: ['reports:read'],
    expires_at: null,
    ...fields,
  };
}

/** The whole verdict that refuses a key for this reason. */
export function refusal(code: RefusedVerdict['code']): RefusedVerdict {
  const nobody = { key_id: null, tenant_id: null, tenant_slug: null, tenant_status: null, project_id: null };
  return { valid: false, code, ...nobody, scopes: [], expires_at: null };
}

type Signal = { readonly event: ChangeEvent } | { readonly error: unknown } | 'end';

/** One connection of the feed. */
interface Listening {
  readonly lastEventId: string | undefined;
  readonly signal: AbortSignal | undefined;
  put(signal: Signal): void;
}

/** Lets everything run that waits for nothing but other promises. */
export const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

interface Pause {
  readonly ms: number;
  readonly end: () => void;
}

/** Its pauses end by hand. */
function runtimeOf(now: () => number, pauses: Pause[]) {
  return {
    now,
    random: () => 0,
    sleep: (ms: number, signal: AbortSignal) =>
      new Promise<void>((resolve) => {
        pauses.push({ ms, end: resolve });
        signal.addEventListener('abort', () => resolve(), { once: true });
      }),
  };
}

/** One connection: it gives what is put, until that is an end. */
async function* listenAs({ lastEventId, signal }: FeedOptions, listening: Listening[]): AsyncGenerator<ChangeEvent> {
  const waiting: Signal[] = [];
  let wake = () => {};
  const put = (each: Signal) => {
    waiting.push(each);
    wake();
  };
  signal?.addEventListener('abort', () => put({ error: signal.reason }), { once: true });
  listening.push({ lastEventId, signal, put });
  for (;;) {
    const next = waiting.shift();
    if (next === 'end') return;
    if (next !== undefined && 'error' in next) throw next.error;
    if (next !== undefined) yield next.event;
    else
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  }
}

/** Makes one that is closed with the running test. */
export function handFed(options: Partial<VerifierOptions> = {}) {
  const listening: Listening[] = [];
  const questions: { readonly answer: (verdict: ApiKeyVerdict) => void; readonly fail: (error: unknown) => void }[] =
    [];
  const states: FeedState[] = [];
  const pauses: Pause[] = [];
  let nowMs = 1_000_000;
  let answer: (() => ApiKeyVerdict) | undefined = () => accepted();

  const verify = () =>
    new Promise<ApiKeyVerdict>((resolve, reject) => {
      questions.push({ answer: resolve, fail: reject });
      if (answer !== undefined) resolve(answer());
    });
  const verifier = createVerifierOn(
    runtimeOf(() => nowMs, pauses),
    {
      // Of the client, this is all that a verifier uses.
      client: {
        apiKeys: { verify },
        changes: { stream: (_: object, given: FeedOptions = {}) => listenAs(given, listening) },
      } as unknown as Client,
      onFeed: (state) => void states.push(state),
      ...options,
    },
  );
  onTestFinished(() => verifier.close());
  let startedAt = nowMs;
  const put = async (...events: readonly ChangeEvent[]) => {
    for (const event of events) listening.at(-1)?.put({ event });
    await settled();
  };
  const fed = {
    verifier,
    listening,
    questions,
    states,
    pauses,
    put,
    /** So many questions have reached the registry. */
    asked: (count: number) => vi.waitFor(() => expect(questions).toHaveLength(count)),
    /** What the registry answers from now on; undefined: nothing, until `questions` are answered by hand. */
    answers(next: (() => ApiKeyVerdict) | undefined) {
      answer = next;
    },
    pass(ms: number) {
      nowMs += ms;
    },
    /** The registry says that it hears of changes. */
    alive: () => put({ type: 'alive', elapsed_ms: nowMs - startedAt }),
    change: (...tenant_ids: string[]) => put({ type: 'change', id: 'e-2', tenant_ids }),
    /** A connection opens as at the beginning, and what was said before has settled. */
    async opened() {
      startedAt = nowMs;
      await put({ type: 'open', alive_ms: 1_000, settle_ms: SETTLE_MS }, { type: 'reset', id: 'e-1' });
      nowMs += SETTLE_MS + 1;
      await fed.alive();
    },
    async broken(error: unknown = new Error('the connection broke')) {
      listening.at(-1)?.put({ error });
      await settled();
    },
    /** The pause before the next connection is over. */
    async rested() {
      startedAt = nowMs;
      pauses.at(-1)?.end();
      await settled();
    },
  };
  return fed;
}
