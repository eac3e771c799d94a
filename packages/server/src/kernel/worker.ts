/** Work in the background: a name, one batch at a time, and the one loop around all of them. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createInterruptiblePause, type InterruptiblePause } from './async/interruptible-pause.ts';
import type { Dependencies } from './context.ts';
import type { TurnResult } from './metrics/workers.ts';
import type { Signal } from './signals.ts';

export interface Worker {
  readonly name: string;
  /** The pause after a batch that found nothing to do; each is up to a tenth shorter or longer. */
  readonly idleMs: number;
  /** Ends that pause: this process knows that there is something to do. */
  readonly wokenBy?: Signal;
  /** It holds what is not written yet: one more batch is done when the app closes. */
  readonly flushOnClose?: true;
  /** What it does is about this process; of every other worker a group of processes runs one. */
  readonly ofEachProcess?: true;
  /** Does one batch and returns how much it did; 0 means nothing was left. Safe to run on many replicas at once. */
  runOnce(deps: Dependencies, signal: AbortSignal): Promise<number>;
  /** Names what is listened to while the workers run. */
  watchers?(deps: Dependencies): readonly Watcher[];
}

/** Listening that lasts, and that is started again when it breaks. */
export interface Watcher {
  readonly name: string;
  /** Listens until the signal aborts, and then resolves or rejects soon. Ending earlier, in either way, is a broken watch. */
  run(signal: AbortSignal): Promise<void>;
}

const FAILURE_PAUSE_MS = 5_000;
const WRONG_CLOCK_PAUSE_MS = 5_000;
const IDLE_JITTER = 0.1;
const WATCH_PAUSE_MS = { min: 1_000, max: 60_000 };

/** Returns the pause of a worker that found nothing to do, so that replicas that were started together do not ask together. */
export function idlePauseMs(idleMs: number, random: number): number {
  return idleMs * (1 + IDLE_JITTER * (2 * random - 1));
}

/** Returns the pause before a watch is started again that broke so many times in a row: full jitter from 1 s to 60 s. */
export function watchPauseMs(broken: number, random: number): number {
  const { min, max } = WATCH_PAUSE_MS;
  return Math.max(min, random * Math.min(max, min * 2 ** Math.min(broken, 10)));
}

/**
 * Runs the workers and their watchers until `stop` is called; it resolves when the batches under way are done and the
 * watchers have ended. A failed batch is logged and repeated, a watch that breaks is logged and started again. No batch
 * begins while the clock of the process differs from the database's.
 */
export function startWorkers(workers: readonly Worker[], deps: Dependencies): { stop(): Promise<void> } {
  const stopping = new AbortController();
  for (const worker of workers) deps.metrics.workers.started(worker, deps.clock());
  const watchers = workers.flatMap((worker) => worker.watchers?.(deps) ?? []);
  const loops = [
    ...workers.map((worker) => loop(worker, deps, stopping.signal)),
    ...watchers.map((watcher) => keepWatching(watcher, deps, stopping.signal)),
  ];
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
  switch (await resultOf(worker, deps, signal)) {
    case 'worked':
      return nextTurn();
    case 'idle':
      return idle.rest(idlePauseMs(worker.idleMs, Math.random()));
    case 'clock':
      return failed.rest(WRONG_CLOCK_PAUSE_MS);
    case 'failed':
      return failed.rest(FAILURE_PAUSE_MS);
  }
}

/** Does a batch, unless the clock is wrong, and counts it. */
async function resultOf(worker: Worker, deps: Dependencies, signal: AbortSignal): Promise<TurnResult> {
  const { metrics, registryClock, clock, logger } = deps;
  const beganMs = performance.now();
  let result: TurnResult;
  try {
    if (await registryClock.agrees()) {
      result = (await worker.runOnce(deps, signal)) === 0 ? 'idle' : 'worked';
      metrics.workers.succeeded(worker.name, clock());
    } else result = 'clock';
  } catch (err) {
    logger.error({ err, worker: worker.name }, 'worker batch failed');
    result = 'failed';
  }
  metrics.workers.turned(worker.name, result, (performance.now() - beganMs) / 1_000);
  return result;
}

async function keepWatching(watcher: Watcher, deps: Dependencies, signal: AbortSignal): Promise<void> {
  const pause = createInterruptiblePause();
  signal.addEventListener('abort', () => pause.interrupt(), { once: true });
  let broken = 0;
  while (!signal.aborted) {
    const beganMs = performance.now();
    const failure = await failureOf(watcher, signal);
    if (signal.aborted) return;
    deps.metrics.workers.broke(watcher.name);
    // A watch that lasted is no longer one of those that broke in a row.
    broken = performance.now() - beganMs >= WATCH_PAUSE_MS.max ? 0 : broken + 1;
    const pauseMs = watchPauseMs(broken, Math.random());
    deps.logger.warn({ ...failure, watcher: watcher.name, broken, pauseMs: Math.round(pauseMs) }, 'a watch broke');
    await pause.rest(pauseMs);
  }
}

/** Resolves when the watch has ended: with its error, or with nothing to tell. */
async function failureOf(watcher: Watcher, signal: AbortSignal): Promise<{ readonly err?: unknown }> {
  try {
    await watcher.run(signal);
    return {};
  } catch (err) {
    return { err };
  }
}
