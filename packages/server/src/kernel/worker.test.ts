// engine: none
import { expect, test } from 'vitest';
import type { Dependencies } from './context.ts';
import { createMetrics } from './metrics.ts';
import { idlePauseMs, startWorkers, type Watcher, type Worker, watchPauseMs } from './worker.ts';

/** What every loop counts with. */
const counted = () => ({ metrics: createMetrics(), clock: () => new Date() });

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
  const running = startWorkers([worker], { ...counted(), registryClock } as unknown as Dependencies);
  await done.promise;
  await running.stop();
  return batches;
}

test('no batch begins while the clock of the process differs from the clock of the database', async () => {
  expect(await batchesWhen(false)).toBe(0);
  expect(await batchesWhen(true)).toBe(1);
});

test('the pause of a worker with nothing to do is up to a tenth shorter or longer', () => {
  expect([0, 0.5, 1].map((random) => idlePauseMs(1_000, random))).toEqual([900, 1_000, 1_100]);
});

test('a watch that keeps breaking is started again after at least a second and at most a minute', () => {
  expect([1, 2, 3, 6, 100].map((broken) => watchPauseMs(broken, 1))).toEqual([2_000, 4_000, 8_000, 60_000, 60_000]);
  expect([1, 100].map((broken) => watchPauseMs(broken, 0))).toEqual([1_000, 1_000]);
  expect(watchPauseMs(3, 0.5)).toBe(4_000);
});

/** Runs the watchers without a loop; keeps what was logged. */
function startWatchers(watchers: readonly Watcher[]) {
  const warned: { readonly watcher: string; readonly err?: Error }[] = [];
  const worker: Worker = { name: 'listens', idleMs: 60_000, runOnce: async () => 0, watchers: () => watchers };
  const logger = { warn: (about: (typeof warned)[number]) => warned.push(about) };
  const registryClock = { agrees: async () => true };
  // Nothing else of what a product runs on is read.
  const running = startWorkers([worker], { ...counted(), registryClock, logger } as unknown as Dependencies);
  return { running, warned };
}

test('a watch that ends or fails is logged and started again, beside one that lasts, and stopping ends both', async () => {
  const failure = new Error('the line was cut');
  let breaks = 0;
  let lasting = 0;
  let ended = 0;
  const lasts = async (signal: AbortSignal) => {
    lasting += 1;
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    ended += 1;
    throw signal.reason;
  };
  const { running, warned } = startWatchers([
    { name: 'lasts', run: lasts },
    {
      name: 'breaks',
      async run(signal) {
        breaks += 1;
        if (breaks === 1) throw failure;
        if (breaks > 2) await lasts(signal);
      },
    },
  ]);
  await expect.poll(() => breaks).toBe(3);
  expect(warned).toMatchObject([
    { watcher: 'breaks', err: failure, broken: 1 },
    { watcher: 'breaks', broken: 2 },
  ]);
  await running.stop();
  expect([lasting, ended, warned.length]).toEqual([2, 2, 2]);
});
