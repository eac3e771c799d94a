/**
 * Two branches that add a migration each take one number. The branch that is merged second moves its own migrations
 * behind those of the main line, so numbers need no reservation.
 */
import { execFileSync } from 'node:child_process';
import { lstatSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { DEFAULT_MIGRATION_TABLE } from 'kysely/migration';
import type { Db } from './handles.ts';
import {
  asPrefix,
  listFile,
  migrationNames,
  migrationsFolder,
  namesOf,
  numberOf,
  requireCheckout,
  sharedNumbers,
  writeMigrationList,
} from './migration-files.ts';
import { UsageError } from './usage-error.ts';

/** The old and the new name of a migration: `0013_add_groups` becomes `0014_add_groups`. */
export interface Renaming {
  readonly from: string;
  readonly to: string;
}

const BASES = ['origin/main', 'main'];

/**
 * Decides which migrations of this checkout move, without changing anything: those that the main line lacks follow its
 * newest, in their own order. Throws when the main line cannot be read, or has a migration that this checkout lacks.
 */
export function planRenumbering(base: string | undefined): Renaming[] {
  requireCheckout('renumber');
  const mainLine = readMainLine(base);
  const local = migrationNames();
  const missing = mainLine.names.filter((name) => !local.includes(name));
  if (missing.length > 0) {
    throw new Error(`renumber: this checkout lacks ${missing.join(', ')} of ${mainLine.base}: rebase or merge first`);
  }
  const [shared] = sharedNumbers(mainLine.names);
  if (shared !== undefined) {
    throw new Error(`renumber: ${mainLine.base} itself has the number of ${shared} twice, and a merged name stays`);
  }
  const newest = Math.max(0, ...mainLine.names.map(numberOf));
  return local
    .filter((name) => !mainLine.names.includes(name))
    .map((from, index) => ({ from, to: asPrefix(newest + 1 + index) + from.slice(4) }))
    .filter(({ from, to }) => from !== to);
}

/** Reads the migrations of the main line, by the first of the usual names that exists here. */
function readMainLine(base: string | undefined): { base: string; names: string[] } {
  const found = (base === undefined ? BASES : [base]).find(isCommit);
  if (found === undefined) {
    throw new UsageError(`renumber: there is no ${base ?? BASES.join(' or ')} here: name the main line with --base`);
  }
  return { base: found, names: namesOf(git('ls-tree', '-z', '--name-only', found).split('\0')) };
}

function isCommit(name: string): boolean {
  try {
    git('rev-parse', '--verify', '--quiet', `${name}^{commit}`);
    return true;
  } catch (error) {
    // Git exits with 1 for a name that is no commit, and with another code outside of a checkout.
    if (error instanceof Error && 'status' in error && error.status === 1) return false;
    throw new Error('renumber: works in a git checkout only, and needs the command git', { cause: error });
  }
}

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: migrationsFolder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Throws when a migration that is to move is applied to this database, which would miss it under its new name. */
export async function refuseApplied(db: Db, plan: readonly Renaming[]): Promise<void> {
  const table = sql.table(DEFAULT_MIGRATION_TABLE);
  const { rows: tables } =
    await sql`select 1 from pg_class where oid = to_regclass(${DEFAULT_MIGRATION_TABLE})`.execute(db);
  if (tables.length === 0) return;
  const names = plan.map(({ from }) => from);
  const { rows } = await sql<{ name: string }>`
    select name from ${table} where name = any(${names}::text[]) order by name`.execute(db);
  if (rows.length === 0) return;
  const applied = rows.map(({ name }) => name).join(', ');
  throw new Error(
    `renumber: ${applied} is applied to this database, which would miss it: revert it there with the old names first`,
  );
}

/**
 * Renames the files, rewrites every reference to their full names in the checkout, and writes the static list anew,
 * also when a merge left conflicts in it. Returns the paths that were rewritten, from the root of the checkout, sorted.
 */
export function renumber(plan: readonly Renaming[]): string[] {
  const root = git('rev-parse', '--show-toplevel').trimEnd();
  const files = git('-C', root, 'ls-files', '-z', '--cached', '--others', '--exclude-standard').split('\0');
  const rewritten = [...new Set(files)].filter((file) => file !== '' && rewriteReferences(join(root, file), plan));
  // Each file first takes a name that no file has: its new name may be the old one of another.
  for (const { from } of plan) renameSync(pathOf(from), `${pathOf(from)}.renumbered`);
  for (const { from, to } of plan) renameSync(`${pathOf(from)}.renumbered`, pathOf(to));
  writeMigrationList();
  return rewritten.sort();
}

function pathOf(name: string): string {
  return join(migrationsFolder, `${name}.ts`);
}

/** Tells whether the file named one of the migrations. Binary files, links and the list are left alone. */
function rewriteReferences(path: string, plan: readonly Renaming[]): boolean {
  if (path === listFile || lstatSync(path, { throwIfNoEntry: false })?.isFile() !== true) return false;
  const text = readFileSync(path, 'utf8');
  if (text.includes('\0')) return false;
  const names = plan.map(({ from }) => from).join('|');
  const changed = text.replace(
    new RegExp(`(?<![A-Za-z0-9_])(?:${names})(?![A-Za-z0-9_])`, 'g'),
    (name) => plan.find(({ from }) => from === name)?.to ?? name,
  );
  if (changed === text) return false;
  writeFileSync(path, changed);
  return true;
}
