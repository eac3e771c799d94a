/** Tracks how far the feed of changes has been heard, over all of its connections. */
import type { ChangeEvent } from '../streams/feed.ts';

/** The largest age of an answer from memory. */
const FRESH_MS = 3_000;
/** The largest difference in speed between the clocks of two machines, as a fraction. */
const DRIFT_MAX = 0.001;

export interface FeedProgress {
  /** Takes an event of a connection whose request was sent after `startedAt`. */
  take(event: ChangeEvent, startedAt: number): void;
  /** Tells whether the feed has reported every change that was answered more than three seconds ago. */
  isLive(): boolean;
  /** Returns the id to continue from on the next connection. */
  lastEventId(): string | undefined;
}

/** Starts without knowledge. `now` is a monotonic clock in milliseconds; `onChange` gets null for a change of any tenant. */
export function createFeedProgress(
  now: () => number,
  onChange: (tenantIds: readonly string[] | null, settleMs: number) => void,
): FeedProgress {
  /** The feed has reported every change that was answered until this time. */
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
          // The registry wrote the event at least `elapsed_ms` after the request was sent, by a clock that may run faster.
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
