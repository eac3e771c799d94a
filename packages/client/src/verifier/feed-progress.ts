/** What has been heard of the feed of changes, over all of its connections, and what that proves. */
import type { ChangeEvent } from '../streams/feed.ts';

/** What is answered from memory is never older than this. */
const FRESH_MS = 3_000;
/** The clocks of two machines run at the same speed to within this part. */
const DRIFT_MAX = 0.001;

export interface FeedProgress {
  /** Takes what came on a connection whose request was sent after `startedAt`. */
  take(event: ChangeEvent, startedAt: number): void;
  /** Whether every change that was answered more than three seconds ago has been told. */
  isLive(): boolean;
  lastEventId(): string | undefined;
}

/** Knows nothing yet. `now` is steady, in milliseconds. */
export function createFeedProgress(
  now: () => number,
  onChange: (tenantIds: readonly string[] | null, settleMs: number) => void,
): FeedProgress {
  /** Every change that was answered until then was told. */
  let knownUntil = Number.NEGATIVE_INFINITY;
  let down = true;
  let settleMs = 0;
  let lastEventId: string | undefined;
  return {
    take(event, startedAt) {
      switch (event.type) {
        case 'open':
          settleMs = event.settle_ms;
          return;
        case 'down':
          down = true;
          return;
        case 'alive':
          down = false;
          // It was written at least so long after the request was sent; the registry's clock may run faster than ours.
          knownUntil = Math.max(knownUntil, startedAt + event.elapsed_ms * (1 - DRIFT_MAX));
          return;
        default:
          onChange(event.type === 'change' ? event.tenant_ids : null, settleMs);
          lastEventId = event.id;
      }
    },
    isLive: () => !down && now() - knownUntil <= FRESH_MS,
    lastEventId: () => lastEventId,
  };
}
