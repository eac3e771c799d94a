/** One HTTP request, no redirect followed. */
import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';

export interface RequestBody {
  readonly contentType: string;
  readonly bytes: Buffer;
}

export interface OneRequest {
  readonly signal: AbortSignal;
  readonly lookup: LookupFunction;
  /** Absent: GET. */
  readonly body?: RequestBody | undefined;
  /** On top of those that every request has. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Certificates to trust instead of the usual ones (PEM). */
  readonly ca?: string | undefined;
  /** Whose connections may be used again; absent: a connection for this request alone. */
  readonly agent?: http.Agent;
}

const HEADERS = { accept: 'application/json', 'accept-encoding': 'identity', 'user-agent': 'tenant-registry' };

/**
 * Resolves with the answer when its headers have come; rejects with the error of the connection. A kept connection may
 * have been closed by its host a moment before: the request is then sent once more, over a connection of its own.
 */
export async function requestOnce(url: URL, given: OneRequest): Promise<IncomingMessage> {
  const { agent, ...alone } = given;
  const first = start(url, given);
  try {
    return await first.answer;
  } catch (error) {
    if (agent === undefined || !first.request.reusedSocket || given.signal.aborted || !saysClosed(error)) throw error;
    return start(url, alone).answer;
  }
}

function start(url: URL, { signal, lookup, body, headers, ca, agent }: OneRequest) {
  const options = {
    method: body === undefined ? 'GET' : 'POST',
    agent: agent ?? false,
    signal,
    lookup,
    headers: { ...headers, ...HEADERS, ...headersOf(body) },
    ...(ca === undefined ? {} : { ca }),
  };
  let request: ClientRequest | undefined;
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    request = (url.protocol === 'https:' ? https : http).request(url, options, resolve);
    request.on('error', reject);
    // With the answer 101 the host would go on in another protocol, and Node tells of no answer.
    request.on('upgrade', (_, socket) => {
      socket.destroy();
      reject(new Error('the host answers 101 and changes the protocol'));
    });
    // Rejects only what nothing else has settled.
    request.on('close', () => reject(new Error('the connection was closed without an answer')));
    request.end(body?.bytes);
  });
  return { answer, request: request as unknown as ClientRequest }; // set: a promise runs its function at once
}

function headersOf(body: RequestBody | undefined): Record<string, string> {
  return body === undefined
    ? {}
    : { 'content-type': body.contentType, 'content-length': String(body.bytes.byteLength) };
}

function saysClosed(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['ECONNRESET', 'EPIPE'].includes(String(error.code));
}
