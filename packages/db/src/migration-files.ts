/** The files of the migrations and the static list of them, as they stand in a checkout of the source. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const migrationsFolder = fileURLToPath(new URL('../migrations', import.meta.url));
/** Generated from the folder: its text follows from the names alone. */
export const listFile = fileURLToPath(new URL('./migrations.ts', import.meta.url));

const FILE = /^\d{4}_.*\.ts$/;

/** Throws where the program runs without its source: the folder is then not there. */
export function requireCheckout(command: string): void {
  if (!existsSync(migrationsFolder)) throw new Error(`${command}: works in a checkout of the source only`);
}

/** The migrations among the files, sorted, by name: `0001_init`. */
export function namesOf(files: readonly string[]): string[] {
  return files
    .filter((file) => FILE.test(file))
    .map((file) => file.slice(0, -'.ts'.length))
    .sort();
}

/** The names of the migrations in the folder, sorted. */
export function migrationNames(): string[] {
  return namesOf(readdirSync(migrationsFolder));
}

export function numberOf(name: string): number {
  return Number(name.slice(0, 4));
}

/** `12` becomes `0012`. */
export function asPrefix(number: number): string {
  return String(number).padStart(4, '0');
}

/** The names that share their number with the one before them. */
export function sharedNumbers(names: readonly string[]): string[] {
  return names.filter((name, index) => index > 0 && name.slice(0, 4) === names[index - 1]?.slice(0, 4));
}

/** Writes src/migrations.ts for what the folder holds; throws when two migrations have one number. */
export function writeMigrationList(): void {
  const names = migrationNames();
  const [shared] = sharedNumbers(names);
  if (shared !== undefined) throw new Error(`the number of ${shared} is taken twice: run migrate renumber`);
  writeFileSync(listFile, listText(names));
}

function listText(names: readonly string[]): string {
  const alias = (name: string) => `m${name.slice(0, 4)}`;
  return [
    '/** The migrations, imported statically: a bundled or shipped binary carries them, nothing is read from disk. */',
    "import type { Migration } from 'kysely/migration';",
    ...names.map((name) => `import * as ${alias(name)} from '../migrations/${name}.ts';`),
    '',
    'export const migrations: Readonly<Record<string, Migration>> = {',
    ...names.map((name) => `  '${name}': ${alias(name)},`),
    '};',
    '',
  ].join('\n');
}
