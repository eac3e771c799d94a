/** PostgreSQL from the binaries that npm installed (16), or from others, on a port and in a directory of its own. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { runnableBinaries } from './binaries.ts';
import { type OsUser, ownDirectory, serverUser } from './os-user.ts';
import { initdbArguments, type Settings, settingArguments } from './settings.ts';

const readyTimeoutMs = 60_000;
const portAttemptsMax = 5;

export interface EmbeddedOptions {
  /** How every login is checked. Default `password`, which costs no computing. */
  readonly auth?: 'password' | 'scram-sha-256';
  /** The file to which the server's log is appended once it is ready. Default: it is thrown away. */
  readonly logFile?: string;
  /** The folder of another installation of PostgreSQL, with `bin` in it. Default: the one that npm installed. */
  readonly installation?: string;
}

/** Resolves to a server that accepts connections on 127.0.0.1 alone; `stop` leaves no process and no file. */
export async function startEmbedded(
  settings: Settings,
  { auth = 'password', logFile, installation }: EmbeddedOptions = {},
): Promise<{ url: string; stop(): Promise<void> }> {
  const user = serverUser();
  const directory = ownDirectory(user);
  const remove = () => rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  try {
    const { initdb, postgres } = runnableBinaries(directory, user, installation);
    const password = randomBytes(16).toString('hex');
    initialize(initdb, { directory, user, password, auth });
    const { server, port } = await startOnFreePort(postgres, { directory, user, settings });
    if (logFile !== undefined) server.stderr?.on('data', (text: string) => appendFileSync(logFile, text));
    return {
      url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
      async stop() {
        const exited = server.exitCode === null && once(server, 'exit');
        server.kill('SIGQUIT'); // at once, without writing anything down: the data goes too
        await exited;
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

export interface Place {
  readonly directory: string;
  readonly user: OsUser;
}

/** Makes the data directory `data` in the place; `postgres` is its superuser. */
export function initialize(
  initdb: string,
  { directory, user, password, auth }: Place & { password: string; auth: 'password' | 'scram-sha-256' },
): void {
  const passwordFile = join(directory, 'password');
  writeFileSync(passwordFile, password, { mode: 0o644 }); // the directory around it is closed to others
  const options = ['--username=postgres', `--auth=${auth}`, `--pwfile=${passwordFile}`, '--no-sync', '--lc-messages=C'];
  execFileSync(initdb, [...options, ...initdbArguments(process.platform), join(directory, 'data')], {
    ...user,
    cwd: directory,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

async function startOnFreePort(postgres: string, place: Place & { settings: Settings }) {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const server = spawnServer(postgres, { ...place, port });
    const failure = await untilReady(server);
    if (failure === undefined) return { server, port };
    // Another process may take the port between the probe and the bind of the server.
    if (attempt === portAttemptsMax || !failure.includes('could not bind')) throw new Error(failure);
  }
}

/** Starts the server on the port, on 127.0.0.1 alone. */
export function spawnServer(
  postgres: string,
  { directory, user, settings, port }: Place & { settings: Settings; port: number },
): ChildProcess {
  const own = { port: String(port), listen_addresses: '127.0.0.1', unix_socket_directories: '' };
  return spawn(postgres, ['-D', join(directory, 'data'), ...settingArguments({ ...settings, ...own })], {
    ...user,
    cwd: directory,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

/** Resolves when the server accepts connections, or to its output when it ended before that. */
export async function untilReady(server: ChildProcess): Promise<string | undefined> {
  let said = '';
  const exited = once(server, 'exit').then(() => `PostgreSQL did not start: ${said}`);
  const ready = new Promise<undefined>((resolve) => {
    server.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4_000);
      if (said.includes('ready to accept connections')) resolve(undefined);
    });
  });
  const late = new Promise<string>((resolve) => {
    setTimeout(() => resolve(`PostgreSQL is not ready after ${readyTimeoutMs} ms: ${said}`), readyTimeoutMs).unref();
  });
  return Promise.race([ready, exited, late]);
}

/** Resolves to a port that was free a moment ago. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  if (address === null || typeof address === 'string') throw new Error('no TCP port is free on 127.0.0.1');
  return address.port;
}
