/** An API server of Kubernetes for tests: real HTTP, objects in memory. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { BUILT_IN } from './builtin.ts';
import { discovered } from './discovery.ts';
import { createFaults, type Fault, type FaultPlan, type Faults, type SeenRequest } from './faults.ts';
import { answer } from './handler.ts';
import { objectAt } from './json.ts';
import { type Route, routeOf } from './routes.ts';
import { ApiError, type Attempt, forbidden, statusOf, unauthorized } from './status.ts';
import { createStore, type Store } from './store.ts';
import type { JsonObject, ResourceType } from './types.ts';
import { watchObjects } from './watches.ts';

/** A request with the status of its answer; undefined while there is none, or when the connection was cut. */
export interface LoggedRequest extends SeenRequest {
  status: number | undefined;
}

export interface KubeApi {
  readonly url: string;
  /** The bearer token of the one user. */
  readonly token: string;
  readonly store: Store;
  readonly faults: Faults;
  /** All requests so far, in order. */
  readonly requests: readonly LoggedRequest[];
  /** The types that are served. A test may add to them. */
  readonly types: ResourceType[];
  /** Answers whether an attempt is allowed. All are, unless a test sets it. */
  allow: (attempt: Attempt) => boolean;
  /** Ends the server and all its connections. */
  close(): Promise<void>;
}

export interface KubeApiOptions {
  /** Beside the built-in ones. */
  readonly types?: readonly ResourceType[];
  readonly token?: string;
  /** The name that refusals and managers show. */
  readonly user?: string;
  /** How many changes a watch can go back. */
  readonly window?: number;
  readonly clock?: () => Date;
}

interface Running extends KubeApi {
  readonly user: string;
  readonly plan: FaultPlan;
  readonly log: LoggedRequest[];
  readonly clock: () => Date;
}

/** Starts a server on a free port of 127.0.0.1. */
export async function startKubeApi(options: KubeApiOptions = {}): Promise<KubeApi> {
  const plan = createFaults();
  const log: LoggedRequest[] = [];
  const server = createServer();
  const port = await listening(server);
  const api: Running = {
    url: `http://127.0.0.1:${port}`,
    token: options.token ?? randomUUID(),
    user: options.user ?? 'system:serviceaccount:tenant-registry:provisioner',
    store: createStore(options.window === undefined ? {} : { window: options.window }),
    types: [...BUILT_IN, ...(options.types ?? [])],
    faults: plan,
    plan,
    requests: log,
    log,
    clock: options.clock ?? (() => new Date()),
    allow: () => true,
    close: () => closed(server),
  };
  server.on('request', (request: IncomingMessage, response: ServerResponse) => void serve(api, request, response));
  return api;
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    });
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function serve(api: Running, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const seen: LoggedRequest = {
    number: api.log.length + 1,
    method: request.method ?? 'GET',
    path: request.url ?? '/',
    status: undefined,
  };
  api.log.push(seen);
  response.once('close', () => api.plan.answered(seen));
  response.once('finish', () => {
    seen.status = response.statusCode;
  });
  request.on('error', () => {});
  const fault = api.plan.take(seen);
  if (fault?.kind === 'cut-before') {
    request.socket.destroy();
    return;
  }
  const body = await read(request);
  if (body === undefined || fault?.kind === 'hang') return;
  const warnings: string[] = [];
  try {
    handle(api, { request, response, body, fault, warnings });
  } catch (error) {
    const known =
      error instanceof ApiError ? error : new ApiError(500, 'InternalError', `Internal error occurred: ${error}`);
    if (fault?.kind === 'cut-after') request.socket.destroy();
    else send(response, { code: known.code, body: statusOf(known), warnings });
  }
}

async function read(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk);
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks).toString('utf8');
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: string;
  readonly fault: Fault | undefined;
  readonly warnings: string[];
}

