/** The newest entries of a feed, for listeners that come a little later. */

export interface Ring<Entry> {
  /** The mark of the newest entry, also when it is not kept. */
  latest(): number;
  /** Keeps an entry under a mark that is higher than all before, and forgets the oldest ones beyond the bounds. */
  add(mark: number, entry: Entry): void;
  /** Returns every entry after the mark; undefined when one of them is not kept, or the mark was never reached. */
  since(mark: number): readonly Entry[] | undefined;
  /** Forgets all entries, as if the one with this mark had been the newest. */
  skipTo(mark: number): void;
}

export interface RingOptions<Entry> {
  readonly countMax: number;
  /** The most that the sizes of all entries make together. The newest entry is kept, whatever its size. */
  readonly sizeMax: number;
  readonly sizeOf: (entry: Entry) => number;
}

interface Kept<Entry> {
  readonly mark: number;
  readonly entry: Entry;
}

/** Makes a ring without entries, at mark 0. */
export function createRing<Entry>({ countMax, sizeMax, sizeOf }: RingOptions<Entry>): Ring<Entry> {
  let kept: Kept<Entry>[] = [];
  let size = 0;
  let latest = 0;
  /** The mark after which all entries are kept. */
  let edge = 0;
  const forgetOldest = () => {
    const oldest = kept.shift();
    if (oldest === undefined) return;
    edge = oldest.mark;
    size -= sizeOf(oldest.entry);
  };
  return {
    latest: () => latest,
    add(mark, entry) {
      latest = mark;
      kept.push({ mark, entry });
      size += sizeOf(entry);
      while (kept.length > countMax || (size > sizeMax && kept.length > 1)) forgetOldest();
    },
    since(mark) {
      if (!(mark >= edge && mark <= latest)) return undefined;
      const seen = kept.findLastIndex((each) => each.mark <= mark);
      return kept.slice(seen + 1).map(({ entry }) => entry);
    },
    skipTo(mark) {
      kept = [];
      size = 0;
      latest = mark;
      edge = mark;
    },
  };
}
