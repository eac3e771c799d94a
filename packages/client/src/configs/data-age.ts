/** Tracks up to which time every change that the registry answered is known. */

/** The largest age of what counts as live. */
const FRESH_MS = 3_000;
/** The largest difference in speed between the clocks of two machines, as a fraction. */
const DRIFT_MAX = 0.001;

export interface DataAge {
  /** Everything that was answered before this time is known: a read that began then has it. */
  read(startedAt: number): void;
  /** Everything is known that was answered until `elapsedMs` after the request of a connection, which was sent after `startedAt`. */
  alive(startedAt: number, elapsedMs: number): void;
  /** The registry may miss changes until the next read or sign of life. */
  doubt(): void;
  /** What came from a file was `ageMs` old at this time. It is never live. */
  restore(ageMs: number): void;
  /** Tells whether every change that was answered three seconds ago or earlier is known. */
  isLive(): boolean;
  /** Returns the upper bound of the age, in milliseconds; null if there is none. */
  ageMs(): number | null;
}

/** Starts without knowledge. `now` is a monotonic clock in milliseconds. */
export function createDataAge(now: () => number): DataAge {
  let knownUntil = Number.NEGATIVE_INFINITY;
  let restoredUntil = Number.NEGATIVE_INFINITY;
  let doubtful = false;
  const know = (until: number) => {
    // Nothing that comes in can tell of the future.
    knownUntil = Math.max(knownUntil, Math.min(until, now()));
    doubtful = false;
  };
  return {
    read: know,
    // The registry wrote the event at least `elapsedMs` after the request was sent, by a clock that may run faster.
    alive: (startedAt, elapsedMs) => know(startedAt + elapsedMs * (1 - DRIFT_MAX)),
    doubt() {
      doubtful = true;
    },
    restore(ageMs) {
      restoredUntil = now() - ageMs;
    },
    isLive: () => !doubtful && now() - knownUntil <= FRESH_MS,
    ageMs() {
      const until = Math.max(knownUntil, restoredUntil);
      return until === Number.NEGATIVE_INFINITY ? null : Math.max(0, now() - until);
    },
  };
}
