import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { UsageError } from './run-bench.ts';

/** The product's process, from the root of a checkout. */
export const MAIN = 'packages/server/src/main.ts';

/** Returns the path of another checkout, which is measured beside this one. Throws `UsageError` unless it can be started. */
export function checkoutAt(folder: string): string {
  const path = resolve(folder);
  if (existsSync(join(path, MAIN)) && existsSync(join(path, 'node_modules'))) return path;
  throw new UsageError(`--before: ${folder} is no checkout with installed packages (${MAIN}, node_modules)`);
}
