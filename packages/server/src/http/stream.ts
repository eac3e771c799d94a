/** Sends text while it is made. */
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { EventStream } from '../kernel/streams/event-stream.ts';
import type { TextStream } from '../kernel/streams/text-stream.ts';

const AHEAD_BYTES_MAX = 65_536;

/**
 * Sends the pieces no faster than the caller takes them; a caller that goes away ends the making of more. A HEAD opens
 * nothing: it has the head of the answer alone.
 */
export async function sendStream(
  reply: FastifyReply,
  stream: TextStream | EventStream,
  charge: (bytes: number) => void,
): Promise<FastifyReply> {
  const pieces = reply.request.method === 'HEAD' ? [] : charged(await stream.open(), charge);
  reply.type(stream.mediaType);
  // The connection has no other use afterwards, so it does not stay; and no proxy is to wait for more.
  if ('cut' in stream) reply.headers({ connection: 'close', 'x-accel-buffering': 'no' });
  else if (stream.filename !== undefined)
    reply.header('content-disposition', `attachment; filename="${stream.filename}"`);
  const source = Readable.from(pieces, { objectMode: false, highWaterMark: AHEAD_BYTES_MAX });
  // Too late for a problem: the connection breaks, and only the log can say why.
  source.on('error', (err) => reply.log.error({ err }, 'answer broken off'));
  if ('cut' in stream) stream.cut.addEventListener('abort', () => void source.destroy(), { once: true });
  return reply.send(source);
}

/** Tells the bytes of each piece as it is given. */
function charged(pieces: AsyncIterable<string>, charge: (bytes: number) => void): AsyncIterable<string> {
  const source = pieces[Symbol.asyncIterator]();
  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        const result = await source.next();
        if (!result.done) charge(Buffer.byteLength(result.value));
        return result;
      },
      // Told to the source also before the first piece, which a generator around it would not do.
      return: async () => (await source.return?.()) ?? { value: undefined, done: true },
    }),
  };
}
