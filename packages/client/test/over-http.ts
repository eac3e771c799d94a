/** Serves the running test over HTTP. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** Sends a request: a GET, unless the test says otherwise. */
export type Send = (path: string, headers?: Record<string, string>, method?: string) => Promise<Response>;

/** Listens until the end of the running test, and resolves to a function that sends requests there. */
export async function overHttp(listener: RequestListener): Promise<Send> {
  const url = await served(listener);
  return (path, headers = {}, method = 'GET') => fetch(url + path, { method, headers });
}

/** Listens until the end of the running test, and resolves to the URL. */
export async function served(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
