/** Follows the feed of changes until its signal aborts, and connects again whenever a connection ends. */
import { backoffMs } from '../calls/backoff.ts';
import type { Runtime } from '../calls/runtime.ts';
import { isRegistryError } from '../errors.ts';
import type { Client } from '../generated/client.ts';
import { createFeedProgress } from './feed-progress.ts';

export interface FollowerRuntime extends Runtime {
  /** A monotonic clock in milliseconds. */
  now(): number;
}

export interface FeedListener {
  /** Called for a change of these tenants, or of any for null. A replica may answer from before it for `settleMs` more. */
  onChange(tenantIds: readonly string[] | null, settleMs: number): void;
  /** Called when the feed becomes live or is lost. A lost connection gives its error, a `down` event gives none. */
  onState(live: boolean, error?: unknown): void;
}

export interface Follower {
  /** Tells whether the feed has reported every change that was answered more than three seconds ago. */
  isLive(): boolean;
}

/** Starts following, until the signal aborts. The pauses between failed connections grow and respect Retry-After. */
export function followChanges(
  stream: Client['changes']['stream'],
  { onChange, onState }: FeedListener,
  { runtime, signal }: { readonly runtime: FollowerRuntime; readonly signal: AbortSignal },
): Follower {
  const progress = createFeedProgress(runtime.now, onChange);
  let told: boolean | undefined;

  function report(live: boolean, error?: unknown): void {
    if (live === told) return;
    told = live;
    onState(live, error);
  }

  /** Resolves when the registry ends the connection: to whether the feed was live on it. */
  async function listen(): Promise<boolean> {
    const startedAt = runtime.now();
    let useful = false;
    for await (const event of stream({}, { lastEventId: progress.lastEventId(), signal })) {
      progress.take(event, startedAt);
      if (event.type === 'down') report(false);
      if (event.type !== 'alive') continue;
      // The events of this connection arrive too late; another connection may be faster.
      if (!progress.isLive()) throw new Error('the feed of changes lags by more than three seconds');
      useful = true;
      report(true);
    }
    return useful;
  }

  async function follow(): Promise<void> {
    for (let failed = 0; !signal.aborted; ) {
      let retryAfterMs = 0;
      try {
        failed = (await listen()) ? 0 : failed + 1;
      } catch (error) {
        if (signal.aborted) return;
        failed = progress.isLive() ? 1 : failed + 1;
        retryAfterMs = isRegistryError(error) ? (error.retryAfter ?? 0) * 1_000 : 0;
        report(false, error);
      }
      await runtime.sleep(Math.max(retryAfterMs, backoffMs(failed, runtime.random)), signal);
    }
  }
  void follow();
  return { isLive: progress.isLive };
}
