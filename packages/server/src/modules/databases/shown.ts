/** Databases as callers see them. */
import type { databases } from '@tenant-registry/db';
import { allowedSteps, factsOf } from './lifecycle.ts';
import { type Database, database, passingFields } from './schema.ts';

type Row = databases.DatabaseRow;

/** Returns the database as callers see it, with the steps that it takes now. */
export function shown(row: Row): Database {
  const isSettled = row.status === 'ready' && row.in_sync;
  return database.parse({
    ...row,
    next_reconcile_at: isSettled ? null : row.next_reconcile_at,
    allowed: allowedSteps(factsOf(row)),
  });
}

/** Returns the part of a database that its ETag is made of. */
export function versionOf(row: Row): object {
  const hidden: readonly string[] = passingFields;
  return Object.fromEntries(Object.entries(shown(row)).filter(([name]) => !hidden.includes(name)));
}
