/** An answer that is written while it is read: for what may be longer than memory. */
import { z } from 'zod';

/** Text in pieces, with what it is. Nothing is read for it before it is opened. */
export interface TextStream extends AsyncIterable<string> {
  readonly mediaType: string;
  /** The name of the file that a browser saves; absent: it is shown. */
  readonly filename?: string;
  /**
   * Reads what comes first and resolves with the pieces: a failure until then can still be answered as a problem. A reader
   * that stops early calls `return` of the iterator, as `for await` does.
   */
  open(): Promise<AsyncIterable<string>>;
}

/** The output of a procedure that streams. The route's meta names the media types. */
export const textStream = z.custom<TextStream>(
  (value) => value !== null && typeof value === 'object' && Symbol.asyncIterator in value,
);

/** Names what the pieces are. */
export function toTextStream(
  open: TextStream['open'],
  { mediaType, filename }: Pick<TextStream, 'mediaType' | 'filename'>,
): TextStream {
  return {
    mediaType,
    ...(filename === undefined ? {} : { filename }),
    open,
    async *[Symbol.asyncIterator]() {
      yield* await open();
    },
  };
}

/**
 * Reads the first piece, and resolves with all of them. `ended` is called once no more will be read: at the end, at a
 * failure, and when a reader stops, even before the first piece.
 */
export async function begun(pieces: AsyncGenerator<string>, ended: () => void): Promise<AsyncIterable<string>> {
  const next = async () => {
    try {
      const result = await pieces.next();
      if (result.done) ended();
      return result;
    } catch (error) {
      ended();
      throw error;
    }
  };
  let first: Promise<IteratorResult<string>> | undefined = next();
  await first;
  return {
    [Symbol.asyncIterator]: () => ({
      next() {
        const result = first ?? next();
        first = undefined;
        return result;
      },
      return() {
        ended();
        return pieces.return(undefined);
      },
    }),
  };
}
