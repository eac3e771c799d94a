/** One process of etcd. Its sockets are files in its folder, so no other process can take its ports. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { etcdPath } from './binary.ts';

export interface EtcdProcess {
  readonly clientSocket: string;
  readonly peerSocket: string;
  /** The end of what it logged. */
  output(): string;
  running(): boolean;
  spawn(args: readonly string[]): void;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGKILL, and everything that it stored is gone. */
  lose(): Promise<void>;
  /** SIGSTOP: it holds its connections and does nothing. */
  pause(): void;
  /** SIGCONT */
  resume(): void;
}

const OUTPUT_MAX = 65_536;

export function etcdProcess(folder: string): EtcdProcess {
  mkdirSync(folder, { recursive: true });
  let child: ChildProcess | undefined;
  let output = '';
  const running = () => child !== undefined && child.exitCode === null && child.signalCode === null;
  const signal = (name: NodeJS.Signals) => running() && child?.kill(name);
  const atExit = () => signal('SIGKILL');
  const kill = async () => {
    if (child === undefined || !running()) return;
    const ended = once(child, 'close');
    child.kill('SIGKILL');
    await ended;
  };
  const clientSocket = join(folder, 'client:1');
  const peerSocket = join(folder, 'peer:1');
  return {
    // etcd makes files with these names in its folder: the host and the port of what it listens on.
    clientSocket,
    peerSocket,
    output: () => output,
    running,
    spawn(args) {
      if (etcdPath === undefined) throw new Error('etcd is not installed: neither ETCD_BIN nor PATH leads to it');
      if (running()) throw new Error('this etcd runs already');
      // A process that was killed left its sockets behind.
      for (const socket of [clientSocket, peerSocket]) rmSync(socket, { force: true });
      child = spawn(etcdPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], env: {} });
      for (const stream of [child.stdout, child.stderr])
        stream?.on('data', (chunk: Buffer) => {
          output = (output + chunk.toString()).slice(-OUTPUT_MAX);
        });
      process.once('exit', atExit);
      child.once('exit', () => process.off('exit', atExit));
    },
    kill,
    async lose() {
      await kill();
      rmSync(join(folder, 'data'), { recursive: true, force: true });
    },
    pause: () => void signal('SIGSTOP'),
    resume: () => void signal('SIGCONT'),
  };
}
