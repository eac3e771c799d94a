/** nats-server as a process of its own, with JetStream in a folder of its own. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect as connectSocket, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { type ConnectionOptions, connect } from '@nats-io/transport-node';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';

/** Where nats-server is: what NATS_SERVER names, or the first in PATH; undefined when it is not installed. */
export const natsPath: string | undefined = [
  ...(process.env['NATS_SERVER'] === undefined ? [] : [process.env['NATS_SERVER']]),
  ...[...(process.env['PATH'] ?? '').split(':'), '/usr/sbin'].map((folder) => join(folder, 'nats-server')),
].find((path) => {
  try {
    return execFileSync(path, ['--version'], { stdio: 'pipe' }) !== undefined;
  } catch {
    return false;
  }
});

export interface Nats {
  /** 127.0.0.1:port */
  readonly address: string;
  /** What it logged. */
  output(): string;
  /** Ends the process at once, as a loss of power would. */
  kill(): Promise<void>;
  /** Starts it again, on its port and with what it stored. */
  start(): Promise<void>;
  /** Ends it and removes what it stored. */
  stop(): Promise<void>;
}

/** Starts a server; `more` is added to its configuration. */
export async function startNats(more = ''): Promise<Nats> {
  const folder = mkdtempSync(join(tmpdir(), 'nats-'));
  const port = await freePort();
  const config = join(folder, 'nats.conf');
  writeFileSync(config, `listen: "127.0.0.1:${port}"\njetstream { store_dir: "${folder}/store" }\n${more}\n`);
  let output = '';
  let child: ChildProcess | undefined;
  const kill = async () => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'close');
    child.kill('SIGKILL');
    await ended;
  };
  const start = async () => {
    child = spawn(natsPath ?? 'nats-server', ['-c', config], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
    const ended = once(child, 'close');
    await Promise.race([
      eventually(() => greets(port)),
      ended.then(() => Promise.reject(new Error(`nats-server ended: ${output}`))),
    ]);
  };
  await start();
  return {
    address: `127.0.0.1:${port}`,
    output: () => output,
    kill,
    start,
    async stop() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Rejects while it does not say what it is. */
async function greets(port: number): Promise<void> {
  const socket = connectSocket(port, '127.0.0.1');
  try {
    const [data] = await once(socket, 'data');
    if (!String(data).startsWith('INFO')) throw new Error(`something else listens on ${port}`);
  } finally {
    socket.destroy();
  }
}

export interface Stored {
  readonly id: string;
  readonly subject: string;
  readonly omitted: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into events of every shape
  readonly body: any;
}

export interface NatsClient {
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  /** Returns everything that the stream holds, in its order. */
  stored(stream?: string): Promise<Stored[]>;
  close(): Promise<void>;
}

export const STREAM = 'TENANT_REGISTRY';
const READ_AT_ONCE = 200;

/** Connects as a consumer does. */
export async function natsClient({ address }: Nats, options: ConnectionOptions = {}): Promise<NatsClient> {
  const connection = await connect({ servers: address, reconnectTimeWait: 50, maxReconnectAttempts: -1, ...options });
  const jsm = await jetstreamManager(connection, { checkAPI: false, timeout: 30_000 });
  return {
    js: jetstream(connection, { timeout: 30_000 }),
    jsm,
    async stored(stream = STREAM) {
      const { state } = await jsm.streams.info(stream);
      const found: Stored[] = [];
      for (let from = Math.max(1, state.first_seq); from <= state.last_seq; from += READ_AT_ONCE) {
        const numbers = Array.from({ length: Math.min(READ_AT_ONCE, state.last_seq - from + 1) }, (_, n) => from + n);
        const page = await Promise.all(numbers.map((seq) => jsm.streams.getMessage(stream, { seq })));
        for (const message of page) if (message !== null) found.push(toStored(message));
      }
      return found;
    },
    close: () => connection.close(),
  };
}

type RawMessage = NonNullable<Awaited<ReturnType<JetStreamManager['streams']['getMessage']>>>;

function toStored(message: RawMessage): Stored {
  const header = (name: string) => message.header?.get(name) ?? '';
  return {
    id: header('Nats-Msg-Id'),
    omitted: header('Registry-Data-Omitted'),
    subject: message.subject,
    body: message.json(),
  };
}

export interface FragileLink {
  readonly address: string;
  /** Returns how many connections were cut at work. */
  cuts(): number;
  close(): Promise<void>;
}

/**
 * Opens a link to the server on which connection n ends after `bytes[n]` bytes of the client's: all of them reach the
 * server, whose answers to the last of them are lost. Later connections stay.
 */
export async function openFragileLink({ address }: Nats, bytes: readonly number[]): Promise<FragileLink> {
  const [, port] = address.split(':');
  const sockets = new Set<Socket>();
  let connections = 0;
  let cuts = 0;
  const link = createServer((client) => {
    let left = bytes[connections] ?? Number.POSITIVE_INFINITY;
    connections += 1;
    const upstream = connectSocket(Number(port), '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    }
    upstream.pipe(client);
    client.on('end', () => upstream.end());
    client.on('data', (chunk: Buffer) => {
      if (left === 0) return;
      upstream.write(chunk.subarray(0, left));
      if (chunk.length < left) {
        left -= chunk.length;
        return;
      }
      left = 0;
      cuts += 1;
      client.destroy();
      upstream.end();
    });
  });
  await once(link.listen(0, '127.0.0.1'), 'listening');
  return {
    address: `127.0.0.1:${(link.address() as AddressInfo).port}`,
    cuts: () => cuts,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => link.close(resolve));
    },
  };
}
