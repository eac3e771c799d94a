/** Work in the background: a name, one batch at a time, and the one loop around all of them. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createInterruptiblePause, type InterruptiblePause } from './async/interruptible-pause.ts';
import type { Dependencies } from './context.ts';
import type { Signal } from './signals.ts';

export interface Worker {
  readonly name: string;
  /** The pause after a batch that found nothing to do. */
  readonly idleMs: number;
  /** Ends that pause: this process knows that there is something to do. */
  readonly wokenBy?: Signal;
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
  const idle = createInterruptiblePause();
  const failed = createInterruptiblePause();
  const unhear = worker.wokenBy === undefined ? () => {} : deps.signals.on(worker.wokenBy, () => idle.interrupt());
  const stop = () => {
    idle.interrupt();
    failed.interrupt();
  };
  signal.addEventListener('abort', stop, { once: true });
  while (!signal.aborted) await turn(worker, deps, { signal, idle, failed });
  unhear();
}

interface Turn {
  readonly signal: AbortSignal;
  readonly idle: InterruptiblePause;
  /** Work that is waiting does not cut this pause short. */
  readonly failed: InterruptiblePause;
}

async function turn(worker: Worker, deps: Dependencies, { signal, idle, failed }: Turn): Promise<void> {
  try {
    if (!(await deps.registryClock.agrees())) await failed.rest(WRONG_CLOCK_PAUSE_MS);
    else if ((await worker.runOnce(deps, signal)) === 0) await idle.rest(worker.idleMs);
    else await nextTurn();
  } catch (err) {
    deps.logger.error({ err, worker: worker.name }, 'worker batch failed');
    await failed.rest(FAILURE_PAUSE_MS);
  }
}
