/** Sends text while it is made. */
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { TextStream } from '../kernel/text-stream.ts';

const AHEAD_BYTES_MAX = 65_536;

/** Sends the pieces no faster than the caller takes them; a caller that goes away ends the making of more. */
export function sendStream(reply: FastifyReply, stream: TextStream): FastifyReply {
  reply.type(stream.mediaType).header('content-disposition', `attachment; filename="${stream.filename}"`);
  // A HEAD would have the whole text made and thrown away.
  const pieces = reply.request.method === 'HEAD' ? [] : stream;
  const source = Readable.from(pieces, { objectMode: false, highWaterMark: AHEAD_BYTES_MAX });
  // Too late for a problem: the connection breaks, and only the log can say why.
  source.on('error', (err) => reply.log.error({ err }, 'answer broken off'));
  return reply.send(source);
}
