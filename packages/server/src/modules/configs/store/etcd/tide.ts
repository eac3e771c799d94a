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
  /** Changes were lost: the watch begins anew, behind what it has delivered now. */
  readonly onLost: (tide: Tide) => Promise<void>;
}

interface Waiting {
  readonly revision: number;
  readonly come: () => void;
}

const REACHED_MS = 2_000;
const PAUSE_MS = 500;

/** Makes it; `started` begins to watch. */
export function createTide(options: TideOptions): Tide {
  const stopping = new AbortController();
  const waiting = new Set<Waiting>();
  let delivered = 0;
  let starting: Promise<void> | undefined;
  const advance = (revision: number) => {
    delivered = revision;
    for (const each of waiting) if (each.revision <= delivered) each.come();
  };
  /** Who begins now knows the values of now. */
  const begin = async () => {
    const { revision } = await options.link.ask((etcd) => etcd.range({ key: options.keys.all }));
    advance(revision);
  };
  const tide: Tide = {
    started() {
      starting ??= begin()
        .then(() => void run({ ...options, signal: stopping.signal, begin, advance, tide }))
        .catch((error: unknown) => {
          starting = undefined;
          throw error;
        });
      return starting;
    },
    delivered: () => delivered,
    reached: (revision) => (revision <= delivered ? Promise.resolve() : waitFor(waiting, revision)),
    stop: () => stopping.abort(),
  };
  return tide;
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
  readonly tide: Tide;
}

async function run({ link, keys, logger, signal, ...running }: Running): Promise<void> {
  while (!signal.aborted) {
    try {
      const asked = { prefix: keys.values, startRevision: running.tide.delivered() + 1, signal };
      for await (const batch of link.etcd.watch(asked)) {
        running.onBatch(batch);
        running.advance(batch.revision);
      }
    } catch (error) {
      if (signal.aborted) return;
      logger.warn({ reason: String(error) }, 'the watch of configurations has to begin anew');
      await pause(PAUSE_MS, undefined, { ref: false });
      if (error instanceof EtcdError && error.kind === 'compacted') await beginAnew(running);
    }
  }
}

async function beginAnew({ begin, onLost, tide }: Pick<Running, 'begin' | 'onLost' | 'tide'>): Promise<void> {
  // Without an answer the old revision is asked for again, and is still gone.
  await begin()
    .then(() => onLost(tide))
    .catch(() => {});
}
