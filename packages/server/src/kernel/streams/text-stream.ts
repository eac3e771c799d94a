/** An answer that is written while it is read: for what may be longer than memory. */
import { z } from 'zod';

/** Text in pieces, with what it is. A reader that stops early calls `return`, as `for await` does. */
export interface TextStream extends AsyncIterable<string> {
  readonly mediaType: string;
  /** The name of the file that a browser saves. */
  readonly filename: string;
}

/** The output of a procedure that streams. The route's meta names the media types. */
export const textStream = z.custom<TextStream>(
  (value) => value !== null && typeof value === 'object' && Symbol.asyncIterator in value,
);

/** Names what the pieces are. */
export function toTextStream(
  pieces: AsyncIterable<string>,
  about: { mediaType: string; filename: string },
): TextStream {
  return { ...about, [Symbol.asyncIterator]: () => pieces[Symbol.asyncIterator]() };
}
