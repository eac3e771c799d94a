/** Joins calls: work runs once at a time, and whoever calls gets a run that began after its call. */

/** Returns the function whose calls wait for a run that began after them; calls that wait share one run. */
export function oneAtATime(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  let next: Promise<void> | null = null;
  const start = (): Promise<void> => {
    next = null;
    running = run().finally(() => {
      running = null;
    });
    return running;
  };
  return () => {
    // A run that is about to begin goes before a new one, also in the moment after the last one has ended.
    if (next !== null) return next;
    if (running === null) return start();
    next = running.then(start, start);
    return next;
  };
}
