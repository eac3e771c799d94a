/** Starts a PostgreSQL server and ends it with its user; usable outside vitest. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { EmbeddedOptions } from './embedded.ts';
import type { Settings } from './settings.ts';
import type { KeeperAnswer, PostgresServer } from './types.ts';

/**
 * Resolves to a server that is ready: that of TEST_DATABASE_URL, or a container, or the binaries that npm installed,
 * the first that there is. It ends with `stop`, and also when this process ends in any way (even by SIGKILL): the
 * keeper is a separate process, which hears that from its standard input. `settings` are added to those for tests and
 * change nothing on a given server. An `env` without TEST_DATABASE_URL asks for a new server, and `embedded` for one from
 * the binaries, set up like that.
 */
export async function startPostgres(
  settings: Settings = {},
  env = process.env,
  embedded?: EmbeddedOptions,
): Promise<PostgresServer> {
  const wishes = [settings, ...(embedded === undefined ? [] : [embedded])].map((each) => JSON.stringify(each));
  const keeper = spawn(process.execPath, [join(import.meta.dirname, 'keeper.ts'), ...wishes], {
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
