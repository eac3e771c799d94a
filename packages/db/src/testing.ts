/**
 * Real databases for tests and benchmarks. A test file asks for one and closes it; which engine it gets is decided by
 * the vitest project it runs in.
 */
import { type EmptyOrMigrated, openClone, openSnapshot } from './testing/databases.ts';
import type { TestDatabase } from './testing/types.ts';

export { startPostgres } from './testing/postgres.ts';
export type { PostgresServer, TestDatabase, TestEngine } from './testing/types.ts';

/** Resolves to a migrated database that nobody else uses, on the engine of the running vitest project. */
export function testDatabase(): Promise<TestDatabase> {
  return open('migrated');
}

/** Resolves to a database of one's own with nothing in it, not even the bookkeeping of migrations. */
export function emptyDatabase(): Promise<TestDatabase> {
  return open('empty');
}

async function open(content: EmptyOrMigrated): Promise<TestDatabase> {
  // Imported late: benchmarks use this file outside vitest, where its import throws.
  const { inject } = await import('vitest');
  const engine = inject('engine');
  switch (engine) {
    case 'pglite':
      return openSnapshot(inject('pglite'), content);
    case 'postgres':
      return openClone(inject('postgres'), content);
    default:
      throw new Error(`no test engine here (${engine satisfies undefined}): list the file in vitest.config.ts`);
  }
}
