/** New migration files, numbered without gaps. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from './usage-error.ts';

const folder = fileURLToPath(new URL('../migrations', import.meta.url));
const list = fileURLToPath(new URL('./migrations.ts', import.meta.url));

const TEMPLATE = `/** Why this change exists, in prose. */
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
  const files = readdirSync(folder).filter((file) => /^\d{4}_.*\.ts$/.test(file));
  return String(Math.max(0, ...files.map((file) => Number(file.slice(0, 4)))) + 1).padStart(4, '0');
}

/** Writes the file of the next migration, adds it to the static list, and returns its path. */
export function createMigration(name: string): string {
  if (!/^[a-z][a-z0-9_]{0,60}$/.test(name))
    throw new UsageError(`create: "${name}" is not like add_groups (lower case, digits, _)`);
  if (!existsSync(folder)) throw new Error('create: works in a checkout of the source only');
  const number = nextNumber();
  const file = join(folder, `${number}_${name}.ts`);
  writeFileSync(file, TEMPLATE, { flag: 'wx' });
  writeFileSync(list, withMigration(readFileSync(list, 'utf8'), `${number}_${name}`));
  return file;
}

/** The text of the static list with one migration more at its end. */
function withMigration(text: string, migration: string): string {
  const alias = `m${migration.slice(0, 4)}`;
  return text
    .replace('\n\nexport const', `\nimport * as ${alias} from '../migrations/${migration}.ts';\n\nexport const`)
    .replace(/\n};\n$/, `\n  '${migration}': ${alias},\n};\n`);
}
