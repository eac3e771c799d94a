/** Follows the feed of changes for as long as it is wanted, over every connection that it takes. */

import type { Runtime } from '../calls/runtime.ts';
import { isRegistryError } from '../errors.ts';
import type { Client } from '../types.ts';
import { createFeedProgress } from './feed-progress.ts';

const BACKOFF_FIRST_MS = 200;
const BACKOFF_MAX_MS = 5_000;

export interface FollowerRuntime extends Runtime {
  /** Steady, in milliseconds. */
  now(): number;
}

/** What a follower tells. */
export interface FeedListener {
  /** The tenants whose authority changed, or null for any; another replica may answer as before for so long. */
  onChange(tenantIds: readonly string[] | null, settleMs: number): void;
  /** It has become live, or the connection was lost: then with what was thrown, or undefined for a registry that is down. */
  onState(live: boolean, error?: unknown): void;
}

export interface Follower {
  /** Whether every change that was answered more than three seconds ago has been told. */
  isLive(): boolean;
}

/** Starts following; it ends with the signal. It asks again and again, never more often than with pauses that grow. */
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

  /** Returns whether the connection was of use, once the registry ends it. */
  async function listen(): Promise<boolean> {
    const startedAt = runtime.now();
    let useful = false;
    for await (const event of stream({}, { lastEventId: progress.lastEventId(), signal })) {
      progress.take(event, startedAt);
      if (event.type === 'down') report(false);
      if (event.type !== 'alive') continue;
      // Another connection may be better.
      if (!progress.isLive()) throw new Error('the feed of changes comes too late to be of use');
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
      const backoffMs = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** failed);
      await runtime.sleep(Math.max(retryAfterMs, Math.round(backoffMs * (1 - runtime.random() / 2))), signal);
    }
  }
  void follow();
  return { isLive: progress.isLive };
}
