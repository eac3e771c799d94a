/** What the tests of the client share. */
import { randomUUID } from 'node:crypto';
import { onTestFinished, vi } from 'vitest';
import {
  createEtcd,
  type Etcd,
  EtcdError,
  type EtcdOptions,
  type WatchBatch,
  type WatchOptions,
} from '../src/index.ts';

/** Returns a client that is closed after the test. */
export function client(options: EtcdOptions): Etcd {
  const etcd = createEtcd(options);
  onTestFinished(() => etcd.close());
  return etcd;
}

/** Returns a prefix that no other test uses. */
export const ownPrefix = () => `test/${randomUUID()}/`;

/** Resolves to the error of a call. */
export async function failureOf(call: Promise<unknown>): Promise<EtcdError> {
  const error = await call.then(
    () => new Error('the call succeeded'),
    (reason: unknown) => reason,
  );
  if (error instanceof EtcdError) return error;
  throw error;
}

export interface Watched {
  readonly batches: readonly WatchBatch[];
  /** The error that ended the watch. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/** Collects what a watch yields until the test ends. */
export function watched(
  etcd: Etcd,
  asked: Omit<WatchOptions, 'signal'> & ({ key: string } | { prefix: string }),
): Watched {
  const batches: WatchBatch[] = [];
  const end = new AbortController();
  const collect = async () => {
    for await (const batch of etcd.watch({ ...asked, signal: end.signal })) batches.push(batch);
  };
  const ended = collect();
  ended.catch(() => {});
  const stop = () => {
    end.abort();
    return ended;
  };
  onTestFinished(() => end.abort());
  return { batches, ended, stop };
}

/** Returns what changed, as text: +key=value or -key. */
export function changesOf(batches: readonly WatchBatch[]): string[] {
  return batches.flatMap(({ events }) =>
    events.map(({ type, kv }) => (type === 'put' ? `+${kv.key}=${kv.value}` : `-${kv.key}`)),
  );
}

/** Repeats a call that no endpoint answers, as long as that lasts. */
export function persist<T>(call: () => Promise<T>): Promise<T> {
  return vi.waitFor(call, { timeout: 240_000, interval: 20 });
}
