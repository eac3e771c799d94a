/** Describes how a database is opened, and finds the mistakes in such a description without connecting. */
import { parse } from 'pg-connection-string';
import { safeMessage } from './redact.ts';

export interface PostgresConfig {
  /** `postgres://user:password@host:port/database`. */
  url: string;
  /**
   * The URL of this database past the pooler. When it is given, `url` leads through a pooler in transaction mode, and
   * nothing that belongs to a session goes there.
   */
  directUrl?: string | undefined;
  /** Connections at most, 1–1000. Default 10. */
  connectionsMax?: number;
  /** The longest wait of a caller for a connection, 1–60,000 ms. Default 2,000: then the answer is 503. */
  connectTimeoutMs?: number;
  /** An idle connection is closed after this, 0 (never)–3,600,000 ms. Default 30,000. */
  idleTimeoutMs?: number;
  /** A connection is replaced after this, 0 (never)–86,400 s, so that a failover is noticed. Default 1,800. */
  lifetimeMaxSeconds?: number;
  /**
   * The server ends a statement after this, 0 (never)–3,600,000 ms. Default 30,000. A connection whose transaction hears
   * nothing for `silenceMsMax` is ended too: a process that was lost in the middle of a transaction
   * holds no lock for ever. Through a pooler neither is sent: there they belong to the database user.
   */
  statementTimeoutMs?: number;
  /**
   * Refuses a server that is a standby, and drops a connection whose server refuses a write because it is read-only: after a
   * failover neither is the primary. Default true.
   */
  primaryOnly?: boolean;
  /** Shown in pg_stat_activity. Default `tenant-registry`. */
  applicationName?: string;
  /** Receives a line for each connection that dies while idle. Default: standard error. */
  log?: (message: string) => void;
}

export interface PgliteConfig {
  /** `program`: the compiled engine, which databases of one process may share. */
  pglite: { dataDir: string } | { snapshot: Blob; program?: object } | { memory: true };
}

export type DatabaseConfig = PostgresConfig | PgliteConfig;

export interface ConfigMistake {
  readonly field: string;
  readonly message: string;
}

/** Thrown before anything is opened; names every mistake at once and no password. */
export class DatabaseConfigError extends Error {
  readonly code = 'database_config';
  readonly mistakes: readonly ConfigMistake[];

  constructor(mistakes: readonly ConfigMistake[]) {
    super(mistakes.map(({ field, message }) => `${field}: ${message}`).join('; '));
    this.name = 'DatabaseConfigError';
    this.mistakes = mistakes;
  }
}

const bounds = {
  connectionsMax: { default: 10, min: 1, max: 1000 },
  connectTimeoutMs: { default: 2_000, min: 1, max: 60_000 },
  idleTimeoutMs: { default: 30_000, min: 0, max: 3_600_000 },
  lifetimeMaxSeconds: { default: 1_800, min: 0, max: 86_400 },
  statementTimeoutMs: { default: 30_000, min: 0, max: 3_600_000 },
} as const;

/** Throws `DatabaseConfigError` for a config that cannot be opened. Decides without a connection. */
export function validateDatabaseConfig(config: DatabaseConfig): void {
  const mistakes = 'url' in config ? postgresMistakes(config) : pgliteMistakes(config);
  if (mistakes.length > 0) throw new DatabaseConfigError(mistakes);
}

/** Returns the mistakes in a PostgreSQL connection URL; an empty list when it can be tried. */
export function urlMistakes(url: string): ConfigMistake[] {
  const wrong = (message: string) => [{ field: 'url', message }];
  if (url === '') return wrong('is empty');
  if (!/^postgres(ql)?:\/\//.test(url)) return wrong('must start with postgres:// or postgresql://');
  try {
    const { host, database, port } = parse(url);
    if (!host) return wrong('names no host');
    if (!database) return wrong('names no database');
    if (port && !(Number(port) >= 1 && Number(port) <= 65_535)) return wrong(`port ${port} is not between 1 and 65535`);
    return [];
  } catch (error) {
    return wrong(`cannot be read: ${safeMessage(error)}`);
  }
}

function postgresMistakes(config: PostgresConfig): ConfigMistake[] {
  const mistakes = urlMistakes(config.url);
  if (config.directUrl !== undefined) {
    mistakes.push(...urlMistakes(config.directUrl).map((mistake) => ({ ...mistake, field: 'directUrl' })));
  }
  for (const [field, { min, max }] of Object.entries(bounds)) {
    const value = config[field as keyof typeof bounds];
    if (value !== undefined && !(Number.isInteger(value) && value >= min && value <= max)) {
      mistakes.push({ field, message: `${value} is not a whole number between ${min} and ${max}` });
    }
  }
  return mistakes;
}

function pgliteMistakes({ pglite }: PgliteConfig): ConfigMistake[] {
  if (!pglite) return [{ field: 'url', message: 'is missing: name a PostgreSQL url or a PGlite directory' }];
  return 'dataDir' in pglite && pglite.dataDir === '' ? [{ field: 'dataDir', message: 'is empty' }] : [];
}

const GRACE_MS_MAX = 2_000;

/**
 * Returns the longest silence of a connection that works: the time of a statement, and half of it again, at most two
 * seconds, for the server's own message that the time is over. 0, which never ends, when a statement has no limit.
 */
export function silenceMsMax({ statementTimeoutMs = bounds.statementTimeoutMs.default }: PostgresConfig): number {
  return statementTimeoutMs + Math.min(GRACE_MS_MAX, Math.ceil(statementTimeoutMs / 2));
}

/** Returns the options of the driver's pool, with the defaults filled in. */
export function poolOptions(config: PostgresConfig) {
  const value = (field: keyof typeof bounds) => config[field] ?? bounds[field].default;
  return {
    connectionString: config.url,
    max: value('connectionsMax'),
    connectionTimeoutMillis: value('connectTimeoutMs'),
    idleTimeoutMillis: value('idleTimeoutMs'),
    maxLifetimeSeconds: value('lifetimeMaxSeconds'),
    // PgBouncer refuses clients that send these settings, or is configured to ignore them.
    ...(config.directUrl === undefined && {
      statement_timeout: value('statementTimeoutMs'),
      idle_in_transaction_session_timeout: silenceMsMax(config),
    }),
    application_name: config.applicationName ?? 'tenant-registry',
    keepAlive: true,
  };
}
