/** The newest events of the log in the memory of this process, read once for all who listen here. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Db, eventLog } from '@tenant-registry/db';
import { oneAtATime } from '../../../kernel/async/one-at-a-time.ts';
import { createRing, type Ring } from '../../../kernel/feed/ring.ts';
import { toEvent } from '../event.ts';
import type { Event } from '../schema.ts';
import { sizeOf } from './followed.ts';

export interface Entry {
  readonly position: number;
  readonly event: Event;
}

export interface LogTail extends Pick<Ring<Entry>, 'latest' | 'since'> {
  /** Resolves when everything is known that was in the log at the time of the call. Rejects when the log cannot be read. */
  look(): Promise<void>;
}

export interface LogTailOptions {
  /** Sees every tenant. */
  readonly db: Db;
  /** Hears of each new event, in the order of the log. */
  readonly onEntry: (entry: Entry) => void;
  /** Hears that events were passed over, because there were too many: who waits for them reads the log. */
  readonly onSkip: () => void;
  /** Entries that are kept. */
  readonly countMax?: number;
}

const COUNT_MAX = 2_000;
const BYTES_MAX = 4_194_304;
const PAGE = { limit: 200, bytesMax: 262_144 };

/** Makes the tail; it reads nothing by itself. */
export function createLogTail({ db, onEntry, onSkip, countMax = COUNT_MAX }: LogTailOptions): LogTail {
  const ring = createRing<Entry>({
    countMax,
    sizeMax: BYTES_MAX,
    sizeOf: ({ event }) => sizeOf({ kind: 'event', event }),
  });
  const skipTo = (head: number) => {
    ring.skipTo(head);
    onSkip();
  };
  const read = async () => {
    const head = await eventLog.findEventHead(db);
    // Behind it is only the log of a database that was restored.
    if (head < ring.latest() || head - ring.latest() > countMax) return skipTo(head);
    while (ring.latest() < head) {
      const range = { after: ring.latest(), until: head, ...PAGE };
      const { rows, more } = await eventLog.listEventsWithin(db, {}, range);
      for (const row of rows) {
        const entry = { position: row.position, event: toEvent(row) };
        ring.add(row.position, entry);
        onEntry(entry);
      }
      // The last ones were deleted meanwhile.
      if (!more && ring.latest() < head) skipTo(head);
      // Readers take what they were given before there is more.
      await nextTurn();
    }
  };
  return { latest: ring.latest, since: ring.since, look: oneAtATime(read) };
}
