#!/usr/bin/env node
/** The `migrate` command. Exit codes: 0 done, 1 the database or a migration failed, 2 the call itself was wrong. */
import { parseArgs } from 'node:util';
import { createMigration } from './create-migration.ts';
import { type DatabaseHandle, openDatabase } from './database.ts';
import { databaseConfigFromEnv } from './database-env.ts';
import {
  forceVersion,
  latestVersion,
  migrateDown,
  migrateUp,
  migrationStatus,
  schemaVersion,
  versionExists,
} from './migrate.ts';
import { safeMessage } from './redact.ts';
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

  --target=core  which schema: core, the default, is the only one.
  --allow-down   permit down, down-all and force when APP_ENV=prod.
  --help         this text.

Environment: DATABASE_DIRECT_URL, else DATABASE_URL (neither: the embedded engine in DATA_DIR, default .data), APP_ENV
(dev, stage, prod).
Several may run at once: one works under an advisory lock, the others wait and find nothing to do.
With no command: up.`;

interface Call {
  readonly command: string;
  readonly argument: string | undefined;
}

const COMMANDS: Readonly<Record<string, 'none' | 'optional' | 'required'>> = {
  up: 'optional',
  down: 'optional',
  'down-all': 'none',
  status: 'none',
  version: 'none',
  force: 'required',
  create: 'required',
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
  if (DESTRUCTIVE.has(command) && appEnv === 'prod' && !values['allow-down']) {
    throw new UsageError(`${command} is refused when APP_ENV=prod: back up first, then add --allow-down`);
  }
  return { command, argument };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        target: { type: 'string', default: 'core' },
        'allow-down': { type: 'boolean', default: false },
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

async function main(): Promise<number> {
  try {
    const call = readCall(process.argv.slice(2), process.env['APP_ENV'] || 'dev');
    if (call === null) {
      console.log(HELP);
      return 0;
    }
    if (call.command === 'create') {
      console.log(`created ${createMigration(call.argument ?? '')}`);
      return 0;
    }
    const number = count(call.argument, call.command);
    if (call.command === 'force' && !versionExists(number ?? 0)) {
      throw new UsageError(`force: version ${number} does not exist: the newest is ${latestVersion}`);
    }
    const database = await openDatabase(databaseConfigFromEnv(process.env));
    try {
      await perform(call, database);
    } finally {
      await database.close();
    }
    return 0;
  } catch (error) {
    console.error(`migrate: ${safeMessage(error)}`);
    if (!(error instanceof UsageError)) return 1;
    console.error('Try: migrate --help');
    return 2;
  }
}

process.exitCode = await main();
