/** The one watch over all values of etcd, and how far it has come. */
import { setTimeout as pause } from 'node:timers/promises';
import { EtcdError, type WatchBatch } from '@tenant-registry/etcd';
import type { Logger } from '../../../../kernel/logger.ts';
import type { EtcdKeys } from './keys.ts';
import { type Link, storeUnavailable } from './link.ts';

export interface Tide {
  /** Resolves when it watches, from a revision that an answer had. */
  started(): Promise<void>;
  /** The last revision whose changes it has told. */
  delivered(): number;
  /** Resolves when it has told everything up to the revision; rejects with `unavailable` when that takes too long. */
  reached(revision: number): Promise<void>;
  stop(): void;
}

export interface TideOptions {
  readonly link: Link;
  readonly keys: EtcdKeys;
  readonly logger: Logger;
  readonly onBatch: (batch: WatchBatch) => void;
  /** Changes were lost: the watch begins anew. */
  readonly onLost: () => void;
}

interface Waiting {
  readonly revision: number;
  readonly come: () => void;
}

const REACHED_MS = 2_000;
const PAUSE_MS = 500;

/** Begins to watch. */
export function createTide(options: TideOptions): Tide {
  const { link, keys } = options;
  const stopping = new AbortController();
  const waiting = new Set<Waiting>();
  let delivered = 0;
  const advance = (revision: number) => {
    delivered = Math.max(delivered, revision);
    for (const each of waiting) if (each.revision <= delivered) each.come();
  };
  /** What the answer knows, the values of before are not told of. */
  const begin = async () => {
    const { revision } = await link.ask((etcd) => etcd.range({ key: keys.all }));
    delivered = revision;
    for (const each of waiting) if (each.revision <= delivered) each.come();
  };
  let starting: Promise<void> | undefined;
  const started = () => {
    starting ??= begin()
      .then(() => void run({ ...options, signal: stopping.signal, begin, advance, delivered: () => delivered }))
      .catch((error: unknown) => {
        starting = undefined;
        throw error;
      });
    return starting;
  };
  return {
    started,
    delivered: () => delivered,
    reached: (revision) => (revision <= delivered ? Promise.resolve() : waitFor(waiting, revision)),
    stop: () => stopping.abort(),
  };
}

function waitFor(waiting: Set<Waiting>, revision: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = () => {
      clearTimeout(late);
      waiting.delete(entry);
    };
    const late = setTimeout(() => {
      leave();
      reject(storeUnavailable('The watch of configurations is behind: try again.'));
    }, REACHED_MS);
    const come = () => {
      leave();
      resolve();
    };
    const entry = { revision, come };
    waiting.add(entry);
  });
}

interface Running extends TideOptions {
  readonly signal: AbortSignal;
  readonly begin: () => Promise<void>;
  readonly advance: (revision: number) => void;
  readonly delivered: () => number;
}

async function run({ link, keys, logger, signal, ...running }: Running): Promise<void> {
  while (!signal.aborted) {
    try {
      const asked = { prefix: keys.values, startRevision: running.delivered() + 1, signal };
      for await (const batch of link.etcd.watch(asked)) {
        running.onBatch(batch);
        running.advance(batch.revision);
      }
    } catch (error) {
      if (signal.aborted) return;
      logger.warn({ reason: String(error) }, 'the watch of configurations has to begin anew');
      const isGone = error instanceof EtcdError && error.kind === 'compacted';
      await pause(PAUSE_MS, undefined, { ref: false });
      if (isGone) await beginAnew(running);
    }
  }
}

async function beginAnew({ begin, onLost }: Pick<Running, 'begin' | 'onLost'>): Promise<void> {
  // Without an answer the old revision is asked for again, and is still gone.
  await begin().then(onLost, () => {});
}
