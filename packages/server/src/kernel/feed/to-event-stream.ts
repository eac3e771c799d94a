/** Feed → server-sent events. */
import type { EventStream } from '../streams/event-stream.ts';

/** Makes a stream that begins to listen when it is opened. The signal that `open` aborts breaks the connection. */
export function toEventStream(open: (cut: AbortController) => Promise<AsyncIterable<string>>): EventStream {
  const cut = new AbortController();
  return {
    mediaType: 'text/event-stream',
    cut: cut.signal,
    open: () => open(cut),
    async *[Symbol.asyncIterator]() {
      yield* await open(cut);
    },
  };
}

/** Returns what a reader is given, as text: what waits together is one piece. */
export function asText<Item>(
  reader: AsyncIterator<readonly Item[], void>,
  textOf: (item: Item) => string,
): AsyncIterable<string> {
  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        const { value, done } = await reader.next();
        return done ? { value: undefined, done: true } : { value: value.map(textOf).join(''), done: false };
      },
      // At once, also while `next` waits: that is how a reader that went away is noticed.
      async return() {
        await reader.return?.();
        return { value: undefined, done: true };
      },
    }),
  };
}
