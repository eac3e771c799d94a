/** The previous release (release/previous.json): its sources out of the history, installed with its own lockfile. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const bins = join(root, 'node_modules/.bin');

export interface PreviousRelease {
  readonly version: string;
  /** A folder with its sources and its dependencies. */
  readonly folder: string;
}

const { version, commit }: { version: string; commit: string } = JSON.parse(
  readFileSync(join(root, 'release/previous.json'), 'utf8'),
);

/**
 * Returns the release, which is installed once for each commit, or the reason why it is not to be had: a shallow clone
 * lacks it unless its origin gives it, and its packages may be out of reach.
 */
export function previousRelease(): PreviousRelease | string {
  const folder = join(root, '.cache/releases', commit);
  // Written last: what was interrupted begins anew.
  const stamp = join(folder, '.installed');
  try {
    if (!existsSync(stamp)) {
      rmSync(folder, { recursive: true, force: true });
      unpack(folder);
      install(folder);
      writeFileSync(stamp, '');
    }
    return { version, folder };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `the release ${version} (${commit.slice(0, 8)}) is not to be had: ${reason.split('\n').slice(0, 2).join(' ')}`;
  }
}

function unpack(folder: string): void {
  if (!hasCommit()) git('fetch', '--quiet', '--depth=1', 'origin', commit);
  mkdirSync(folder, { recursive: true });
  execFileSync('tar', ['-x', '-C', folder], { input: git('archive', commit) });
}

const hasCommit = () => succeeds('cat-file', '-e', `${commit}^{commit}`);

/** Tells whether these sources come with their history, in which the release has to be. A shallow clone, or an archive, has none. */
export function hasHistory(): boolean {
  return (
    succeeds('rev-parse', '--verify', 'HEAD') &&
    git('rev-parse', '--is-shallow-repository').toString().trim() === 'false'
  );
}

function succeeds(...args: string[]): boolean {
  try {
    git(...args);
    return true;
  } catch {
    return false;
  }
}

function git(...args: string[]): Buffer {
  return execFileSync('git', args, { cwd: root, maxBuffer: 2 ** 30, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** What the server needs in production, and no tools. */
function install(folder: string): void {
  const { NODE_OPTIONS: _, NODE_ENV: __, ...own } = process.env;
  const env = { ...own, CI: 'true', PATH: `${bins}:${own['PATH']}` };
  const args = ['install', '--frozen-lockfile', '--prefer-offline', '--prod', '--filter', '@tenant-registry/server...'];
  execFileSync(join(bins, 'pnpm'), args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
}
