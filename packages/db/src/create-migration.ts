/** New migration files, numbered without gaps. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  asPrefix,
  migrationNames,
  migrationsFolder,
  numberOf,
  requireCheckout,
  writeMigrationList,
} from './migration-files.ts';
import { UsageError } from './usage-error.ts';

const TEMPLATE = `/** The reason for this change, in prose. */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql\`select 1\`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql\`select 1\`.execute(db);
}
`;

/** The number of the migration after the newest file: `0005`. */
export function nextNumber(): string {
  return asPrefix(Math.max(0, ...migrationNames().map(numberOf)) + 1);
}

/** Writes the file of the next migration, adds it to the static list, and returns its path. */
export function createMigration(name: string): string {
  if (!/^[a-z][a-z0-9_]{0,60}$/.test(name))
    throw new UsageError(`create: "${name}" is not like add_groups (lower case, digits, _)`);
  requireCheckout('create');
  const file = join(migrationsFolder, `${nextNumber()}_${name}.ts`);
  writeFileSync(file, TEMPLATE, { flag: 'wx' });
  writeMigrationList();
  return file;
}
