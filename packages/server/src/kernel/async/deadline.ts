/** Waiting that ends. */

/**
 * Settles like the work, or throws what `late` makes when that takes longer. The work itself goes on, and its outcome is
 * not looked at. Infinity waits for the work alone.
 */
export async function withinDeadline<T>(work: Promise<T>, ms: number, late: () => Error): Promise<T> {
  if (ms === Number.POSITIVE_INFINITY) return work;
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), ms);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
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
