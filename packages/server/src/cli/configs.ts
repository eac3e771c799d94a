/** The `configs` command. Exit codes: 0 done, 1 it failed or something is wrong, 2 the call itself was wrong. */
import { embeddedDirectory, openDatabase, readArguments, requireOwnSchema, UsageError } from '@tenant-registry/db';
import { type Config, ConfigError, readConfig } from '../config.ts';
import { systemClock } from '../kernel/clock.ts';
import { createLogger } from '../kernel/logger.ts';
import { moveToEtcd, moveToPostgres } from '../modules/configs/store/etcd/admin/move.ts';
import type { AdminParts } from '../modules/configs/store/etcd/admin/parts.ts';
import { plainly } from '../modules/configs/store/etcd/admin/plainly.ts';
import { repair } from '../modules/configs/store/etcd/admin/repair.ts';
import { status } from '../modules/configs/store/etcd/admin/status.ts';
import { openAdmin } from '../modules/configs/store/etcd/admin.ts';

const HELP = `configs: looks after the store of configurations.

  configs COMMAND

  status                say where the values are, how far the relay is, and how etcd is. Exit code 1 when something is wrong.
  move --to=etcd        copy every value and tombstone into etcd, and make it the store. Writers wait meanwhile.
  move --to=postgres    the way back. Writes are refused meanwhile.
  repair                after etcd was lost or restored: write the values of the database to it, under a new epoch;
                        after the database was restored: bring the values of etcd back into it.

  --overwrite           move --to=etcd: replace what etcd has under ETCD_PREFIX although it is in use.
  --from=etcd|postgres  repair: which values are right, where that cannot be told.
  --help                this text.

Each may be repeated, also after it was killed. After a move the registry has to be started with CONFIG_STORE changed.
Environment: that of the registry (DATABASE_URL, ETCD_ENDPOINTS, ETCD_PREFIX, …).`;

const STORES = ['etcd', 'postgres'] as const;
type Store = (typeof STORES)[number];

interface Call {
  readonly command: 'status' | 'move' | 'repair';
  readonly to: Store | undefined;
  readonly from: Store | undefined;
  readonly overwrite: boolean;
}

/** Reads the command line; null asks for the help text. Throws `UsageError`. */
function readCall(args: string[]): Call | null {
  const { values, positionals } = parse(args);
  if (values.help) return null;
  const [command, ...rest] = positionals;
  if (command !== 'status' && command !== 'move' && command !== 'repair')
    throw new UsageError(command === undefined ? 'a command is missing' : `unknown command "${command}"`);
  if (rest.length > 0) throw new UsageError(`${command}: too many words`);
  const to = storeOf('--to', values.to);
  const from = storeOf('--from', values.from);
  if ((command === 'move') !== (to !== undefined)) throw new UsageError('move needs --to=etcd or --to=postgres');
  if (from !== undefined && command !== 'repair') throw new UsageError('--from belongs to repair alone');
  if (values.overwrite && to !== 'etcd') throw new UsageError('--overwrite belongs to move --to=etcd alone');
  return { command, to, from, overwrite: values.overwrite };
}

const parse = (args: string[]) =>
  readArguments(args, {
    to: { type: 'string' },
    from: { type: 'string' },
    overwrite: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  });

function storeOf(option: string, text: string | undefined): Store | undefined {
  const store = STORES.find((each) => each === text);
  if (text !== undefined && store === undefined) throw new UsageError(`${option}=${text}: it is etcd or postgres`);
  return store;
}

async function run(call: Call, config: Config): Promise<boolean> {
  const { databaseUrl, databaseDirectUrl, dataDir, logLevel } = config;
  const url = databaseDirectUrl ?? databaseUrl;
  const say = (line: string): void => console.log(line);
  // No statement is too slow here: a move writes everything in one transaction.
  const database = await openDatabase(
    url === undefined ? { pglite: { dataDir: embeddedDirectory(dataDir) } } : { url, statementTimeoutMs: 0, log: say },
  );
  try {
    await requireOwnSchema(database.db);
    const { etcd } = config.configStore;
    const logger = createLogger(logLevel, process.stderr);
    const parts =
      etcd === null ? null : openAdmin({ db: database.db, settings: etcd, clock: systemClock, logger, say });
    try {
      if (call.command === 'status') return await status(parts, database.db, say);
      if (parts === null) throw new UsageError('ETCD_ENDPOINTS, which says where etcd is, is missing');
      await perform(call, parts);
      return true;
    } finally {
      parts?.etcd.close();
    }
  } finally {
    await database.close();
  }
}

async function perform({ command, to, from, overwrite }: Call, parts: AdminParts): Promise<void> {
  if (command === 'repair') return repair(parts, from);
  return to === 'etcd' ? moveToEtcd(parts, { overwrite }) : moveToPostgres(parts);
}

/** Performs the command with these arguments, and resolves to the exit code. */
export async function configsMain(args: string[]): Promise<number> {
  try {
    const call = readCall(args);
    if (call === null) {
      console.log(HELP);
      return 0;
    }
    return (await run(call, readConfig())) ? 0 : 1;
  } catch (error) {
    console.error(`configs: ${plainly(error)}`);
    if (!(error instanceof UsageError || error instanceof ConfigError)) return 1;
    if (error instanceof UsageError) console.error('Try: tenant-registry configs --help');
    return 2;
  }
}
