/** One stream of changes, from one endpoint. */
import type { Metadata } from '@grpc/grpc-js';
import type { Cluster } from './cluster.ts';
import type { Connection } from './connection.ts';
import { EtcdError, type GrpcFailure, meaningOf, NOT_CONNECTED, Refusal } from './errors.ts';
import type { Tokens } from './tokens.ts';
import type { Keys } from './types.ts';
import { keyRange } from './wire/keys.ts';
import { range } from './wire/kv.ts';
import { type WatchAnswer, watch } from './wire/watch.ts';

export interface Stream {
  readonly cluster: Cluster;
  readonly tokens: Tokens;
  readonly connection: Connection;
  readonly metadata: Metadata;
  readonly keys: Keys;
  readonly startRevision: number;
  readonly signal: AbortSignal;
}

const QUIET = Symbol('nothing within the time');

/**
 * Yields the messages of one stream. It never returns: it ends with the first failure, also when the endpoint does not
 * prove within `probeMs` and `probeAnswerMs` that it belongs to the cluster's majority.
 * @throws {Refusal}
 * @throws {EtcdError} `compacted`
 */
export async function* answersOf(from: Stream): AsyncGenerator<WatchAnswer, never> {
  const { connection, metadata, keys, startRevision, signal, cluster } = from;
  if (!(await connection.ready(Date.now() + cluster.timing.connectMs))) throw new Refusal(NOT_CONNECTED);
  const stream = connection.open(watch, metadata);
  const cancel = () => stream.cancel();
  signal.addEventListener('abort', cancel);
  // Failures reach the iterator; one that comes after its end has no reader.
  stream.on('error', () => {});
  try {
    stream.write({ keys, startRevision });
    const messages: AsyncIterator<WatchAnswer> = stream[Symbol.asyncIterator]();
    for (;;) {
      const message = await nextOf(messages, from);
      if (message.canceled) throw cancellation(message);
      yield message;
    }
  } finally {
    signal.removeEventListener('abort', cancel);
    stream.cancel();
  }
}

async function nextOf(messages: AsyncIterator<WatchAnswer>, from: Stream): Promise<WatchAnswer> {
  const next = messages.next().catch((error: unknown) => {
    throw isFailure(error) ? new Refusal(error) : error;
  });
  next.catch(() => {}); // when a probe fails first
  for (;;) {
    const result = await within(next, from.cluster.timing.probeMs);
    if (result === QUIET) await Promise.race([next, probe(from)]);
    else if (result.done === true) throw new Refusal({ ...NOT_CONNECTED, details: 'etcd ended a watch' });
    else return result.value;
  }
}

function isFailure(error: unknown): error is GrpcFailure {
  return error instanceof Error && 'code' in error && 'details' in error;
}

async function within<T>(promise: Promise<T>, ms: number): Promise<T | typeof QUIET> {
  let timer: NodeJS.Timeout | undefined;
  const quiet = new Promise<typeof QUIET>((resolve) => {
    timer = setTimeout(resolve, ms, QUIET);
  });
  return Promise.race([promise, quiet]).finally(() => clearTimeout(timer));
}

/** Resolves when the endpoint answered a linearizable read, which only a member in touch with the majority can. */
async function probe({ connection, tokens, keys, cluster }: Stream): Promise<void> {
  const { first } = keyRange(keys);
  const metadata = await tokens.metadata();
  const bytes = range.encode({ keys: { key: first }, options: { countOnly: true } });
  const call = { method: range, bytes, metadata, deadline: Date.now() + cluster.timing.probeAnswerMs };
  const failure = await new Promise<GrpcFailure | null>((resolve) => connection.start(call, resolve));
  if (failure === null) return;
  const { again } = meaningOf(failure);
  if (again === 'elsewhere') throw new Refusal(failure);
  if (again === 'token') tokens.refused(metadata);
}

/** Returns why etcd cancelled a watch; it tells errors as the text of Go's errors. */
function cancellation({ compactRevision, cancelReason }: WatchAnswer): EtcdError | Refusal {
  if (compactRevision > 0)
    return new EtcdError('compacted', 'the revision to watch from is gone (compacted)', { compactRevision });
  return new Refusal({ ...NOT_CONNECTED, details: cancelReason.replace(/^rpc error: .*? desc = /, '') });
}
