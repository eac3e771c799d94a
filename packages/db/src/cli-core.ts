/** What `migrate` does with the registry's own database. */
import { existsSync } from 'node:fs';
import type { Call } from './cli-call.ts';
import { createMigration } from './create-migration.ts';
import { type DatabaseHandle, openDatabase } from './database.ts';
import type { DatabaseConfig } from './database-config.ts';
import { databaseConfigFromEnv, type Env } from './database-env.ts';
import type { MigrationStatus } from './migrate.ts';
import { planRenumbering, refuseApplied, renumber } from './renumber-migrations.ts';
import { UsageError } from './usage-error.ts';

/** Performs the call. The list of migrations is loaded for commands that need it: `renumber` mends one that a merge broke. */
export async function runCore(call: Call, env: Env): Promise<void> {
  const number = call.command === 'create' ? undefined : count(call.argument, call.command);
  switch (call.command) {
    case 'create':
      return console.log(`created ${createMigration(call.argument ?? '')}`);
    case 'renumber':
      return renumberCheckout(call.base, env);
    case 'force':
      await requireVersion(number ?? 0);
  }
  await withDatabase(databaseConfigFromEnv(env), (database) => perform(call, database));
}

function count(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,4}$/.test(text)) throw new UsageError(`${name}: "${text}" is not a whole number`);
  return Number(text);
}

async function perform({ command, argument }: Call, { db }: DatabaseHandle): Promise<void> {
  const { forceVersion, latestVersion, migrateDown, migrationStatus, schemaVersion, unknownMigrations } = await import(
    './migrate.ts'
  );
  const { migrateUpPatiently } = await import('./migrate-patiently.ts');
  switch (command) {
    case 'up':
      return report(
        'applied',
        await migrateUpPatiently(db, count(argument, 'up'), { log: (line) => console.error(`migrate: ${line}`) }),
        'nothing to do: the schema is current',
      );
    case 'down':
      return report('reverted', await migrateDown(db, count(argument, 'down') ?? 1), 'nothing to revert');
    case 'down-all':
      return report('reverted', await migrateDown(db, Number.MAX_SAFE_INTEGER), 'nothing to revert');
    case 'status':
      printStatus(await migrationStatus(db));
      return printStatus((await unknownMigrations(db)).map(ofNewerProgram));
    case 'version':
      console.log(`database ${await schemaVersion(db)}, program ${latestVersion}`);
      return;
    case 'force':
      await forceVersion(db, count(argument, 'force') ?? 0);
      console.log(`forced to version ${argument}: the schema itself was not touched`);
  }
}

/** Prints a line for each migration: when it was applied, and its name. */
export function printStatus(status: readonly MigrationStatus[]): void {
  for (const { name, applied_at } of status) console.log(`${applied_at ?? 'pending'.padEnd(24)}  ${name}`);
}

function ofNewerProgram({ name, applied_at }: MigrationStatus) {
  return { name: `${name} (of a newer program)`, applied_at };
}

function report(verb: string, names: string[], nothing: string): void {
  for (const name of names) console.log(`${verb} ${name}`);
  if (names.length === 0) console.log(nothing);
}

async function renumberCheckout(base: string | undefined, env: Env): Promise<void> {
  const plan = planRenumbering(base);
  if (plan.length > 0) {
    const config = databaseConfigFromEnv(env);
    const isThere = 'url' in config || ('dataDir' in config.pglite && existsSync(config.pglite.dataDir));
    if (isThere) await withDatabase(config, ({ db }) => refuseApplied(db, plan));
    for (const file of renumber(plan)) console.log(`rewrote ${file}`);
  }
  const moved = plan.map(({ from, to }) => `${from} to ${to}`);
  report('moved', moved, 'nothing to do: the migrations follow those of the main line');
}

async function withDatabase(config: DatabaseConfig, work: (database: DatabaseHandle) => Promise<void>): Promise<void> {
  const database = await openDatabase(config);
  try {
    await work(database);
  } finally {
    await database.close();
  }
}

async function requireVersion(version: number): Promise<void> {
  const { latestVersion, versionExists } = await import('./migrate.ts');
  if (!versionExists(version)) {
    throw new UsageError(`force: version ${version} does not exist: the newest is ${latestVersion}`);
  }
}
