/**
 * Real databases for tests and benchmarks. A test file asks for one and closes it; the vitest project that runs the
 * file decides the engine.
 */
import type { KyselyPlugin } from 'kysely';
import type { Db } from './handles.ts';
import { noteScope, scopeOf } from './tenant-scope.ts';
import { type EmptyOrMigrated, openClone, openSnapshot } from './testing/databases.ts';
import type { TestDatabase } from './testing/types.ts';

export { withoutScope } from './scoped-query.ts';
export { noteScope } from './tenant-scope.ts';
export { startPostgres } from './testing/postgres.ts';
export type { PostgresServer, TestDatabase, TestEngine } from './testing/types.ts';

/** Resolves to a new, migrated database on the engine of the running vitest project. */
export function testDatabase(): Promise<TestDatabase> {
  return open('migrated');
}

/** Returns the handle with the plugin, which shows what the handle shows. */
export function withPlugin(db: Db, plugin: KyselyPlugin): Db {
  const changed = db.withPlugin(plugin);
  noteScope(changed, scopeOf(db));
  return changed;
}

/** Resolves to a new database with nothing in it, not even the bookkeeping of migrations. */
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
      throw new Error(
        `this test file has no engine (${engine satisfies undefined}): its first line says that it needs none`,
      );
  }
}
