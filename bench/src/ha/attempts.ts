/** What each HTTP request of the SDK became: one call may take several. */

export interface Attempt {
  /** By the clock of `performance.now()`. */
  readonly start: number;
  readonly end: number;
  /** Undefined: there was no answer. */
  readonly status: number | undefined;
}

export interface Recorder {
  readonly fetch: (target: string, init: RequestInit) => Promise<Response>;
  readonly attempts: Attempt[];
}

/** Makes a `fetch` that notes each request. */
export function createRecorder(): Recorder {
  const attempts: Attempt[] = [];
  return {
    attempts,
    async fetch(target, init) {
      const start = performance.now();
      let status: number | undefined;
      try {
        const response = await fetch(target, init);
        status = response.status;
        return response;
      } finally {
        attempts.push({ start, end: performance.now(), status });
      }
    },
  };
}

/** An answer that decides the question: a success, or a refusal that has its reason in the question. */
function isAnswer({ status }: Attempt): boolean {
  return status !== undefined && status < 500 && status !== 429;
}

export interface Outage {
  /** From the first attempt that failed to the first answer to one that was begun after that; 0: none failed. */
  readonly window_ms: number;
  /** The longest time in which nothing was answered. */
  readonly gap_ms: number;
  readonly failed_attempts: number;
}

/** Returns what callers saw of an outage. */
export function outageOf(all: readonly Attempt[]): Outage {
  const attempts = all.toSorted((a, b) => a.end - b.end);
  const failed = attempts.filter((each) => !isAnswer(each));
  const answered = attempts.filter(isAnswer);
  const [first] = failed;
  const next = first === undefined ? undefined : answered.find(({ start }) => start > first.end);
  const gaps = answered.slice(1).map(({ end }, n) => end - (answered[n]?.end ?? end));
  return {
    window_ms: first === undefined ? 0 : Math.round((next?.end ?? Number.POSITIVE_INFINITY) - first.end),
    gap_ms: Math.round(gaps.reduce((longest, gap) => Math.max(longest, gap), 0)),
    failed_attempts: failed.length,
  };
}

/** Counts attempts by their status. */
export function byStatus(attempts: readonly Attempt[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status } of attempts) {
    const name = status === undefined ? 'no answer' : String(status);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
