/**
 * Migrates without stopping the service: a statement that waits for a table holds up every later statement on that table,
 * so behind a long reader, such as `pg_dump`, a migration that waits would stop everybody.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { Db } from './handles.ts';
import { coreMigrations, MigrationError, type MigrationTree, migrateUp } from './migrate.ts';

export interface Patience {
  /** How long a statement may wait for a lock, and so how long others wait behind it. */
  readonly lockTimeoutMs: number;
  /** After this time no further attempt begins. */
  readonly giveUpAfterMs: number;
  /** Hears one line for each attempt that did not get its locks. */
  readonly log: (line: string) => void;
}

/** What the command allows. */
export const PATIENCE = { lockTimeoutMs: 3_000, giveUpAfterMs: 600_000 };

const PAUSE_MS = { first: 1_000, longest: 30_000 };
/** https://www.postgresql.org/docs/16/errcodes-appendix.html: lock_not_available. */
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * As `migrateUp` of the registry's own database, but no statement waits for a lock for longer than it may: what was done is
 * rolled back, others go on, and after a pause, which doubles, it is tried again. Throws `MigrationError` when the time is
 * over; the database is then as it was.
 */
export async function migrateUpPatiently(db: Db, steps: number | undefined, patience: Patience): Promise<string[]> {
  const { lockTimeoutMs, giveUpAfterMs, log } = patience;
  const end = Date.now() + giveUpAfterMs;
  const tree = withLockTimeout(coreMigrations, lockTimeoutMs);
  for (let attempt = 1, pauseMs = PAUSE_MS.first; ; attempt += 1, pauseMs = Math.min(2 * pauseMs, PAUSE_MS.longest)) {
    try {
      return await migrateUp(db, steps, tree);
    } catch (error) {
      if (!isLockTimeout(error)) throw error;
      const waited = `attempt ${attempt}: ${error.message}${await longTransactions(db, lockTimeoutMs)}; rolled back`;
      const leftMs = end - Date.now();
      if (leftMs <= 0) throw new MigrationError(`${waited}, and given up: end what holds the lock, or migrate later`);
      const restMs = Math.min(pauseMs, leftMs);
      log(`${waited}, next attempt in ${Math.ceil(restMs / 1_000)} s`);
      await sleep(restMs);
    }
  }
}

/** For the migrations alone: who waits for another process that migrates does so before it holds anything. */
function withLockTimeout(tree: MigrationTree, lockTimeoutMs: number): MigrationTree {
  const limited = ({ up, ...rest }: Migration): Migration => ({
    ...rest,
    async up(tx) {
      await sql`select set_config('lock_timeout', ${String(lockTimeoutMs)}, true)`.execute(tx);
      await up(tx);
    },
  });
  const entries = Object.entries(tree.migrations).map(([name, migration]) => [name, limited(migration)]);
  return { ...tree, migrations: Object.fromEntries(entries) };
}

function isLockTimeout(error: unknown): error is MigrationError {
  const cause = error instanceof MigrationError ? error.cause : undefined;
  return typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === LOCK_NOT_AVAILABLE;
}

/** Names the sessions whose transactions are older than the wait: one of them holds the lock. */
async function longTransactions(db: Db, lockTimeoutMs: number): Promise<string> {
  const { rows } = await sql<{ pid: number; name: string }>`
    select pid, application_name as name from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and xact_start < now() - ${lockTimeoutMs} * interval '1 ms'
    order by xact_start limit 3`.execute(db);
  if (rows.length === 0) return '';
  const named = rows.map(({ pid, name }) => (name === '' ? `pid ${pid}` : `pid ${pid} (${name})`));
  return ` (open for longer: ${named.join(', ')})`;
}
