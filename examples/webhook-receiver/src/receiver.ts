/** The server to which the registry delivers. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { webhookHandler } from '@tenant-registry/client/express';
import type { Inbox } from './inbox.ts';

interface Settings {
  readonly keys: readonly string[];
  readonly inbox: Inbox;
  /** 0: any that is free. */
  readonly port: number;
}

/** Listens on loopback, and resolves to the URL for the endpoint. Throws for keys that cannot be used. */
export async function startReceiver({ keys, inbox, port }: Settings): Promise<string> {
  // With Express: app.post('/webhooks/registry', receive). Node's own server takes this handler too.
  const receive = webhookHandler({
    keys,
    seen: { has: inbox.has },
    async onEvent(event) {
      await inbox.record(event);
      console.log(`${event.type}: ${event.subject.type} ${event.subject.id}`);
    },
    onError: (error) => console.error(`a delivery was refused: ${error}`),
  });
  const server = createServer((request, response) => {
    if (request.url !== '/webhooks/registry') response.writeHead(404).end();
    else receive(request, response, (error) => response.writeHead(500).end(void console.error(String(error))));
  });
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/registry`;
}
