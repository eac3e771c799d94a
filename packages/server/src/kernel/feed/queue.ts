/** What waits for one reader, and never more of it than was agreed. */

export interface Queue<Item> {
  /** Adds an item; false when it does not fit, or when the queue is over. An item of any size fits where nothing waits. */
  push(item: Item): boolean;
  /** Empties the queue and returns what waited. */
  take(): readonly Item[];
  /** Ends it: nothing more fits. What waits can still be taken, and after it the last item. */
  end(last?: Item): void;
  ended(): boolean;
  /** Resolves when something was added or ended, or when `wake` is called. */
  changed(): Promise<void>;
  wake(): void;
}

/** Makes an empty queue; the sizes of what waits are at most `sizeMax` together. */
export function createQueue<Item>(sizeMax: number, sizeOf: (item: Item) => number): Queue<Item> {
  let waiting: Item[] = [];
  let size = 0;
  let ended = false;
  let wake = () => {};
  return {
    push(item) {
      const added = sizeOf(item);
      if (ended || (waiting.length > 0 && size + added > sizeMax)) return false;
      waiting.push(item);
      size += added;
      wake();
      return true;
    },
    take() {
      const taken = waiting;
      waiting = [];
      size = 0;
      return taken;
    },
    end(last) {
      if (ended) return;
      ended = true;
      if (last !== undefined) waiting.push(last);
      wake();
    },
    ended: () => ended,
    changed: () =>
      new Promise((resolve) => {
        wake = resolve;
      }),
    wake: () => wake(),
  };
}
