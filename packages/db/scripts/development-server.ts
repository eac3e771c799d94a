/** A server of PostgreSQL whose data stays. It runs as a user of the system that is not root. */

import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runnableBinaries } from '../src/testing/binaries.ts';
import { initialize, type Place, spawnServer, untilReady } from '../src/testing/embedded.ts';
import { type OsUser, serverUser } from '../src/testing/os-user.ts';

/** Is there once the folder has been filled; a folder without it was left half made. */
const COMPLETE = 'complete';

export interface DevelopmentServer {
  readonly superuserUrl: string;
  /** Resolves when the server ends by itself, to how. */
  readonly ended: Promise<string>;
  /** Ends the server, with everything written down. */
  stop(): Promise<void>;
}

/** Resolves to a server that accepts connections; the folder is filled the first time. Rejects with what is wrong. */
export async function startDevelopmentServer({
  directory,
  port,
}: {
  directory: string;
  port: number;
}): Promise<DevelopmentServer> {
  const user = serverUser();
  makeFolder(directory, user);
  const { initdb, postgres } = runnableBinaries(directory, user);
  if (!existsSync(join(directory, COMPLETE))) fill(initdb, { directory, user });
  const password = readFileSync(join(directory, 'password'), 'utf8');
  const server = spawnServer(postgres, { directory, user, settings: {}, port });
  const ended = once(server, 'exit').then(([code, signal]) => String(signal ?? code));
  const failure = await untilReady(server);
  if (failure !== undefined) throw new Error(failure);
  return {
    superuserUrl: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    ended,
    async stop() {
      server.kill('SIGINT'); // the fast shutdown: sessions end, and data is written down
      await ended;
    },
  };
}

function makeFolder(directory: string, user: OsUser): void {
  // Only the folder itself is closed: the user has to get there.
  mkdirSync(dirname(directory), { recursive: true });
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (user.uid === undefined) return;
  chownSync(directory, user.uid, user.gid);
  if (spawnSync('test', ['-w', directory], { ...user, cwd: '/' }).status === 0) return;
  throw new Error(`PostgreSQL refuses to run as root, and other users cannot enter ${directory}: name a --directory`);
}

function fill(initdb: string, place: Place): void {
  const { directory } = place;
  rmSync(join(directory, 'data'), { recursive: true, force: true });
  initialize(initdb, { ...place, password: randomBytes(24).toString('hex'), auth: 'scram-sha-256' });
  writeFileSync(join(directory, COMPLETE), '');
}
