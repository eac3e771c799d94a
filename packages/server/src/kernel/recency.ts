/** When things were last seen, gathered in memory and drained in batches: seeing costs no I/O. */
import { LRUCache } from 'lru-cache';

const INTERVAL_MS = 60_000;
const IDS_MAX = 100_000;

export interface Recency {
  /** Notes that the thing was seen; at most once a minute and id. */
  saw(id: string, at: Date): void;
  /** Takes what was noted since the last time. */
  drain(): ReadonlyMap<string, Date>;
  /** Gives a batch back that could not be written. */
  restore(batch: ReadonlyMap<string, Date>): void;
}

export function createRecency(): Recency {
  const latest = new LRUCache<string, number>({ max: IDS_MAX });
  let noted = new Map<string, Date>();
  return {
    saw(id, at) {
      if (at.getTime() - (latest.get(id) ?? Number.NEGATIVE_INFINITY) < INTERVAL_MS) return;
      latest.set(id, at.getTime());
      noted.set(id, at);
    },
    drain() {
      const batch = noted;
      noted = new Map();
      return batch;
    },
    restore(batch) {
      noted = new Map([...batch, ...noted]);
    },
  };
}
