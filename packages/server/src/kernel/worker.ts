/** Work in the background: a name, one batch at a time, and the one loop around all of them. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Dependencies } from './context.ts';

export interface Worker {
  readonly name: string;
  /** The pause after a batch that found nothing to do. */
  readonly idleMs: number;
  /** It holds what is not written yet: one more batch is done when the app closes. */
  readonly flushOnClose?: true;
  /** Does one batch and returns how much it did; 0 means nothing was left. Safe to run on many replicas at once. */
  runOnce(deps: Dependencies, signal: AbortSignal): Promise<number>;
}

const FAILURE_PAUSE_MS = 5_000;
const WRONG_CLOCK_PAUSE_MS = 5_000;

/**
 * Runs the workers until `stop` is called; it resolves when the batches under way are done. A failed batch is logged and
 * repeated. No batch begins while the clock of the process differs from the database's.
 */
export function startWorkers(workers: readonly Worker[], deps: Dependencies): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const loops = workers.map((worker) => loop(worker, deps, stopping.signal));
  return {
    async stop() {
      stopping.abort();
      await Promise.all(loops);
    },
  };
}

async function loop(worker: Worker, deps: Dependencies, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    let pauseMs = 0;
    try {
      if (!(await deps.registryClock.agrees())) pauseMs = WRONG_CLOCK_PAUSE_MS;
      else if ((await worker.runOnce(deps, signal)) === 0) pauseMs = worker.idleMs;
    } catch (err) {
      deps.logger.error({ err, worker: worker.name }, 'worker batch failed');
      pauseMs = FAILURE_PAUSE_MS;
    }
    // A rejected sleep is the stop signal.
    await sleep(pauseMs, undefined, { signal }).catch(() => {});
  }
}
