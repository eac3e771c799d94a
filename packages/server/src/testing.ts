/** The product as tests want it: on a database and a clock of theirs, and silent unless something is broken. */
import type { DatabaseHandle } from '@tenant-registry/db';
import { createMemoryProvisioner } from '@tenant-registry/provisioner/testing';
import { type App, createApp } from './app.ts';
import { type Config, readConfig } from './config.ts';
import type { Clock } from './kernel/clock.ts';
import { createLogger } from './kernel/logger.ts';
import type { DatabasesConfig } from './modules/databases/port.ts';
import type { DatabaseTier } from './modules/databases/schema.ts';

export type { App, Clock };

export interface TestAppOptions {
  /** Migrated. Whoever opened it closes it, after the app. */
  readonly database: DatabaseHandle;
  readonly clock: Clock;
  readonly operatorToken: string;
  readonly internalToken: string;
}

const small: DatabaseTier = {
  name: 'small',
  description: 'For tests',
  provisioner: 'memory',
  spec: {
    instances: 1,
    cpu: '500m',
    memory: '1Gi',
    storage: '10Gi',
    image: null,
    parameters: {},
    connections: 50,
    pool: { mode: 'transaction', instances: 1 },
    backup_schedule: null,
    extensions: [],
  },
  overrides: {
    storage: { min: '5Gi', max: '50Gi' },
    instances: { min: null, max: 3 },
    connections: { min: 10, max: null },
  },
  namespaces: ['default', 'teams'],
  max_per_tenant: 5,
  provision_timeout_s: 900,
  deletion_policy: 'retain',
};
const { spec } = small;

const tiers: readonly DatabaseTier[] = [
  small,
  { ...small, name: 'roomy', description: 'For tests that order many', max_per_tenant: 0 },
  {
    ...small,
    name: 'large',
    description: 'For tests that change the tier',
    spec: { ...spec, instances: 3, cpu: '2', memory: '8Gi', storage: '100Gi', connections: 200 },
    overrides: { storage: { min: '20Gi', max: '1Ti' }, cpu: { min: '500m', max: '4' } },
    deletion_policy: 'destroy',
  },
];

/** Databases in memory: each app has a world of its own. */
export const memoryDatabases: DatabasesConfig = {
  installation: 'tests',
  tiers: new Map(tiers.map((tier) => [tier.name, tier])),
  provisioners: new Map([['memory', createMemoryProvisioner]]),
};

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
  auditSigningKeys: ['0f'.repeat(32)],
  auditOrigin: 'registry.example/audit',
  secretsKeys: ['only-for-tests-and-nothing-else-0000'],
  argon2: { concurrencyMax: 2, queueMax: 400 },
  databases: memoryDatabases,
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
