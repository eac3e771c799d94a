/** The example of a receiver of webhooks, as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, onTestFinished } from 'vitest';
import { childEnv } from '../../server/test/support/child-env.ts';
import type { RegistryEvent } from '../src/webhooks.ts';

const main = fileURLToPath(new URL('../../../examples/webhook-receiver/src/main.ts', import.meta.url));

export interface Running {
  readonly output: { out: string; error: string };
  /** Ends the process in the middle of whatever it does. */
  kill(): Promise<void>;
}

export const urlAt = (port: number) => `http://127.0.0.1:${port}/webhooks/registry`;

/** How many lines it has printed. */
export function linesOf({ output }: Running): number {
  return output.out.trimEnd().split('\n').length;
}

/** Gives each test of the file an inbox of its own, and starts receivers that write to it; they stop with the test. */
export function useReceiver() {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'webhook-receiver-'));
  });
  afterEach(() => rm(folder, { recursive: true }));
  const inbox = () => join(folder, 'inbox.jsonl');

  function spawned(keys: readonly string[], port: number): Running & { readonly child: ChildProcess } {
    const env = {
      ...childEnv(),
      WEBHOOK_KEYS: keys.join(' '),
      PORT: `${port}`,
      INBOX: inbox(),
    };
    const child = spawn(process.execPath, [main], { env });
    const output = { out: '', error: '' };
    child.stdout.on('data', (chunk) => {
      output.out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output.error += chunk;
    });
    const ended = once(child, 'close');
    const kill = async () => {
      child.kill('SIGKILL');
      await ended;
    };
    onTestFinished(kill);
    return { child, output, kill };
  }

  /** Resolves once it listens. */
  async function started(keys: readonly string[], port: number): Promise<Running> {
    const running = spawned(keys, port);
    await expect.poll(() => running.output.out + running.output.error).toContain(urlAt(port));
    return running;
  }

  async function events(): Promise<RegistryEvent[]> {
    const lines = (await readFile(inbox(), 'utf8')).split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line));
  }

  return { inbox, spawned, started, events, recorded: async () => (await events()).map(({ id }) => id) };
}
