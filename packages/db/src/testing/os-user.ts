/** Chooses the user that PostgreSQL runs as: it refuses to be root. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Options for a child process; empty for the current user. */
export type OsUser = { readonly uid: number; readonly gid: number } | { readonly uid?: never; readonly gid?: never };

/**
 * Returns the user that the server runs as: the current one, or for root the first of `postgres` and `nobody` that
 * exists.
 */
export function serverUser(): OsUser {
  if (process.getuid?.() !== 0) return {};
  const user = find('postgres') ?? find('nobody');
  if (user === undefined) throw new Error('PostgreSQL refuses to run as root, and no user postgres or nobody exists');
  return user;
}

function find(name: string): OsUser | undefined {
  const id = (option: string) => Number(execFileSync('id', [option, name], { stdio: 'pipe', encoding: 'utf8' }));
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined;
  }
}

/** Creates a temporary directory that belongs to the user alone and that the user can reach. */
export function ownDirectory(user: OsUser): string {
  const bases = [...new Set([tmpdir(), '/tmp', '/var/tmp'])];
  for (const base of bases) {
    const directory = tryCreate(base);
    if (directory === undefined) continue;
    if (user.uid === undefined) return directory;
    chownSync(directory, user.uid, user.gid);
    // TMPDIR may lie in a folder that only root may enter, so the user itself tries to write.
    if (spawnSync('test', ['-w', directory], { ...user, cwd: '/' }).status === 0) return directory;
    rmSync(directory, { recursive: true });
  }
  throw new Error(
    `PostgreSQL can write to none of ${bases.join(', ')}: set TMPDIR to a directory that others may enter`,
  );
}

function tryCreate(base: string): string | undefined {
  try {
    return mkdtempSync(join(base, 'tenant-registry-postgres-'));
  } catch {
    return undefined;
  }
}
