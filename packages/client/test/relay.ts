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
