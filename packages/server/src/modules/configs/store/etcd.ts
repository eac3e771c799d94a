/**
 * Configurations in etcd, which is the authority for current values. A write is one transaction of etcd that also holds its
 * revision, audit row and event as an intent; the relay brings them into the database
 * (docs/decisions/0034-two-stores-of-configurations.md).
 */
import type { Logger } from '../../../kernel/logger.ts';
import { commit, createCounts } from './etcd/commit.ts';
import { readingFrom, type StoreParts } from './etcd/reading.ts';
import { createTails } from './etcd/tail.ts';
import { unrelayedFrom } from './etcd/unrelayed.ts';
import { createUnrelayedGrowth } from './etcd/unrelayed-growth.ts';
import { createWaitingPlaces } from './etcd/waiting-places.ts';
import type { ConfigStore } from './port.ts';

export interface EtcdStoreOptions extends StoreParts {
  readonly logger: Logger;
  /** Tells that one more waits. */
  readonly intended: () => void;
}

/** Makes the store. It connects when it is first asked. */
export function createEtcdStore(options: EtcdStoreOptions): ConfigStore {
  const { link } = options;
  const tails = createTails(options);
  const places = createWaitingPlaces(options);
  const parts = { ...options, growth: createUnrelayedGrowth(), places, counts: createCounts() };
  return {
    kind: 'etcd',
    ...readingFrom(options),
    ...unrelayedFrom(options),
    commit: (ctx, place, write) => commit(parts, ctx, { place, write }),
    tail: tails.tail,
    isUp: link.isUp,
    close() {
      tails.close();
      link.etcd.close();
    },
  };
}
