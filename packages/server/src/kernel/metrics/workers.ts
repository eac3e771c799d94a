/** The work in the background: of each worker, its turns, their time, and when it last did one without a failure. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

const TURN_SECONDS = [0.005, 0.025, 0.1, 0.5, 2.5, 10, 60];
const RESULTS = ['worked', 'idle', 'failed', 'clock'] as const;

/** What a turn was: it found work, found none, failed, or was not begun because the clock of the process is wrong. */
export type TurnResult = (typeof RESULTS)[number];

export interface WorkerSeries {
  /** Makes the series of a worker, as if it had done a turn now. */
  started(worker: StartedWorker, now: Date): void;
  turned(worker: string, result: TurnResult, seconds: number): void;
  /** The worker did a turn to its end. */
  succeeded(worker: string, now: Date): void;
  /** A watch ended that should have lasted. */
  broke(watcher: string): void;
}

export interface StartedWorker {
  readonly name: string;
  readonly idleMs: number;
}

/** Adds the series to the registry. Their one label is a name in the code. */
export function createWorkerSeries(registry: Registry, prefix: string): WorkerSeries {
  const registers = [registry];
  const labelNames = ['worker'] as const;
  const turns = new Counter({
    name: `${prefix}worker_turns_total`,
    help: 'Turns of background workers: worked, idle, failed, or left out because of the clock.',
    labelNames: ['worker', 'result'],
    registers,
  });
  const seconds = new Histogram({
    name: `${prefix}worker_turn_seconds`,
    help: 'Time of one turn of a background worker.',
    labelNames,
    buckets: TURN_SECONDS,
    registers,
  });
  const succeeded = new Gauge({
    name: `${prefix}worker_last_success_timestamp_seconds`,
    help: 'When a background worker last did a turn without a failure; before its first, when it was started.',
    labelNames,
    registers,
  });
  const pause = new Gauge({
    name: `${prefix}worker_pause_seconds`,
    help: 'How long a background worker rests when nothing is left to do.',
    labelNames,
    registers,
  });
  const broken = new Counter({
    name: `${prefix}watches_broken_total`,
    help: 'Watches that ended although they should last, and were begun again.',
    labelNames: ['watcher'],
    registers,
  });
  return {
    started({ name: worker, idleMs }, now) {
      for (const result of RESULTS) turns.inc({ worker, result }, 0);
      pause.set({ worker }, idleMs / 1_000);
      succeeded.set({ worker }, now.getTime() / 1_000);
    },
    turned(worker, result, took) {
      turns.inc({ worker, result });
      seconds.observe({ worker }, took);
    },
    succeeded: (worker, now) => succeeded.set({ worker }, now.getTime() / 1_000),
    broke: (watcher) => broken.inc({ watcher }),
  };
}
