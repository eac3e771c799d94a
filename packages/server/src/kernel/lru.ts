/** The one bounded memory: what was used last stays. */
import { LRUCache } from 'lru-cache';

const onePlace = () => 1;

/**
 * Makes a memory of at most `entriesMax` entries, which drops the one that was used longest ago. `dispose` is told of each
 * that leaves. Places are made as they are needed: the library's `max` would reserve them all (some milliseconds and 2 MB
 * for 100,000) in each of a dozen memories of a process.
 */
export function createLru<Value extends object | number | boolean>(
  entriesMax: number,
  dispose?: (value: Value) => void,
): LRUCache<string, Value> {
  return new LRUCache<string, Value>({
    maxSize: entriesMax,
    sizeCalculation: onePlace,
    ...(dispose === undefined ? {} : { dispose }),
  });
}
