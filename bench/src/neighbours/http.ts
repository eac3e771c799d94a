/** Requests over kept connections, timed: what the victim and the attacker send. */
import http from 'node:http';

export interface Call {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly token: string;
  readonly body?: object;
  /** Reads the body and keeps nothing of it. */
  readonly discards?: boolean;
}

export interface Answer {
  /** 0 when no answer came: the connection failed, or the time was up. */
  readonly status: number;
  /** The body; where no answer came, the reason. */
  readonly text: string;
}

/** Sends one request and resolves with its answer, or after the caller's time with none; it never rejects. */
export type Caller = (call: Call, signal?: AbortSignal) => Promise<Answer>;

const SOCKETS_MAX = 4_000;

/** Returns a caller that waits `timeoutMs` for an answer, and gives up at once when the signal of a call is aborted. */
export function createCaller(base: string, timeoutMs = 10_000): Caller {
  const { hostname, port } = new URL(base);
  const agent = new http.Agent({ keepAlive: true, maxSockets: SOCKETS_MAX, maxFreeSockets: SOCKETS_MAX });
  return ({ method, path, token, body, discards }, signal) =>
    new Promise((resolve) => {
      const data = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
      const headers = {
        authorization: `Bearer ${token}`,
        ...(data === undefined ? {} : { 'content-type': 'application/json', 'content-length': data.length }),
      };
      const request = http.request(
        { hostname, port, method, path, agent, headers, ...(signal === undefined ? {} : { signal }) },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => discards || chunks.push(chunk));
          response.on('end', () => finish(response.statusCode ?? 0, Buffer.concat(chunks).toString()));
          response.on('error', (error) => finish(0, reasonOf(error)));
        },
      );
      const timer = setTimeout(() => request.destroy(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
      const finish = (status: number, text: string) => {
        clearTimeout(timer);
        resolve({ status, text });
      };
      request.on('error', (error) => finish(0, reasonOf(error)));
      request.end(data);
    });
}

/** Returns the member of an answer that must be there; throws, with the answer, when it is not. */
export function memberOf({ status, text }: Answer, name: string): string {
  const value = status >= 200 && status < 300 ? JSON.parse(text)[name] : undefined;
  if (typeof value !== 'string') throw new Error(`an answer without ${name}: ${status} ${text.slice(0, 300)}`);
  return value;
}

function reasonOf(error: Error): string {
  return 'code' in error ? String(error.code) : error.message;
}
