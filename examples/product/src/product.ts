/** The product: serves reports over HTTP to requests whose API key has the scope for them. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Verifier } from '@tenant-registry/client';
import { apiKeyOf, requireApiKey } from '@tenant-registry/client/express';

/** Listens on a free loopback port, and resolves to the address and a function that stops the server. */
export async function startProduct(verifier: Verifier) {
  const onError = (error: unknown) => console.error(`the key could not be verified: ${error}`);
  const mayRead = requireApiKey(verifier, { scopes: ['reports:read'], access: 'read', onError });
  const mayWrite = requireApiKey(verifier, { scopes: ['reports:write'], onError });
  // With Express: app.get('/reports', mayRead, handler). Node's own server takes this middleware too.
  const server = createServer((request, response) => {
    const admit = request.method === 'GET' ? mayRead : mayWrite;
    admit(request, response, (error) => {
      if (error) response.writeHead(500).end();
      else response.end(`The reports of ${apiKeyOf(request).tenant_slug}\n`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/reports`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
