/** The product: serves reports over HTTP to requests whose API key has the scope for them, and those of a project by permission. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Access, Verifier } from '@tenant-registry/client';
import { apiKeyOf, requireAccess, requireApiKey } from '@tenant-registry/client/express';

/** Listens on a free loopback port, and resolves to the address and a function that stops the server. */
export async function startProduct(verifier: Verifier, access: Access) {
  const onError = (error: unknown) => console.error(`the registry could not be asked: ${error}`);
  const mayRead = requireApiKey(verifier, { scopes: ['reports:read'], access: 'read', onError });
  const mayWrite = requireApiKey(verifier, { scopes: ['reports:write'], onError });
  const maySeeProject = requireAccess(access, {
    permission: 'projects:read',
    resource: (request: IncomingMessage) => ({ type: 'project', id: projectIn(request) ?? '' }),
    onError,
  });
  // With Express: app.get('/reports/:id', mayRead, maySeeProject, handler). Node's own server takes this middleware too.
  const server = createServer((request, response) => {
    const finish = (error: unknown) => {
      if (error) response.writeHead(500).end();
      else response.end(`The reports of ${apiKeyOf(request).tenant_slug}\n`);
    };
    const admit = request.method === 'GET' ? mayRead : mayWrite;
    admit(request, response, (error) => {
      if (error || projectIn(request) === undefined) finish(error);
      else maySeeProject(request, response, finish);
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

/** Returns the id in `/reports/{id}`; undefined for `/reports`. */
function projectIn({ url }: IncomingMessage): string | undefined {
  return url?.split('/')[2];
}
