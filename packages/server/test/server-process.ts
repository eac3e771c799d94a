/** The server as a process of its own, as an operator starts it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

export const OPERATOR = 'o'.repeat(40);
export const INTERNAL = 'i'.repeat(40);

export interface ServerProcess {
  readonly child: ChildProcess;
  readonly address: string;
  /** Resolves when it has ended and said all. */
  readonly ended: Promise<void>;
}

/** Resolves when it is ready. `script` is what runs instead of the server; it must print a line with its address. */
export async function startServer(
  url: string,
  env: Readonly<Record<string, string>> = {},
  script: string = main,
): Promise<ServerProcess> {
  const child = spawn(process.execPath, [script], {
    env: {
      PATH: process.env['PATH'],
      PORT: '0',
      DATABASE_URL: url,
      OPERATOR_TOKEN: OPERATOR,
      INTERNAL_TOKEN: INTERNAL,
      RATE_LIMIT_PER_MINUTE: '0',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const address = await new Promise<string>((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      if (output !== '' && /"address":"[^"]+"/.test(output)) return;
      output += chunk.toString();
      const found = /"address":"([^"]+)"/.exec(output)?.[1];
      if (found !== undefined) resolve(found);
    });
    void ended.then(() => reject(new Error(`the server did not start: ${output}`)));
  });
  return { child, address, ended };
}
