/** How a server stops: every request that reached it is answered, and the last answer on a connection says that it is the last. */

import type { Socket } from 'node:net';
import { Server } from 'node:net';
import type { FastifyInstance } from 'fastify';

export interface Drain {
  /** Tells whether the answer whose head is written now is the last one on the connection: then it says `connection: close`. */
  isLast(socket: Socket): boolean;
}

interface Connection {
  underWay: number;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Makes `close()` of the server wait until every connection has ended. The server accepts no new connection from then on.
 * A connection ends with its next answer, or after `idleMs` on which nothing arrived: a request that the caller sent
 * before it could know still finds a reader.
 */
export function drainOnClose(app: FastifyInstance, idleMs: number): Drain {
  const { server } = app;
  const connections = new Map<Socket, Connection>();
  let closing = false;

  /** Ends the connection once nothing arrived on it for `idleMs`, unless a request is under way by then. */
  const endWhenSilent = (socket: Socket, connection: Connection) => {
    const { bytesRead } = socket;
    clearTimeout(connection.timer);
    connection.timer = setTimeout(() => {
      if (connection.underWay > 0) return;
      if (socket.bytesRead === bytesRead) socket.destroy();
      else endWhenSilent(socket, connection);
    }, idleMs);
  };

  server.on('connection', (socket: Socket) => {
    const connection: Connection = { underWay: 0, timer: undefined };
    connections.set(socket, connection);
    socket.once('close', () => {
      clearTimeout(connection.timer);
      connections.delete(socket);
    });
    if (closing) endWhenSilent(socket, connection);
  });
  app.addHook('onRequest', ({ raw }, _, done) => {
    const connection = connections.get(raw.socket);
    if (connection !== undefined) connection.underWay += 1;
    done();
  });
  app.addHook('onSend', ({ raw }, reply, payload, done) => {
    if (isLast(raw.socket)) reply.header('connection', 'close');
    done(null, payload);
  });
  app.addHook('onResponse', ({ raw }, _, done) => {
    const connection = connections.get(raw.socket);
    if (connection !== undefined) {
      // A request with a broken path is answered without having been counted.
      connection.underWay = Math.max(0, connection.underWay - 1);
      // The head of this answer may be older than the decision to close, and then the caller was told nothing.
      if (closing && connection.underWay === 0) endWhenSilent(raw.socket, connection);
    }
    done();
  });
  app.addHook('preClose', async () => {
    closing = true;
    if (!server.listening) return;
    // Not `server.close()`, which cuts the connections that are idle at this instant, with what is on its way on them.
    const ended = new Promise<void>((resolve) => Server.prototype.close.call(server, () => resolve()));
    for (const [socket, connection] of connections) if (connection.underWay === 0) endWhenSilent(socket, connection);
    await ended;
  });

  /** A pipelined request that is answered later is not cut off by the answer before it. */
  function isLast(socket: Socket): boolean {
    return closing && (connections.get(socket)?.underWay ?? 1) <= 1;
  }
  return { isLast };
}
