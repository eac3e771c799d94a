/** Runs the lines of the guide as a user's shell would. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  /** Both streams, for people. */
  readonly output: string;
}

interface Place {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Lets the compilers do less for programs that run once, for seconds: the lines, what is generated and what is refused are
 * those of a user. Java stops at its first compiler; what Go may leave out, vitest.config.ts says.
 */
const cheaper = {
  JAVA_TOOL_OPTIONS: `${process.env['JAVA_TOOL_OPTIONS'] ?? ''} -XX:TieredStopAtLevel=1 -XX:+UseSerialGC`.trim(),
  PIP_NO_COMPILE: '1',
};

/** Resolves when the lines ended; the first that fails is the last that is run. */
export async function run(lines: readonly string[], { cwd, env }: Place = {}): Promise<Ended> {
  const child = spawn('sh', ['-eu', '-c', lines.join('\n')], {
    cwd,
    env: { ...own(), ...cheaper, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve, reject) => child.once('close', resolve).once('error', reject));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, output: `${stdout}${stderr}` };
}

/** The commands of a toolchain that do not succeed here. */
export async function missingOf(toolchain: readonly string[]): Promise<string[]> {
  const tried = await Promise.all(toolchain.map(async (command) => ({ command, ...(await run([command])) })));
  return tried.filter(({ code }) => code !== 0).map(({ command }) => command);
}

/** This process's environment without what its test runner set. */
function own(): NodeJS.ProcessEnv {
  const names = Object.keys(process.env).filter((name) => !/^(NODE_ENV|TEST|VITEST.*|VITE_.*|npm_.*)$/.test(name));
  return Object.fromEntries(names.map((name) => [name, process.env[name]]));
}
