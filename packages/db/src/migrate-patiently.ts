/**
 * Migrates without stopping the service: a statement that waits for a table holds up every later statement on that table,
 * so behind a long reader, such as `pg_dump`, a migration that waits would stop everybody.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { Db } from './handles.ts';
import { isDeadlock, isLockTimeout } from './lock-timeout.ts';
import { coreMigrations, MigrationError, type MigrationTree, migrateUp } from './migrate.ts';

export interface Patience {
  /** How long a statement may wait for a lock, and so how long others wait behind it. Default 3 s. */
  readonly lockTimeoutMs?: number;
  /** After this time no further attempt begins. Default ten minutes. */
  readonly giveUpAfterMs?: number;
  /** Hears one line for each attempt that did not get its locks. */
  readonly log: (line: string) => void;
}

const LOCK_TIMEOUT_MS = 3_000;
const GIVE_UP_AFTER_MS = 600_000;
const PAUSE_MS = { first: 1_000, longest: 30_000 };

/**
 * As `migrateUp` of the registry's own database, but no statement waits for a lock for longer than it may: what was done is
 * rolled back, others go on, and after a pause, which doubles, it is tried again. So it is when a transaction of others
 * that has one of its tables waits for another one that the migration has. Throws `MigrationError` when the time is
 * over; the database is then as it was.
 */
export async function migrateUpPatiently(db: Db, steps: number | undefined, patience: Patience): Promise<string[]> {
  const { lockTimeoutMs = LOCK_TIMEOUT_MS, giveUpAfterMs = GIVE_UP_AFTER_MS, log } = patience;
  const end = Date.now() + giveUpAfterMs;
  const tree = withLockTimeout(coreMigrations, lockTimeoutMs);
  for (let attempt = 1, pauseMs = PAUSE_MS.first; ; attempt += 1, pauseMs = Math.min(2 * pauseMs, PAUSE_MS.longest)) {
    try {
      return await migrateUp(db, steps, tree);
    } catch (error) {
      if (!(error instanceof MigrationError && (isLockTimeout(error.cause) || isDeadlock(error.cause)))) throw error;
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
