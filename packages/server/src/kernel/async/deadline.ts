/** Waiting that ends. */

/**
 * Settles like the work, or throws what `late` makes when that takes longer. The work itself goes on, and its outcome is
 * not looked at. Infinity waits for the work alone.
 */
export function withinDeadline<T>(work: Promise<T>, ms: number, late: () => Error): Promise<T> {
  if (ms === Number.POSITIVE_INFINITY) return work;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), ms);
    work.then(
      (result) => {
        clearTimeout(timer);
        resolve(result);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}

/** When a request must have its answer. */
export interface Deadline {
  /** Whole milliseconds that are left; 0 when it has passed. */
  leftMs(): number;
}

/** Makes the deadline that many milliseconds from now. It holds no timer. */
export function deadlineIn(ms: number): Deadline {
  const end = performance.now() + ms;
  return { leftMs: () => Math.max(0, Math.ceil(end - performance.now())) };
}

/** The deadline of work that no caller waits for. */
export const noDeadline: Deadline = { leftMs: () => Number.POSITIVE_INFINITY };
