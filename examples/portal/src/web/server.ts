/** The portal's server: one page, its script, and the paths of the registry that browsers need. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Client, isRegistryError, type Sessions } from '@tenant-registry/client';
import { homePage, messagePage, signInPage, signOutScript } from './pages.ts';
import { createProxy, placeOf } from './proxy.ts';

interface PortalOptions {
  readonly client: Client;
  readonly sessions: Sessions;
  /** The registry's address. */
  readonly registry: string;
  /** The slug of the tenant whose people sign in. */
  readonly tenant: string;
  /** 0 for any free port. */
  readonly port: number;
}

/** Listens on loopback, and resolves to the address. */
export async function startPortal({ port, registry, ...parts }: PortalOptions): Promise<{ readonly url: string }> {
  const proxy = createProxy(registry);
  const server = createServer((request, response) => {
    const place = placeOf(request);
    if (proxy.serves(place)) proxy.forward(request, response);
    else if (place.pathname === '/portal.js') answer(response, 200, signOutScript, 'text/javascript');
    else if (place.pathname !== '/') answer(response, 404, messagePage('There is no such page.'));
    else {
      home(parts, request).then(
        (page) => answer(response, 200, page),
        (error: unknown) => {
          console.error(`the page could not be made: ${error}`);
          answer(response, 503, messagePage('Something is wrong at the moment: try again.'));
        },
      );
    }
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { url: `http://localhost:${(server.address() as AddressInfo).port}` };
}

type HomeParts = Pick<PortalOptions, 'client' | 'sessions' | 'tenant'>;

/** Returns the page for whoever asks: their projects, or the ways to sign in. */
async function home({ client, sessions, tenant }: HomeParts, request: IncomingMessage): Promise<string> {
  const { cookie } = request.headers;
  const current = await sessions.read(cookie);
  if (current === null) {
    const { items } = await client.sessions.providers({ tenant });
    return signInPage(tenant, items, placeOf(request).searchParams.get('error'));
  }
  try {
    // The registry decides as whom the list is asked for: by the cookie, never by the portal's own token.
    const { items } = await client.projects.list({ tenant_id: current.user.tenant_id }, { cookie });
    return homePage(current, items);
  } catch (error) {
    if (!isRegistryError(error, 'forbidden')) throw error;
    return homePage(current, []);
  }
}

function answer(response: ServerResponse, status: number, body: string, type = 'text/html'): void {
  response.writeHead(status, {
    'content-type': `${type}; charset=utf-8`,
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; script-src 'self'; connect-src 'self'; frame-ancestors 'none'",
  });
  response.end(body);
}
