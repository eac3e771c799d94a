/** Identifiers: UUID version 7 (RFC 9562), so that they sort by the time they were made. */
import { randomInt } from 'node:crypto';
import { v7 } from 'uuid';
import type { Clock } from './clock.ts';

let last = { msecs: 0, seq: 0 };

/** Returns a new id whose time is the clock's. Within one process the ids of one millisecond ascend too. */
export function newId(clock: Clock): string {
  const msecs = clock().getTime();
  // Half the counter's range is left above the random start, so it cannot overflow within a millisecond.
  const seq = msecs === last.msecs ? last.seq + 1 : randomInt(2 ** 31);
  last = { msecs, seq };
  return v7({ msecs, seq });
}
