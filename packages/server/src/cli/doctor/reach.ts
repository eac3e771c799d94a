/** Whether the database answers, and what to do when it does not. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type DatabaseHandle,
  DirectoryLockedError,
  embeddedDirectory,
  openDatabase,
  safeMessage,
  serverFacts,
} from '@tenant-registry/db';
import type { Config } from '../../config.ts';
import { failed, ok, type Verdict, warning } from './verdict.ts';

export interface Reached {
  readonly database: DatabaseHandle;
  readonly facts: serverFacts.ServerFacts;
}

export interface ReachLook {
  readonly verdict: Verdict;
  /** Null: it was not reached, or is not to be opened. The caller closes it. */
  readonly reached: Reached | null;
}

/** Opens the database that `serve` would open. The embedded engine is not made where it is absent. */
export async function lookAtDatabase(config: Config, limitMs: number): Promise<ReachLook> {
  const { databaseUrl: url, databaseDirectUrl: directUrl, dataDir } = config;
  if (url !== undefined) return reach(() => openPostgres({ url, directUrl }, limitMs));
  const folder = embeddedDirectory(dataDir);
  if (!existsSync(join(folder, 'PG_VERSION')))
    return { verdict: ok(`the embedded engine: the first start makes ${folder}`), reached: null };
  return reach(() => openDatabase({ pglite: { dataDir: folder } }));
}

/** Tells whether DATABASE_DIRECT_URL leads to the database of DATABASE_URL. */
export async function lookAtDirectUrl(
  { databaseDirectUrl: url }: Config,
  facts: serverFacts.ServerFacts,
  limitMs: number,
) {
  if (url === undefined) return ok('DATABASE_DIRECT_URL is not set: no pooler is in the way');
  const { verdict, reached } = await reach(() => openPostgres({ url, directUrl: undefined }, limitMs));
  if (reached === null) return verdict;
  await reached.database.close();
  const { database, started } = reached.facts;
  return database === facts.database && started === facts.started
    ? ok('DATABASE_DIRECT_URL leads to the database of DATABASE_URL')
    : failed(
        `DATABASE_DIRECT_URL leads to another database (${database}) than DATABASE_URL (${facts.database}), or to another server`,
        'let both lead to one database, the direct one without the pooler',
      );
}

interface Place {
  readonly url: string;
  readonly directUrl: string | undefined;
}

/** Each wait ends before the limit of a check, so that its own message is told. A standby is let in, to be named. */
function openPostgres(place: Place, limitMs: number): Promise<DatabaseHandle> {
  const waits = { connectTimeoutMs: Math.ceil(limitMs / 2), statementTimeoutMs: Math.ceil(limitMs / 2) };
  const own = { connectionsMax: 1, primaryOnly: false, applicationName: 'tenant-registry-doctor', log: () => {} };
  return openDatabase({ ...place, ...waits, ...own });
}

async function reach(open: () => Promise<DatabaseHandle>): Promise<ReachLook> {
  let database: DatabaseHandle | undefined;
  try {
    database = await open();
    const facts = await serverFacts.findServerFacts(database.db);
    const who = database.engine === 'pglite' ? '' : ` as ${facts.user}`;
    const verdict = ok(`${await database.version()} answers, database ${facts.database}${who}`);
    return { verdict, reached: { database, facts } };
  } catch (error) {
    await database?.close();
    return { verdict: unreached(error), reached: null };
  }
}

function unreached(error: unknown): Verdict {
  if (error instanceof DirectoryLockedError)
    return warning(
      safeMessage(error),
      'nothing, if that is the registry itself: the embedded engine has one user at a time',
    );
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return failed(safeMessage(error), adviceByCode[code] ?? 'look at the log of the server, and at DATABASE_URL');
}

const START_IT = 'start PostgreSQL, or correct the host and the port in DATABASE_URL';

/** By SQLSTATE (https://www.postgresql.org/docs/16/errcodes-appendix.html) and by the codes of Node. */
const adviceByCode: Readonly<Record<string, string>> = {
  '28P01': 'correct the password in DATABASE_URL: what is special in a URL must be percent-encoded',
  '28000': 'let the user log in (alter role … login), and this host in pg_hba.conf',
  '3D000': 'make the database (create database … owner …), or correct its name in DATABASE_URL',
  '42501': 'let the user connect (grant connect on database … to …)',
  '53300': 'raise the connection limit of the role, the database or the server, or end clients of it',
  '55000': 'permit connections (alter database … allow_connections true)',
  '57P03': 'wait until the server has started, then repeat this',
  ECONNREFUSED: START_IT,
  ECONNRESET: START_IT,
  EHOSTUNREACH: START_IT,
  ETIMEDOUT: START_IT,
  ENOTFOUND: 'correct the host in DATABASE_URL: its name leads nowhere',
  EAI_AGAIN: 'look at the name server of this machine, then at the host in DATABASE_URL',
};
