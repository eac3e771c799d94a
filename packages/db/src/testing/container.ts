/** PostgreSQL 16 in a container, where a Docker engine answers. */
import { existsSync } from 'node:fs';
import { get, type RequestOptions } from 'node:http';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { initdbArguments, type Settings, settingArguments } from './settings.ts';

const image = 'postgres:16-alpine';
const pingTimeoutMs = 1_500;
/** Downloading the image included. */
const startTimeoutMs = 180_000;

export interface Container {
  readonly url: string;
  stop(): Promise<void>;
}

/** Resolves to a running server, or to the reason why there is none; never rejects. */
export async function startContainer(settings: Settings): Promise<Container | string> {
  if (!(await dockerAnswers())) return 'no Docker engine answers';
  const late = new Promise<string>((resolve) => {
    setTimeout(resolve, startTimeoutMs, `${image} did not start within ${startTimeoutMs / 1_000} s`).unref();
  });
  const failed = (error: unknown) => `${image} did not start (${String(error).split('\n')[0]})`;
  return Promise.race([late, start(settings).catch(failed)]);
}

async function start(settings: Settings): Promise<Container> {
  // Imported late: it takes a second, and many machines that get here have no Docker.
  const { PostgreSqlContainer } = await import('@testcontainers/postgresql');
  const container = await new PostgreSqlContainer(image)
    .withEnvironment({ POSTGRES_INITDB_ARGS: initdbArguments('linux').join(' ') })
    .withTmpFs({ '/var/lib/postgresql/data': 'rw' })
    .withCommand(['postgres', ...settingArguments(settings)])
    .start();
  return {
    url: container.getConnectionUri(),
    async stop() {
      await container.stop();
    },
  };
}

async function dockerAnswers(): Promise<boolean> {
  const answers = await Promise.all(dockerAddresses().map(answersPing));
  return answers.includes(true);
}

/** The places in which Testcontainers looks. */
function dockerAddresses(): RequestOptions[] {
  const given = process.env['DOCKER_HOST'];
  if (given?.startsWith('unix://')) return [{ socketPath: given.slice('unix://'.length) }];
  if (given && URL.canParse(given)) return [{ host: new URL(given).hostname, port: new URL(given).port || 2375 }];
  return [
    '/var/run/docker.sock',
    join(process.env['XDG_RUNTIME_DIR'] ?? `/run/user/${userInfo().uid}`, 'docker.sock'),
    join(homedir(), '.docker/run/docker.sock'),
    join(homedir(), '.docker/desktop/docker.sock'),
  ]
    .filter((path) => existsSync(path))
    .map((socketPath) => ({ socketPath }));
}

/** Any HTTP answer will do: an engine that wants TLS refuses this ping, but Testcontainers has the certificates. */
function answersPing(address: RequestOptions): Promise<boolean> {
  return new Promise((resolve) => {
    get({ ...address, path: '/_ping', signal: AbortSignal.timeout(pingTimeoutMs) }, (response) => {
      response.resume();
      resolve(true);
    }).on('error', () => resolve(false));
  });
}
