/** A TCP relay before a real server, which loses answers on the way: the server has worked, the caller never hears. */
import { connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Starts one for the running test. Of the first `losses` connections that an answer comes back on, it passes none on. */
export async function losingRelay(target: string, losses: number) {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let lost = 0;
  const relay = createServer((caller) => {
    const server = connect(Number(port), hostname);
    for (const socket of [caller, server]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    }
    caller.pipe(server);
    server.on('data', (answer) => {
      if (lost < losses) {
        lost += 1;
        caller.destroy();
        server.destroy();
      } else caller.write(answer);
    });
    server.on('end', () => caller.end());
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    relay.close();
  });
  const address = relay.address();
  if (address === null || typeof address === 'string') throw new Error('the relay has no port');
  return { url: `http://127.0.0.1:${address.port}`, lost: () => lost };
}

/** Starts one for the running test that passes everything on, until it is cut, or goes silent without a word. */
export async function cuttableRelay(target: string) {
  const { hostname, port } = new URL(target);
  const pairs = new Set<readonly [Socket, Socket]>();
  let silent = false;
  const relay = createServer((caller) => {
    const server = connect(Number(port), hostname);
    const pair = [caller, server] as const;
    pairs.add(pair);
    for (const socket of pair) {
      socket.on('error', () => {});
      socket.on('close', () => {
        pairs.delete(pair);
        for (const each of pair) each.destroy();
      });
    }
    caller.on('data', (data) => void (silent || server.write(data)));
    server.on('data', (data) => void (silent || caller.write(data)));
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const socket of [...pairs].flat()) socket.destroy();
  };
  onTestFinished(() => {
    cut();
    relay.close();
  });
  const address = relay.address();
  if (address === null || typeof address === 'string') throw new Error('the relay has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    /** Breaks every connection; the next one works. */
    cut,
    /** From now on nothing passes, and no connection breaks. */
    goSilent() {
      silent = true;
    },
    /** New connections work again; the old ones are broken. */
    recover() {
      silent = false;
      cut();
    },
    /** How many connections are open. */
    open: () => pairs.size,
  };
}
