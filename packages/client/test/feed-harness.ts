/** A feed of changes, a clock and pauses that a test controls, for whatever keeps answers of the registry. */
import { onTestFinished } from 'vitest';
import type { ChangeEvent, Client, FeedOptions, FeedState, Memory } from '../src/index.ts';
import type { FollowerRuntime } from '../src/memory/follow-changes.ts';

export const TENANT = '0192f0c1-7f3a-7c52-9d1e-4b8a6f2e3c10';
export const OTHER_TENANT = '0192f0c1-7f3a-7c52-9d1e-4b8a6f2e3c11';
export const SETTLE_MS = 2_000;

type Signal = { readonly event: ChangeEvent } | { readonly error: unknown } | 'end';

/** A connection of the feed that was opened. */
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

interface Followed {
  readonly runtime: FollowerRuntime;
  readonly changes: Client['changes'];
  readonly onFeed: (state: FeedState) => void;
}

/** Creates what follows the feed, with its controls. The end of the running test closes it. */
export function feedHarness<Follower extends Memory>(create: (followed: Followed) => Follower) {
  const connections: FeedConnection[] = [];
  const states: FeedState[] = [];
  const pauses: Pause[] = [];
  let nowMs = 1_000_000;
  let startedAt = nowMs;
  const follower = create({
    runtime: runtimeOf(() => nowMs, pauses),
    changes: { stream: (_, given = {}) => connect(given, connections) },
    onFeed: (state) => void states.push(state),
  });
  onTestFinished(() => follower.close());
  const put = async (...events: readonly ChangeEvent[]) => {
    for (const event of events) connections.at(-1)?.put({ event });
    await settled();
  };
  const harness = {
    follower,
    connections,
    states,
    pauses,
    put,
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
