// engine: none
import { expect, test } from 'vitest';
import type { Dependencies } from './context.ts';
import { startWorkers, type Worker } from './worker.ts';

/** Runs the loop of one worker until the clock was asked twice or a batch was done; returns how many batches were. */
async function batchesWhen(agrees: boolean): Promise<number> {
  const done = Promise.withResolvers<void>();
  let batches = 0;
  const worker: Worker = {
    name: 'counts',
    idleMs: 60_000,
    async runOnce() {
      batches += 1;
      done.resolve();
      return 0;
    },
  };
  const registryClock = {
    now: () => new Date(),
    aheadMs: () => 0,
    async agrees() {
      // After the loop has done with the answer.
      setImmediate(() => setImmediate(done.resolve));
      return agrees;
    },
  };
  // The loop reads nothing else of what a product runs on.
  const running = startWorkers([worker], { registryClock } as unknown as Dependencies);
  await done.promise;
  await running.stop();
  return batches;
}

test('no batch begins while the clock of the process differs from the clock of the database', async () => {
  expect(await batchesWhen(false)).toBe(0);
  expect(await batchesWhen(true)).toBe(1);
});
