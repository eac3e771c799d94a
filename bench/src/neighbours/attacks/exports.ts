/** F1: every export that is not read keeps a batch of rows in the server's memory. */
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Assault } from '../assault.ts';
import type { Hand } from '../hand.ts';
import { makeLargeRows } from './large-rows.ts';

const READERS = 200;
const HEADS = 4;
const PATH = '/v1/audit/export';
const TRICKLE_BYTES = 1_024;

/** Opens 200 exports: one half is not read after its first bytes, one half at 1 KiB a second. Beside them, HEAD requests. */
export async function assaultByExports(hand: Hand): Promise<Assault> {
  return {
    note: await makeLargeRows(hand),
    workers: READERS + HEADS,
    act: (n, _round, signal) =>
      n < HEADS ? hand.send({ method: 'HEAD', path: PATH }, signal) : readSlowly(hand, n % 2 === 0, signal),
  };
}

/** Opens one export and keeps it open until the server ends it or `signal` is aborted. */
async function readSlowly(hand: Hand, trickles: boolean, signal: AbortSignal): Promise<void> {
  const key = await hand.turn();
  if (signal.aborted) return;
  const { hostname, port } = new URL(hand.url);
  const socket = net.connect(Number(port), hostname);
  socket.on('error', () => undefined); // 'close' follows
  const closed = once(socket, 'close');
  const stop = (): void => void socket.destroy();
  signal.addEventListener('abort', stop);
  socket.write(`GET ${PATH} HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer ${key}\r\n\r\n`);
  await Promise.race([once(socket, 'readable'), closed]);
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(String(socket.read(64) ?? ''))?.[1] ?? 0);
  hand.count(status);
  if (status === 200) {
    const timer = setInterval(() => trickles && socket.read(TRICKLE_BYTES), 1_000);
    await closed;
    clearInterval(timer);
  } else {
    socket.destroy();
    await sleep(250, undefined, { signal }).catch(() => undefined);
  }
  signal.removeEventListener('abort', stop);
}
