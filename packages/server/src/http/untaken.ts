/** Answers that are made and not taken: their text stays in memory for as long as the caller reads nothing, or slowly. */
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { type After, afterTimer } from '../kernel/async/after.ts';
import { TAKE_MS_MAX } from './limits.ts';

/** The system takes this much of every answer at once: a shorter answer does not stay. */
const AT_ONCE_BYTES = 16_384;

const STALLED = 'the caller took nothing of it for as long as an answer may stand still';
const TOO_SLOW = 'the caller had not taken all of it when its time was up';

/**
 * Breaks the connection of a caller that takes nothing of an answer for the server's `timeout`, or has not taken a whole
 * answer within `TAKE_MS_MAX`. A stream lasts as long as it moves: the number of streams is bounded where they are made.
 */
export function cutUntaken(app: FastifyInstance, after: After = afterTimer): void {
  const untaken = new WeakMap<Socket, FastifyReply>();
  const cut = (socket: Socket, reply: FastifyReply, why: string) => {
    reply.log.warn({ err: new Error(why) }, 'answer broken off');
    socket.destroy();
  };
  app.addHook('onSend', ({ raw: { socket } }, reply, payload, done) => {
    const length = typeof payload === 'string' || Buffer.isBuffer(payload) ? payload.length : undefined;
    if (length === undefined ? isStream(payload) : length > AT_ONCE_BYTES) {
      untaken.set(socket, reply);
      const cancel = length === undefined ? () => {} : after(TAKE_MS_MAX, () => cut(socket, reply, TOO_SLOW));
      reply.raw.once('close', () => {
        cancel();
        untaken.delete(socket);
      });
    }
    done(null, payload);
  });
  // Node asks here instead of ending the connection, also that of a caller that has nothing to take.
  app.server.on('timeout', (socket: Socket) => {
    const reply = untaken.get(socket);
    if (reply === undefined) socket.destroy();
    else cut(socket, reply, STALLED);
  });
}

function isStream(payload: unknown): boolean {
  return typeof payload === 'object' && payload !== null && 'pipe' in payload;
}
