/** The changes of some keys, over as many streams as it takes. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Metadata } from '@grpc/grpc-js';
import { type Cluster, PAUSE_MS } from './cluster.ts';
import { meaningOf, Refusal } from './errors.ts';
import type { Tokens } from './tokens.ts';
import type { Keys, WatchBatch } from './types.ts';
import { createBatches } from './watch-batches.ts';
import { answersOf, type Stream } from './watch-stream.ts';

export interface Watching {
  readonly cluster: Cluster;
  readonly tokens: Tokens;
  readonly keys: Keys;
  readonly startRevision: number;
  readonly signal: AbortSignal;
}

/** Yields what `Etcd.watch` promises; its errors are `Refusal` where they are not `EtcdError`. */
export async function* watchFrom(watching: Watching): AsyncGenerator<WatchBatch, void> {
  const { cluster, tokens, signal } = watching;
  let { startRevision } = watching;
  // A watch whose token has expired is refused like one without the permission, so one refusal is none.
  let refusals = 0;
  while (!signal.aborted) {
    let opened: Opened | undefined;
    try {
      opened = await open(watching, startRevision);
      const toBatches = createBatches();
      for await (const answer of answersOf(opened.stream)) {
        refusals = 0;
        for (const batch of toBatches(answer)) {
          startRevision = batch.revision + 1;
          yield batch;
        }
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Refusal)) throw error;
      if (opened !== undefined) cluster.ring.failed(opened.endpoint);
      if (meaningOf(error.failure).again !== 'elsewhere') {
        refusals += 1;
        if (opened === undefined || refusals > 1) throw error;
        tokens.refused(opened.metadata);
      }
      await pause(PAUSE_MS);
    }
  }
}

interface Opened {
  readonly endpoint: number;
  readonly metadata: Metadata;
  readonly stream: Stream;
}

/** Resolves to a stream at the preferred endpoint, which connects when its first message is read. */
async function open({ cluster, tokens, keys, signal }: Watching, startRevision: number): Promise<Opened> {
  const metadata = await tokens.metadata();
  const [endpoint = 0] = cluster.ring.order();
  const connection = cluster.connections[endpoint];
  if (connection === undefined) throw new RangeError(`there is no endpoint ${endpoint}`);
  return { endpoint, metadata, stream: { cluster, tokens, connection, metadata, keys, startRevision, signal } };
}
