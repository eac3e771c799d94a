/** A PostgreSQL server for as long as somebody needs it; usable outside vitest. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { KeeperAnswer } from './keeper.ts';
import type { Settings } from './settings.ts';
import type { PostgresSource } from './types.ts';

export interface PostgresServer {
  /** A database on it, as a user who may create others. */
  readonly url: string;
  /** `16.14`. */
  readonly version: string;
  readonly source: PostgresSource;
  /** Why a source that comes earlier was not taken; empty for the first. */
  readonly passedOver: readonly string[];
  /** Databases whose names begin with it are dropped by `stop`. */
  readonly prefix: string;
  /** Ends the server, or gives a server that was given back as it was. */
  stop(): Promise<void>;
}

/**
 * Resolves to a server that is ready: the one of TEST_DATABASE_URL, else a container, else the binaries that npm
 * installed. It ends with `stop`, and also when this process ends in any way (even by SIGKILL): the keeper is a
 * process of its own, which hears that from its standard input. `settings` are added to those for tests and change
 * nothing on a given server. An `env` without TEST_DATABASE_URL asks for a server that nobody else uses.
 */
export async function startPostgres(settings: Settings = {}, env = process.env): Promise<PostgresServer> {
  const keeper = spawn(process.execPath, [join(import.meta.dirname, 'keeper.ts'), JSON.stringify(settings)], {
    detached: true, // Ctrl-C in a terminal is for the tests; the keeper follows when they are gone
    stdio: ['pipe', 'pipe', 'inherit'],
    env,
  });
  const exited = once(keeper, 'exit');
  const answered = once(createInterface(keeper.stdout), 'line');
  const [line] = await Promise.race([answered, exited]);
  if (typeof line !== 'string') throw new Error('the process that keeps PostgreSQL ended: see its message above');
  const server: KeeperAnswer = JSON.parse(line);
  if ('failure' in server) throw new Error(`no PostgreSQL for the tests: ${server.failure}`);
  return {
    ...server,
    async stop() {
      keeper.stdin.end();
      await exited;
    },
  };
}
