// engine: none
import { expect, test } from 'vitest';
import { createLogger } from '../../kernel/logger.ts';
import { inBatches } from './batches.ts';

function tried(fits: number) {
  const [sizes, logs]: [number[], string[]] = [[], []];
  const logger = createLogger('info', { write: (line) => void logs.push(line) });
  const outcome = inBatches({ logger, worker: 'w' }, async (size) => {
    sizes.push(size);
    if (size > fits) throw new Error('too slow');
    return size;
  });
  return { sizes, logs, outcome };
}

test('a batch that is too large is followed by smaller ones until one is done, and each failure is logged', async () => {
  const large = tried(1_000);
  expect([await large.outcome, large.sizes, large.logs]).toEqual([1_000, [1_000], []]);
  const small = tried(10);
  expect([await small.outcome, small.sizes, small.logs.length]).toEqual([10, [1_000, 100, 10], 2]);
  const none = tried(0);
  await expect(none.outcome).rejects.toThrow('too slow');
  expect(none.sizes).toEqual([1_000, 100, 10, 1]);
});