function handle(api: Running, { request, response, body, fault, warnings }: Exchange): void {
  if (fault?.kind === 'status') throw refusal(fault);
  if (request.headers.authorization !== `Bearer ${api.token}`) throw unauthorized();
  const url = new URL(request.url ?? '/', api.url);
  const document = request.method === 'GET' ? discovered(url.pathname, api.types) : undefined;
  if (document) {
    send(response, { code: 200, body: document, warnings: [] });
    return;
  }
  const route = routeOf(request.method ?? 'GET', url, api.types);
  if (!route) {
    response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end('404 page not found\n');
    return;
  }
  authorize(api, route);
  if (route.verb === 'watch') {
    watch(api, { route, url, request, response });
    return;
  }
  const result = answer({
    route,
    store: api.store,
    query: url.searchParams,
    contentType: (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '',
    userAgent: request.headers['user-agent'] ?? '',
    body,
    now: api.clock(),
    warnings,
  });
  if (fault?.kind === 'cut-after') request.socket.destroy();
  else send(response, { ...result, warnings });
}

function authorize(api: Running, { verb, type, namespace, name, subresource }: Route): void {
  const resource = subresource === undefined ? type.plural : `${type.plural}/${subresource}`;
  const attempt = { user: api.user, verb, group: type.group, resource, namespace, name };
  if (!api.allow(attempt)) throw forbidden(attempt);
}

const REFUSALS: Record<401 | 403 | 429 | 500 | 503 | 504, [reason: string, message: string]> = {
  401: ['Unauthorized', 'Unauthorized'],
  403: ['Forbidden', 'forbidden: the server refused the request'],
  429: ['TooManyRequests', 'Too many requests, please try again later.'],
  500: ['InternalError', 'Internal error occurred: etcdserver: request timed out'],
  503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
  504: ['Timeout', 'Timeout: request did not complete within the allotted timeout'],
};

function refusal({ code, retryAfterSeconds }: Extract<Fault, { kind: 'status' }>): ApiError {
  const [reason, message] = REFUSALS[code];
  const seconds = retryAfterSeconds ?? (code === 429 ? 1 : undefined);
  return new ApiError(code, reason, message, seconds === undefined ? {} : { details: { retryAfterSeconds: seconds } });
}

function send(
  response: ServerResponse,
  { code, body, warnings }: { code: number; body: JsonObject; warnings: readonly string[] },
): void {
  const text = `${JSON.stringify(body)}\n`;
  const after = objectAt(body, 'details')['retryAfterSeconds'];
  response.writeHead(code, {
    ...common(),
    'Content-Length': String(Buffer.byteLength(text)),
    ...(warnings.length > 0 ? { Warning: warnings.map((line) => `299 - ${JSON.stringify(line)}`) } : {}),
    ...(typeof after === 'number' ? { 'Retry-After': String(after) } : {}),
  });
  response.end(text);
}

const common = () => ({
  'Audit-Id': randomUUID(),
  'Cache-Control': 'no-cache, private',
  'Content-Type': 'application/json',
});

interface WatchExchange {
  readonly route: Route;
  readonly url: URL;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

function watch(api: Running, { route, url, request, response }: WatchExchange): void {
  const { chunkBytes, cutAfterBytes } = api.faults.watches;
  let sent = 0;
  const write = (bytes: Buffer) => {
    if (response.destroyed) return;
    if (!response.headersSent) response.writeHead(200, common());
    const room = cutAfterBytes === undefined ? bytes.length : cutAfterBytes - sent;
    for (const piece of pieces(bytes.subarray(0, room), chunkBytes)) response.write(piece);
    sent += bytes.length;
    // The bytes so far go out before the connection ends.
    if (bytes.length > room) response.write('', () => request.socket.destroy());
  };
  const stop = watchObjects(
    { store: api.store, type: route.type, namespace: route.namespace, query: url.searchParams },
    { send: (event) => write(Buffer.from(`${JSON.stringify(event)}\n`)), end: () => response.end() },
  );
  if (!response.headersSent) {
    response.writeHead(200, common());
    response.flushHeaders();
  }
  response.once('close', stop);
}

function pieces(bytes: Buffer, size: number | undefined): Buffer[] {
  if (size === undefined || size <= 0) return bytes.length === 0 ? [] : [bytes];
  const count = Math.ceil(bytes.length / size);
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
}
