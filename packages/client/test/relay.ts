/** TCP relays in front of a real server that lose answers, break connections or fall silent. */
import { connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Starts a relay for the running test that breaks the first `losses` connections as their answer arrives. */
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

/** Starts a relay for the running test that passes everything on until the test cuts or silences it. */
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
    /** Breaks all open connections; new ones work. */
    cut,
    /** Stops passing data on, without breaking a connection. */
    goSilent() {
      silent = true;
    },
    /** Breaks the silent connections; new ones work. */
    recover() {
      silent = false;
      cut();
    },
    /** Returns the number of open connections. */
    open: () => pairs.size,
  };
}
