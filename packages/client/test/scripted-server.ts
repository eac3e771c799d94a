/** A real HTTP server that gives the answers of a test in order, and repeats the last one. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { ClientOptions } from '../src/calls/options.ts';
import { createClientOn } from '../src/create-client.ts';

export type Answer = (response: ServerResponse) => void;

export interface SeenRequest {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export const TOKEN = 'a_token_that_no_error_may_contain';

/** Answers with an output; null stands for one that the test does not look at. */
export function result(data: unknown): Answer {
  return json(200, data ?? {});
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return (response) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** Answers with a problem. */
export function problem(status: number, code: string, headers: Record<string, string> = {}): Answer {
  const type = `urn:tenant-registry:problem:${code}`;
  const body = { type, title: 'Problem', status, detail: 'It did not work.', instance: 'request-1', code };
  return json(status, body, { 'content-type': 'application/problem+json', ...headers });
}

/** Never answers. */
export const silence: Answer = () => {};

/** Sends half an answer, then breaks the connection. */
export const breakOff: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
  response.write('{"id":', () => response.destroy());
};

/** Starts the server for the running test, with a client that records its pauses instead of making them. */
export async function scripted(answers: readonly Answer[], options: Partial<ClientOptions> = {}) {
  const seen: SeenRequest[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { method, url, headers } = request;
    seen.push({ method, url, headers, body });
    answers[Math.min(seen.length, answers.length) - 1]?.(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, seen, ...waitlessClient({ url, token: TOKEN, ...options }) };
}

/** Returns a client that records its pauses instead of making them, without jitter. */
export function waitlessClient(options: ClientOptions) {
  const pauses: number[] = [];
  const sleep = async (ms: number) => void pauses.push(ms);
  return { client: createClientOn({ sleep, random: () => 0 }, options), pauses };
}

/** Resolves to the URL of a port without a listener. */
export async function deadUrl(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

/** Resolves to the error that the call rejects with, and rejects if the call resolves. */
export async function rejectionOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    (value) => Promise.reject(new Error(`it resolved to ${JSON.stringify(value)}`)),
    (error: unknown) => error,
  );
}
