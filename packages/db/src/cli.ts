#!/usr/bin/env node
/**
 * The `migrate` command. Exit codes: 0 done, 1 the database or a migration failed, 2 the call itself was wrong. It loads
 * the list of migrations only for commands that need it, because `renumber` mends a list that a merge has broken.
 */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createMigration } from './create-migration.ts';
import { type DatabaseHandle, openDatabase } from './database.ts';
import type { DatabaseConfig } from './database-config.ts';
import { databaseConfigFromEnv } from './database-env.ts';
import { safeMessage } from './redact.ts';
import { planRenumbering, refuseApplied, renumber } from './renumber-migrations.ts';
import { UsageError } from './usage-error.ts';

const HELP = `migrate: moves the schema of the registry's database between versions.

  migrate [--target=core] COMMAND

  up [N]         apply the next N migrations; all of them without N. Nothing to do is success.
  down [N]       revert the last N migrations; one without N.
  down-all       revert every migration: all data is gone.
  status         list every migration and when it was applied.
  version        print the version of the database and of this program.
  force V        write down that version V is in place, without running anything. For repairs.
  create NAME    write the file of the next migration (in a checkout of the source only).
  renumber       move the migrations that the main line lacks behind its newest, for the branch that is merged second:
                 their files, the list in src/migrations.ts, and every reference to their full names in the checkout.
                 Refused while the database has one of them applied. Nothing to do is success.

  --target=core  which schema: core, the default, is the only one.
  --allow-down   permit down, down-all and force when APP_ENV=prod.
  --base=BRANCH  the main line for renumber. Without it: origin/main, or main where that is missing.
  --help         this text.

Environment: DATABASE_DIRECT_URL or, without it, DATABASE_URL (without both: the embedded engine in DATA_DIR, by default
.data); APP_ENV (dev, stage, prod).
Several processes may run at once: one works under an advisory lock, the others wait and find nothing to do.
Without a command: up.`;

interface Call {
  readonly command: string;
  readonly argument: string | undefined;
  readonly base: string | undefined;
}

const COMMANDS: Readonly<Record<string, 'none' | 'optional' | 'required'>> = {
  up: 'optional',
  down: 'optional',
  'down-all': 'none',
  status: 'none',
  version: 'none',
  force: 'required',
  create: 'required',
  renumber: 'none',
};

const APP_ENVS: readonly string[] = ['dev', 'stage', 'prod'];
const DESTRUCTIVE = new Set(['down', 'down-all', 'force']);

/** Reads the command line; null asks for the help text. Throws `UsageError`. */
function readCall(args: string[], appEnv: string): Call | null {
  const { values, positionals } = parse(args);
  // A misspelt prod must not switch the protection off.
  if (!APP_ENVS.includes(appEnv)) throw new UsageError(`APP_ENV is "${appEnv}": it must be ${APP_ENVS.join(', ')}`);
  if (values.help) return null;
  if (values.target !== 'core') throw new UsageError(`unknown target "${values.target}": there is only core`);
  const [command = 'up', argument, ...rest] = positionals;
  const takes = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
  if (takes === undefined) throw new UsageError(`unknown command "${command}"`);
  if (rest.length > 0 || (takes === 'none' && argument !== undefined))
    throw new UsageError(`${command}: too many words`);
  if (takes === 'required' && argument === undefined) throw new UsageError(`${command}: one more word is needed`);
  if (values.base !== undefined && command !== 'renumber') throw new UsageError('--base belongs to renumber alone');
  if (DESTRUCTIVE.has(command) && appEnv === 'prod' && !values['allow-down']) {
    throw new UsageError(`${command} is refused when APP_ENV=prod: back up first, then add --allow-down`);
  }
  return { command, argument, base: values.base };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        target: { type: 'string', default: 'core' },
        'allow-down': { type: 'boolean', default: false },
        base: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function count(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,4}$/.test(text)) throw new UsageError(`${name}: "${text}" is not a whole number`);
  return Number(text);
}

async function perform({ command, argument }: Call, { db }: DatabaseHandle): Promise<void> {
  const { forceVersion, latestVersion, migrateDown, migrateUp, migrationStatus, schemaVersion } = await import(
    './migrate.ts'
  );
  switch (command) {
    case 'up':
      return report('applied', await migrateUp(db, count(argument, 'up')), 'nothing to do: the schema is current');
    case 'down':
      return report('reverted', await migrateDown(db, count(argument, 'down') ?? 1), 'nothing to revert');
    case 'down-all':
      return report('reverted', await migrateDown(db, Number.MAX_SAFE_INTEGER), 'nothing to revert');
    case 'status':
      for (const { name, applied_at } of await migrationStatus(db))
        console.log(`${applied_at ?? 'pending'.padEnd(24)}  ${name}`);
      return;
    case 'version':
      console.log(`database ${await schemaVersion(db)}, program ${latestVersion}`);
      return;
    case 'force':
      await forceVersion(db, count(argument, 'force') ?? 0);
      console.log(`forced to version ${argument}: the schema itself was not touched`);
  }
}

function report(verb: string, names: string[], nothing: string): void {
  for (const name of names) console.log(`${verb} ${name}`);
  if (names.length === 0) console.log(nothing);
}

async function renumberCheckout(base: string | undefined): Promise<void> {
  const plan = planRenumbering(base);
  if (plan.length > 0) {
    const config = databaseConfigFromEnv(process.env);
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

async function run(call: Call): Promise<void> {
  const number = call.command === 'create' ? undefined : count(call.argument, call.command);
  switch (call.command) {
    case 'create':
      return console.log(`created ${createMigration(call.argument ?? '')}`);
    case 'renumber':
      return renumberCheckout(call.base);
    case 'force':
      await requireVersion(number ?? 0);
  }
  await withDatabase(databaseConfigFromEnv(process.env), (database) => perform(call, database));
}

async function main(): Promise<number> {
  try {
    const call = readCall(process.argv.slice(2), process.env['APP_ENV'] || 'dev');
    if (call === null) console.log(HELP);
    else await run(call);
    return 0;
  } catch (error) {
    console.error(`migrate: ${safeMessage(error)}`);
    if (!(error instanceof UsageError)) return 1;
    console.error('Try: migrate --help');
    return 2;
  }
}

process.exitCode = await main();
