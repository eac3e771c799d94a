/** The server as a process of its own, as an operator starts it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { childEnv } from './child-env.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const OUTPUT_LENGTH_MAX = 100_000;

export const OPERATOR = 'o'.repeat(40);
export const INTERNAL = 'i'.repeat(40);

type Environment = Readonly<Record<string, string>>;

/** The Node that runs the script, by default this one, and the arguments of the script. */
export interface Runtime {
  readonly node?: string;
  readonly args?: readonly string[];
}

export interface StartedProcess {
  readonly child: ChildProcess;
  /** The end of what it wrote. */
  output(): string;
  /** Resolves with the exit code when it has ended and said all. */
  readonly ended: Promise<number | null>;
  /** Resolves with the address when it is ready; rejects when it ends before. */
  readonly ready: Promise<string>;
}

/** Starts the server, or another script that prints a line with its address, with `childEnv` and these variables alone. */
export function startProcess(
  env: Environment,
  script: string = main,
  { node = process.execPath, args = [] }: Runtime = {},
): StartedProcess {
  const child = spawn(node, [script, ...args], {
    env: { ...childEnv(), PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let address: string | undefined;
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const ready = new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-OUTPUT_LENGTH_MAX);
      address ??= /"address":"([^"]+)"/.exec(output)?.[1];
      if (address !== undefined) resolve(address);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    void ended.then(() => reject(new Error(`the process ended before it was ready: ${output}`)));
  });
  ready.catch(() => {}); // some callers never wait for it
  return { child, output: () => output, ended, ready };
}

export interface ServerProcess {
  readonly child: ChildProcess;
  readonly address: string;
  readonly ended: Promise<unknown>;
}

// A machine that is busy with other tests is no failure.
const limits = { RATE_LIMIT_PER_MINUTE: '0', REQUEST_TIMEOUT_MS: '48000' };

/** Resolves when a replica on the database is ready: it knows both tokens, and limits no caller. */
export async function startServer(url: string, env: Environment = {}, script: string = main): Promise<ServerProcess> {
  const given = { DATABASE_URL: url, OPERATOR_TOKEN: OPERATOR, INTERNAL_TOKEN: INTERNAL, ...limits };
  const { child, ended, ready } = startProcess({ ...given, ...env }, script);
  return { child, address: await ready, ended };
}
