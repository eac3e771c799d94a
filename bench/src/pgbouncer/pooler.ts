import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownDirectory, serverUser } from '../../../packages/db/src/testing/os-user.ts';
import { freePort } from '../lib/processes.ts';

export interface Pooler {
  /** The URL of the given database through the pooler. */
  readonly url: string;
  /** `PgBouncer 1.18.0`. */
  readonly version: string;
}

/**
 * Starts PgBouncer in transaction mode in front of the database, with default settings otherwise, and stops it when the
 * stack is disposed. Throws an error with the name of Debian's package if PgBouncer is not installed.
 */
export async function startPooler(direct: string, poolSize: number, stack: AsyncDisposableStack): Promise<Pooler> {
  const version = installedVersion();
  const user = serverUser();
  const directory = ownDirectory(user);
  stack.defer(() => rmSync(directory, { recursive: true, force: true }));
  const port = await freePort();
  const settings = writeSettings({ directory, port, poolSize, direct: new URL(direct) });
  const child = spawn('pgbouncer', [settings], { ...user, cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = once(child, 'exit');
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill); // PgBouncer ends with the bench, even without a disposed stack
  stack.defer(async () => {
    kill();
    await exited;
  });
  const log = await untilListening(child, exited);
  if (log !== undefined) throw new Error(`PgBouncer did not start: ${log}`);
  const url = new URL(direct);
  url.host = `127.0.0.1:${port}`;
  return { url: url.href, version };
}

function installedVersion(): string {
  try {
    return execFileSync('pgbouncer', ['--version'], { encoding: 'utf8' }).split('\n')[0] ?? '';
  } catch {
    throw new Error('PgBouncer is not installed: apt-get install -y pgbouncer');
  }
}

interface Place {
  readonly directory: string;
  readonly port: number;
  readonly poolSize: number;
  readonly direct: URL;
}

function writeSettings({ directory, port, poolSize, direct }: Place): string {
  const write = (name: string, text: string): string => {
    const path = join(directory, name);
    writeFileSync(path, text, { mode: 0o644 }); // other users cannot enter the directory
    return path;
  };
  const users = write('users', `"${direct.username}" "${decodeURIComponent(direct.password)}"\n`);
  return write(
    'pgbouncer.ini',
    `[databases]
* = host=${direct.hostname} port=${direct.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
pool_mode = transaction
default_pool_size = ${poolSize}
max_client_conn = 500
`,
  );
}

/** Resolves to undefined once PgBouncer listens, or to its log if it ends before. */
function untilListening(child: ReturnType<typeof spawn>, exited: Promise<unknown>): Promise<string | undefined> {
  let log = '';
  const ready = new Promise<undefined>((resolve) => {
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-4_000);
      if (log.includes('process up')) resolve(undefined);
    });
  });
  return Promise.race([ready, exited.then(() => log)]);
}
