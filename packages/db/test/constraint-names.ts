/** Finds constraints that no test of a folder names. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { Db } from '../src/handles.ts';

/** Resolves to the names of every constraint, unique index and trigger of the tables, triggers of updated_at apart. */
export async function listConstraints(db: Db, tables: readonly string[]): Promise<string[]> {
  const names = sql.join(tables.map((table) => sql.lit(table)));
  const { rows } = await sql<{ name: string }>`
    select conname as name from pg_constraint
    where contype not in ('n', 't') and conrelid::regclass::text in (${names})
    union
    select indexrelid::regclass::text from pg_index where indisunique and indrelid::regclass::text in (${names})
    union
    select tgname from pg_trigger
    where not tgisinternal and tgrelid::regclass::text in (${names}) and tgname !~ '_set_updated_at$'
    order by name`.execute(db);
  return rows.map(({ name }) => name);
}

/** Returns the names that no test in the folder contains; `complete.test.ts` does not count. */
export function unnamedIn(folder: string, names: readonly string[]): string[] {
  const tests = readdirSync(folder).filter((file) => file.endsWith('.test.ts') && file !== 'complete.test.ts');
  const text = tests.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n');
  return names.filter((name) => !text.includes(name));
}
