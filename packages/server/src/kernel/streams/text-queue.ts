/** Text that waits for one reader, and never more of it than was agreed. */

export interface TextQueue extends AsyncIterable<string> {
  /** Adds a piece; false when it does not fit: the queue is then empty and over, as it may also have been before. */
  push(piece: string): boolean;
  /** Gives the pushed pieces to the reader and then ends the stream. */
  end(): void;
}

/** Makes a queue of at most `lengthMax` characters. `onEnd` is called once, when nothing more can be pushed. */
export function createTextQueue(lengthMax: number, onEnd: () => void): TextQueue {
  let pending = '';
  let ended = false;
  let wake = () => {};
  const end = () => {
    if (ended) return;
    ended = true;
    onEnd();
    wake();
  };
  const take = () => {
    const value = pending;
    pending = '';
    return value;
  };
  return {
    push(piece) {
      if (ended) return false;
      if (pending.length + piece.length > lengthMax) {
        take();
        end();
        return false;
      }
      pending += piece;
      wake();
      return true;
    },
    end,
    [Symbol.asyncIterator]: () => ({
      async next() {
        while (pending === '' && !ended) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        return pending === '' ? { value: undefined, done: true } : { value: take(), done: false };
      },
      // At once, also while `next` waits: that is how a reader that went away is noticed.
      async return() {
        take();
        end();
        return { value: undefined, done: true };
      },
    }),
  };
}
