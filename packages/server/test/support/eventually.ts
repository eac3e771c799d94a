/** Waiting in tests: for a condition, never for a time. */
import { vi } from 'vitest';

/** Far beyond what a machine needs that is many times oversubscribed: a test that waits this long has failed. */
const PATIENCE_MS = 240_000;
const INTERVAL_MS = 20;

/** Repeats the assertions until they hold, and resolves to their result. */
export function eventually<T>(assertions: () => T | Promise<T>, intervalMs = INTERVAL_MS): Promise<T> {
  return vi.waitFor(assertions, { timeout: PATIENCE_MS, interval: intervalMs });
}
