/** The product as tests want it: on a database and a clock of theirs, and silent unless something is broken. */
import type { DatabaseHandle } from '@tenant-registry/db';
import { type App, createApp } from './app.ts';
import { type Config, readConfig } from './config.ts';
import type { Clock } from './kernel/clock.ts';
import { createLogger } from './kernel/logger.ts';

export type { App, Clock };

export interface TestAppOptions {
  /** Migrated. Whoever opened it closes it, after the app. */
  readonly database: DatabaseHandle;
  readonly clock: Clock;
  readonly operatorToken: string;
  readonly internalToken: string;
}

/** The configuration of an empty environment, but no caller has a limit and a server that closes waits for no request. */
export const testConfig: Config = {
  ...readConfig({}),
  limits: {
    principalPerMinute: 0,
    tenantPerMinute: 0,
    tenantCostPerMinute: 0,
    addressPerMinute: 0,
    failuresPerMinute: 0,
    eventLoopDelayMaxMs: 0,
  },
  shutdownIdleMs: 0,
  // A machine that is busy with other tests is no failure.
  requestTimeoutMs: 600_000,
  secretsKeys: ['only-for-tests-and-nothing-else-0000'],
  argon2: { concurrencyMax: 2, queueMax: 400 },
};

/** Builds the product with the built-in catalog. It is not listening, and its workers are not started. */
export function createTestApp({ database, clock, operatorToken, internalToken }: TestAppOptions): Promise<App> {
  return createApp({
    config: { ...testConfig, tokens: { operator: [operatorToken], internal: [internalToken] } },
    database,
    clock,
    databaseTime: async () => clock(),
    logger: createLogger('error', { write: (line) => void process.stderr.write(line) }),
  });
}
