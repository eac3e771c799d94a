/** A verifier whose registry, feed, clock and pauses a test controls. */
import { expect, onTestFinished } from 'vitest';
import { eventually } from '../../server/test/support/eventually.ts';
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

/** Returns the complete verdict that refuses a key for this reason. */
export function refusal(code: RefusedVerdict['code']): RefusedVerdict {
  const unknown = { key_id: null, tenant_id: null, tenant_slug: null, tenant_status: null, project_id: null };
  return { valid: false, code, ...unknown, scopes: [], expires_at: null };
}

type Signal = { readonly event: ChangeEvent } | { readonly error: unknown } | 'end';

/** A connection of the feed that the verifier opened. */
interface FeedConnection {
  readonly lastEventId: string | undefined;
  readonly signal: AbortSignal | undefined;
  put(signal: Signal): void;
}

/** Resolves once all pending promise callbacks have run. */
export const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

interface Pause {
  readonly ms: number;
  readonly end: () => void;
}

/** Returns a runtime whose pauses last until the test ends them. */
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

/** Registers a connection and yields the events that the test puts on it, until the test ends or breaks it. */
async function* connect({ lastEventId, signal }: FeedOptions, connections: FeedConnection[]) {
  const waiting: Signal[] = [];
  let wake = () => {};
  const put = (each: Signal) => {
    waiting.push(each);
    wake();
  };
  signal?.addEventListener('abort', () => put({ error: signal.reason }), { once: true });
  connections.push({ lastEventId, signal, put });
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

/** Creates a verifier with its controls. The end of the running test closes it. */
export function verifierHarness(options: Partial<VerifierOptions> = {}) {
  const connections: FeedConnection[] = [];
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
      // A verifier uses no other operations of the client.
      client: {
        apiKeys: { verify },
        changes: { stream: (_: object, given: FeedOptions = {}) => connect(given, connections) },
      } as unknown as Client,
      onFeed: (state) => void states.push(state),
      ...options,
    },
  );
  onTestFinished(() => verifier.close());
  let startedAt = nowMs;
  const put = async (...events: readonly ChangeEvent[]) => {
    for (const event of events) connections.at(-1)?.put({ event });
    await settled();
  };
  const harness = {
    verifier,
    connections,
    questions,
    states,
    pauses,
    put,
    /** Waits until the registry has received this number of questions. */
    asked: (count: number) => eventually(() => expect(questions).toHaveLength(count)),
    /** Sets the registry's answer. With undefined the registry is silent until the test answers the `questions`. */
    answers(next: (() => ApiKeyVerdict) | undefined) {
      answer = next;
    },
    advance(ms: number) {
      nowMs += ms;
    },
    /** The feed sends `alive` with the current time. */
    alive: () => put({ type: 'alive', elapsed_ms: nowMs - startedAt }),
    change: (...tenant_ids: string[]) => put({ type: 'change', id: 'e-2', tenant_ids }),
    /** The connection opens, and the changes before it have settled. */
    async opened() {
      startedAt = nowMs;
      await put({ type: 'open', alive_ms: 1_000, settle_ms: SETTLE_MS }, { type: 'reset', id: 'e-1' });
      nowMs += SETTLE_MS + 1;
      await harness.alive();
    },
    async broken(error: unknown = new Error('the connection broke')) {
      connections.at(-1)?.put({ error });
      await settled();
    },
    /** Ends the pause before the next connection. */
    async endPause() {
      startedAt = nowMs;
      pauses.at(-1)?.end();
      await settled();
    },
  };
  return harness;
}
