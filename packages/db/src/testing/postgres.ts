/** A PostgreSQL server for as long as somebody needs it; usable outside vitest. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Settings } from './settings.ts';
import type { KeeperAnswer, PostgresServer } from './types.ts';

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
