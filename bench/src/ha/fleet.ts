/** Three replicas of the registry on fixed ports, each of which can be ended and started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../lib/processes.ts';
import { until } from './until.ts';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const endWithParent = new URL('../lib/end-with-parent.ts', import.meta.url).href;
const artefact = join(repository, 'dist/tenant-registry.mjs');
const READY_MS = 60_000;

const secret = () => randomBytes(32).toString('hex');

export const LEASE_MS = 2_000;
export const tokens = { operator: secret(), internal: secret() };

/** What every replica is told; the secrets are those of a production deployment. */
const environment = {
  APP_ENV: 'prod',
  NODE_ENV: 'production',
  HOST: '127.0.0.1',
  LOG_LEVEL: 'info',
  OPERATOR_TOKEN: tokens.operator,
  INTERNAL_TOKEN: tokens.internal,
  SECRETS_KEY: secret(),
  API_KEY_PEPPER: secret(),
  AUDIT_SIGNING_KEY: secret(),
  PUBLIC_URL: 'https://registry.example',
  AUTHORITY_LEASE_MS: String(LEASE_MS),
  TRUST_PROXY: 'loopback',
  // The load comes from one operator.
  RATE_LIMIT_PER_MINUTE: '0',
};

export interface Replica {
  readonly name: string;
  readonly url: string;
  /** How often it was started: a replica that recovers by itself keeps the number. */
  starts(): number;
  start(): Promise<void>;
  /** SIGTERM; resolves to how long it took to end. Throws unless it ended well. */
  stop(): Promise<number>;
  isReady(): Promise<boolean>;
}

/** What runs as a replica: the artefact, where `npm run build` has made it. */
export function replicaProgram(): { readonly name: string; readonly args: readonly string[] } {
  return existsSync(artefact)
    ? { name: 'dist/tenant-registry.mjs', args: [artefact, 'serve'] }
    : { name: 'packages/server/src/main.ts', args: [join(repository, 'packages/server/src/main.ts')] };
}

export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let n = 0; n < count; n += 1) ports.push(await freePort());
  return ports;
}

/** Starts nothing yet. The replica reaches the database at `databaseUrl`; its log is appended to the file. */
export function createReplica(
  place: { readonly name: string; readonly port: number; readonly databaseUrl: string; readonly logFile: string },
  stack: AsyncDisposableStack,
): Replica {
  const { name, port, databaseUrl, logFile } = place;
  const url = `http://127.0.0.1:${port}`;
  const { PATH = '', HOME = '', NODE_OPTIONS = '' } = process.env;
  const env = { PATH, HOME, NODE_OPTIONS, ...environment, PORT: String(port), DATABASE_URL: databaseUrl };
  let child: ChildProcess | undefined;
  let count = 0;
  const isReady = async () => {
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
    await answer?.body?.cancel();
    return answer?.ok === true;
  };
  stack.defer(async () => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  });
  return {
    ...{ name, url, isReady },
    starts: () => count,
    async start() {
      const log = openSync(logFile, 'a');
      // It ends with its standard input, and so with the bench.
      const stdio = ['pipe', log, log] as const;
      const started = spawn(process.execPath, ['--import', endWithParent, ...replicaProgram().args], {
        ...{ env, stdio: [...stdio], cwd: repository },
      });
      child = started;
      count += 1;
      await until(`${name} is not ready`, READY_MS, () => {
        if (started.exitCode !== null) throw new Error(`it ended with ${started.exitCode}: see ${logFile}`);
        return isReady();
      });
    },
    async stop() {
      if (child === undefined) throw new Error(`${name} does not run`);
      const ended = once(child, 'exit');
      const since = performance.now();
      child.kill('SIGTERM');
      const [code] = await ended;
      if (code !== 0) throw new Error(`${name} ended with ${code} after SIGTERM`);
      return performance.now() - since;
    },
  };
}
