import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const endWithParent = new URL('end-with-parent.ts', import.meta.url).href;
const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 8_000;
const LOG_CHARACTERS_MAX = 4_000;

export interface ServerChild {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** The body that GET /readyz answered with. */
  readonly ready: unknown;
  readonly pid: number;
}

export interface StartOptions {
  /** The repository whose script it is: another checkout. Absent: this one. */
  readonly from?: string;
  /** Throws the standard output away, as where a server logs every request; a failed start then shows standard error alone. */
  readonly quiet?: boolean;
}

/**
 * Starts `node <script>` (a path from the repository's root) as a server on a free loopback port and returns once its
 * GET /readyz answers 2xx; the child is stopped when `stack` is disposed. Its environment holds HOST, PORT,
 * NODE_ENV=production and `env`, and only PATH, HOME, TMPDIR and NODE_OPTIONS of the caller's, so that no stray setting changes a result.
 */
export async function startServer(
  script: string,
  env: Readonly<Record<string, string>>,
  stack: AsyncDisposableStack,
  { from = repository, quiet = false }: StartOptions = {},
): Promise<ServerChild> {
  const port = await freePort();
  const { PATH = '', HOME = '', TMPDIR = '/tmp', NODE_OPTIONS = '' } = process.env;
  const child = spawn(process.execPath, ['--import', endWithParent, script], {
    cwd: from,
    env: { PATH, HOME, TMPDIR, NODE_OPTIONS, NODE_ENV: 'production', HOST: '127.0.0.1', PORT: String(port), ...env },
    stdio: ['pipe', quiet ? 'ignore' : 'pipe', 'pipe'], // the child ends with its stdin: see end-with-parent.ts
  });
  const exited = once(child, 'exit');
  exited.catch(() => undefined);
  let log = '';
  const collect = (chunk: Buffer): void => {
    log = `${log}${chunk}`.slice(-LOG_CHARACTERS_MAX);
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  child.stdin?.on('error', () => undefined);
  stack.defer(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await exited.catch(() => undefined);
    clearTimeout(timer);
  });

  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (child.exitCode === null && child.signalCode === null && Date.now() < deadline) {
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
    if (answer?.ok) return { url, ready: await answer.json(), pid: child.pid ?? 0 };
    await answer?.body?.cancel();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${script} did not become ready (exit code ${child.exitCode}):\n${log}`);
}

/** Resolves to a loopback port that no process listens on at this moment. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
