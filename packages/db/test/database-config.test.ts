// engine: none
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openDatabase } from '../src/database.ts';
import {
  type DatabaseConfig,
  DatabaseConfigError,
  poolOptions,
  urlMistakes,
  validateDatabaseConfig,
} from '../src/database-config.ts';
import { databaseConfigFromEnv, embeddedDirectory } from '../src/database-env.ts';
import { temporaryFolder } from './support.ts';

const url = 'postgres://registry:s3cret@db.example:5432/registry';

/** Returns the mistakes of the config; undefined when it has none. */
function mistakes(config: unknown): DatabaseConfigError | undefined {
  try {
    // The compiler refuses these configs, but a program without types could pass them.
    validateDatabaseConfig(config as DatabaseConfig);
    return undefined;
  } catch (error) {
    if (error instanceof DatabaseConfigError) return error;
    throw error;
  }
}

// proves C2, C4
test.each([
  ['the zero value', {}, 'url: is missing: name a PostgreSQL url or a PGlite directory'],
  ['no url', { url: undefined }, 'url: must start with postgres:// or postgresql://'],
  ['an empty url', { url: '' }, 'url: is empty'],
  [
    'another scheme',
    { url: 'mysql://registry:s3cret@db/registry' },
    'url: must start with postgres:// or postgresql://',
  ],
  ['no scheme', { url: 'registry:s3cret@db/registry' }, 'url: must start with postgres:// or postgresql://'],
  ['key=value words', { url: 'host=db password=s3cret' }, 'url: must start with postgres:// or postgresql://'],
  ['no host', { url: 'postgres:///registry' }, 'url: names no host'],
  ['a user but no host', { url: 'postgres://registry:s3cret@/registry' }, 'url: names no host'],
  ['no database', { url: 'postgres://registry:s3cret@db' }, 'url: names no database'],
  ['no database after the slash', { url: 'postgres://registry:s3cret@db/' }, 'url: names no database'],
  ['port 0', { url: 'postgres://registry:s3cret@db:0/registry' }, 'url: port 0 is not between 1 and 65535'],
  ['port 65536', { url: 'postgres://registry:s3cret@db:65536/registry' }, 'url: cannot be read: Invalid URL'],
  ['a port that is a word', { url: 'postgres://registry:s3cret@db:pg/registry' }, 'url: cannot be read: Invalid URL'],
  [
    'a port that is a word, in the query',
    { url: 'postgres://db/registry?port=pg' },
    'url: port pg is not between 1 and 65535',
  ],
  ['a slash in the password', { url: 'postgres://registry:s3/s3cret@db/registry' }, 'url: cannot be read: Invalid URL'],
  ['a wrong escape', { url: 'postgres://registry:%E0%A4@db/registry' }, 'url: cannot be read: URI malformed'],
  ['no connections', { url, connectionsMax: 0 }, 'connectionsMax: 0 is not a whole number between 1 and 1000'],
  [
    'too many connections',
    { url, connectionsMax: 1001 },
    'connectionsMax: 1001 is not a whole number between 1 and 1000',
  ],
  ['half a connection', { url, connectionsMax: 1.5 }, 'connectionsMax: 1.5 is not a whole number between 1 and 1000'],
  [
    'not a number',
    { url, connectTimeoutMs: Number.NaN },
    'connectTimeoutMs: NaN is not a whole number between 1 and 60000',
  ],
  ['no time to connect', { url, connectTimeoutMs: 0 }, 'connectTimeoutMs: 0 is not a whole number between 1 and 60000'],
  [
    'a minute and more to connect',
    { url, connectTimeoutMs: 60_001 },
    'connectTimeoutMs: 60001 is not a whole number between 1 and 60000',
  ],
  ['a negative idle time', { url, idleTimeoutMs: -1 }, 'idleTimeoutMs: -1 is not a whole number between 0 and 3600000'],
  [
    'an endless lifetime',
    { url, lifetimeMaxSeconds: Number.POSITIVE_INFINITY },
    'lifetimeMaxSeconds: Infinity is not a whole number between 0 and 86400',
  ],
  [
    'statements of hours',
    { url, statementTimeoutMs: 3_600_001 },
    'statementTimeoutMs: 3600001 is not a whole number between 0 and 3600000',
  ],
  ['a direct url that is none', { url, directUrl: 'db' }, 'directUrl: must start with postgres:// or postgresql://'],
  ['an empty directory', { pglite: { dataDir: '' } }, 'dataDir: is empty'],
])('%s is refused, with the reason and without the password', (_, config, reason) => {
  const error = mistakes(config);
  expect(error?.message).toBe(reason);
  expect(error?.code).toBe('database_config');
  expect(JSON.stringify(error?.mistakes)).not.toContain('s3');
});

