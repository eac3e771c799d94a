/** Batches that become smaller when a large one cannot be done in the time of a statement. */
import { safeMessage } from '@tenant-registry/db';
import type { Logger } from '../../kernel/logger.ts';

const SIZES = [1_000, 100, 10, 1] as const;

interface BatchesOf {
  readonly logger: Logger;
  readonly worker: string;
  /** Told of each batch that fails. */
  readonly failed?: () => void;
}

/**
 * Does a batch of 1,000 and, when that fails, a smaller one: one event can have a delivery for each of many endpoints, and a
 * batch that is always too slow would hold all events back. Throws when one of 1 fails too.
 */
export async function inBatches<Done>(
  { logger, worker, failed }: BatchesOf,
  work: (size: number) => Promise<Done>,
): Promise<Done> {
  let failure: unknown;
  for (const size of SIZES) {
    try {
      return await work(size);
    } catch (error) {
      failure = error;
      failed?.();
      logger.warn({ worker, size, reason: safeMessage(error) }, 'a batch failed, a smaller one follows');
    }
  }
  throw failure;
}
