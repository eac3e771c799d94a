/** Runs work that no answer waits for, one piece at a time. A full queue drops new work instead of growing. */
import type { Logger } from '../logger.ts';

const WAITING_MAX = 1_000;

export interface BackgroundQueue {
  /** Does the work some time later; forgets it when too much is waiting, the process ends, or it fails, which is logged. */
  later(name: string, work: () => Promise<unknown>): void;
  /** Resolves when nothing waits any more. */
  idle(): Promise<void>;
  /** Forgets what waits and resolves when the piece under way is done. */
  stop(): Promise<void>;
}

/** Makes one that does at most one piece at a time and lets at most 1,000 wait. */
export function createBackgroundQueue(logger: Logger): BackgroundQueue {
  let waiting: { readonly name: string; readonly work: () => Promise<unknown> }[] = [];
  let running: Promise<void> | undefined;
  let stopped = false;
  async function run(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { name, work } = next;
      await work().catch((err: unknown) => logger.warn({ err, work: name }, 'background work failed'));
    }
    running = undefined;
  }
  return {
    later(name, work) {
      if (stopped || waiting.length >= WAITING_MAX) return;
      waiting.push({ name, work });
      running ??= run();
    },
    idle: () => running ?? Promise.resolve(),
    async stop() {
      stopped = true;
      waiting = [];
      await running;
    },
  };
}