// proves C4
test('all mistakes are told at once, each with its field', () => {
  const error = mistakes({ url: 'postgres://registry:s3cret@db', connectionsMax: 0, idleTimeoutMs: -5 });
  expect(error?.mistakes.map(({ field }) => field)).toEqual(['url', 'connectionsMax', 'idleTimeoutMs']);
  expect(error?.message).toBe(
    'url: names no database; connectionsMax: 0 is not a whole number between 1 and 1000; ' +
      'idleTimeoutMs: -5 is not a whole number between 0 and 3600000',
  );
});

// proves C4
test.each([
  ['the other spelling of the scheme', { url: url.replace('postgres', 'postgresql') }],
  ['no port', { url: 'postgres://db/registry' }],
  ['an IPv6 address', { url: 'postgres://[::1]:5432/registry' }],
  ['a socket', { url: 'postgres:///registry?host=/var/run/postgresql' }],
  ['an escaped password', { url: 'postgres://registry:a%40b%2Fc%3Fd%23e@db/registry' }],
  ['the lowest bounds', { url, connectionsMax: 1, connectTimeoutMs: 1, idleTimeoutMs: 0, lifetimeMaxSeconds: 0 }],
  ['the highest bounds', { url, connectionsMax: 1_000, connectTimeoutMs: 60_000, statementTimeoutMs: 3_600_000 }],
  ['a PGlite directory', { pglite: { dataDir: '.data/pglite' } }],
  ['a PGlite in memory', { pglite: { memory: true } }],
  ['a PGlite snapshot', { pglite: { snapshot: new Blob([]) } }],
])('%s is accepted', (_, config) => {
  expect(mistakes(config)).toBeUndefined();
});

// proves C4
test('the mistakes of a url can be asked for alone', () => {
  expect(urlMistakes(url)).toEqual([]);
  expect(urlMistakes('')).toEqual([{ field: 'url', message: 'is empty' }]);
});

// proves C5
test('validation opens nothing: a server that cannot be reached and a directory that is not there are no mistakes', () => {
  const folder = temporaryFolder();
  expect(mistakes({ url: 'postgres://registry:s3cret@127.0.0.1:1/registry' })).toBeUndefined();
  expect(mistakes({ pglite: { dataDir: join(folder, 'deep/pglite') } })).toBeUndefined();
  expect(readdirSync(folder)).toEqual([]);
});

// proves C2, C5
test('nothing is opened with a config that is wrong', async () => {
  await expect(openDatabase({ url: 'mysql://registry:s3cret@db/registry' })).rejects.toThrow(DatabaseConfigError);
  await expect(openDatabase({ pglite: { dataDir: '' } })).rejects.toThrow(DatabaseConfigError);
});

// proves C3
test('every optional field has a documented default', () => {
  expect(poolOptions({ url })).toEqual({
    connectionString: url,
    max: 10,
    connectionTimeoutMillis: 2_000,
    idleTimeoutMillis: 30_000,
    maxLifetimeSeconds: 1_800,
    statement_timeout: 30_000,
    idle_in_transaction_session_timeout: 32_000,
    application_name: 'tenant-registry',
    keepAlive: true,
  });
  expect(poolOptions({ url, idleTimeoutMs: 0, applicationName: 'job' })).toMatchObject({
    idleTimeoutMillis: 0,
    application_name: 'job',
  });
});

test('a pooler in transaction mode is asked for nothing that it would have to forget', () => {
  const options = poolOptions({ url, directUrl: url, statementTimeoutMs: 5_000 });
  const { statement_timeout, idle_in_transaction_session_timeout, ...others } = poolOptions({ url });
  expect([statement_timeout, idle_in_transaction_session_timeout]).toEqual([30_000, 32_000]);
  expect(options).toEqual(others);
});

describe('the environment', () => {
  // proves A23
  test('names PostgreSQL by DATABASE_URL, in production too', () => {
    const config = { url, applicationName: 'tenant-registry-migrate', statementTimeoutMs: 0 };
    expect(databaseConfigFromEnv({ DATABASE_URL: url })).toEqual(config);
    expect(databaseConfigFromEnv({ DATABASE_URL: url, APP_ENV: 'prod', DATA_DIR: '/srv' })).toEqual(config);
  });

  test('migrates past a pooler, by DATABASE_DIRECT_URL', () => {
    const pooled = { DATABASE_URL: 'postgres://pooler/registry', DATABASE_DIRECT_URL: url };
    expect(databaseConfigFromEnv(pooled)).toMatchObject({ url });
  });

  // proves A64
  test('names the embedded engine in the data directory without DATABASE_URL, but not in production', () => {
    expect(databaseConfigFromEnv({})).toEqual({ pglite: { dataDir: embeddedDirectory('.data') } });
    expect(databaseConfigFromEnv({ DATABASE_URL: '', DATA_DIR: '/srv', APP_ENV: 'stage' })).toEqual({
      pglite: { dataDir: '/srv/pglite' },
    });
    expect(() => databaseConfigFromEnv({ APP_ENV: 'prod' })).toThrow('the embedded engine is not for production');
  });
});
