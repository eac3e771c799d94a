/** A registry of configurations over HTTP, as small as the SDK needs it, that can misbehave. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { createClient } from '../src/index.ts';

export const PROJECT = '0192f0c1-7f3a-7c52-9d1e-4b8a6f2e3c10';
export const TOKEN = 'a_token_that_no_file_may_contain';
const BEAT_MS = 50;
const TOLD_BYTES_MAX = 32_768;

export interface Written {
  readonly key: string;
  readonly version: number;
  readonly revision: number;
  readonly operation: 'create' | 'update' | 'rollback' | 'delete';
  readonly content?: unknown;
}

interface SeenRequest {
  readonly method: string | undefined;
  readonly path: string;
  readonly query: Record<string, string>;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What the registry does instead of what it should; each is asked for each request or event. */
export interface Misbehaviour {
  /** Answers the request in another way, and returns true. */
  answer?: (request: SeenRequest, response: ServerResponse) => boolean;
  /** Returns the text to send instead of the text of an event. */
  event?: (text: string) => string;
}

interface Watcher {
  readonly response: ServerResponse;
  readonly prefix: string;
  readonly startedAt: number;
  told: number;
}

/** Starts a registry for the running test. */
export async function configRegistry() {
  let epoch = 'e1';
  let revision = 0;
  let forgottenUntil = 0;
  let log: Written[] = [];
  let beating = true;
  const versions = new Map<string, number>();
  const current = new Map<string, Written>();
  const watchers = new Set<Watcher>();
  const seen: SeenRequest[] = [];
  const misbehaviour: Misbehaviour = {};

  const cursor = (at = revision) => `${epoch}.${at}`;
  const sha = (content: unknown) => createHash('sha256').update(JSON.stringify(content)).digest('hex');
  const described = ({ key, version, content, revision: at }: Written) => ({
    key,
    version,
    content,
    content_sha256: sha(content),
    schema_id: null,
    schema_version: null,
    created_at: '2026-01-31T12:00:00.000Z',
    updated_at: '2026-01-31T12:00:00.000Z',
    updated_by: null,
    tenant_id: PROJECT,
    project_id: PROJECT,
    cursor: cursor(at),
  });

  function send(watcher: Watcher, name: string, data: object, id?: string): void {
    const text = `event: ${name}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
    watcher.response.write(misbehaviour.event?.(text) ?? text);
  }

  function changeOf({ key, version, operation, content }: Written): object {
    const fields = { key, version, operation, schema_id: null, schema_version: null, updated_by: null };
    if (operation === 'delete') return { ...fields, content_sha256: null };
    const omitted = JSON.stringify(content).length > TOLD_BYTES_MAX;
    return { ...fields, content_sha256: sha(content), ...(omitted ? { content_omitted: true } : { content }) };
  }

  function catchUp(watcher: Watcher): void {
    const due = log.filter((each) => each.revision > watcher.told && each.key.startsWith(watcher.prefix));
    due.forEach((each, index) => {
      const last = due[index + 1]?.revision !== each.revision;
      send(watcher, 'change', changeOf(each), last ? cursor(each.revision) : undefined);
    });
    watcher.told = revision;
  }

  /** Writes keys together; undefined deletes. */
  function write(contents: Readonly<Record<string, unknown>>): void {
    revision += 1;
    for (const [key, content] of Object.entries(contents)) {
      const version = (versions.get(key) ?? 0) + 1;
      const operation = content === undefined ? 'delete' : current.has(key) ? 'update' : 'create';
      const written: Written = { key, version, revision, operation, ...(content === undefined ? {} : { content }) };
      versions.set(key, version);
      if (content === undefined) current.delete(key);
      else current.set(key, written);
      log.push(written);
    }
    for (const watcher of watchers) catchUp(watcher);
  }

  function snapshot({ query, headers }: SeenRequest, response: ServerResponse): void {
    const etag = `"${cursor()}"`;
    if (headers['if-none-match'] === etag) {
      response.writeHead(304, { etag }).end();
      return;
    }
    const configs = [...current.values()].filter(({ key }) => key.startsWith(query['prefix'] ?? ''));
    const body = { project_id: PROJECT, cursor: cursor(), configs: configs.map(described) };
    response.writeHead(200, { 'content-type': 'application/json', etag }).end(JSON.stringify(body));
  }

  function watch({ query, headers }: SeenRequest, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const after = String(headers['last-event-id'] ?? query['after']);
    const [of, at] = after.split('.');
    const watcher = { response, prefix: query['prefix'] ?? '', startedAt: performance.now(), told: Number(at) };
    send(watcher, 'open', { alive_ms: 1_000 });
    if (of !== epoch || watcher.told < forgottenUntil) {
      send(watcher, 'reset', {});
      response.end();
      return;
    }
    watchers.add(watcher);
    response.on('close', () => watchers.delete(watcher));
    catchUp(watcher);
    beat(watcher);
  }

  function beat(watcher: Watcher): void {
    if (beating) send(watcher, 'alive', { elapsed_ms: Math.floor(performance.now() - watcher.startedAt) });
  }
  const beats = setInterval(() => {
    for (const watcher of watchers) beat(watcher);
  }, BEAT_MS);

  function answer(request: SeenRequest, response: ServerResponse): void {
    if (misbehaviour.answer?.(request, response)) return;
    const [, rest = ''] = request.path.split(`/v1/projects/${PROJECT}/`);
    const config = current.get(decodeURIComponent(/^configs\/([^/]+)$/.exec(rest)?.[1] ?? ''));
    if (rest === 'config-snapshot') snapshot(request, response);
    else if (rest === 'config-watch') watch(request, response);
    else if (request.method === 'PUT') response.writeHead(204).end();
    else if (config === undefined) problem(response, 404, 'not_found');
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(described(config)));
  }

  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { pathname, searchParams } = new URL(String(request.url), 'http://registry');
    const { method, headers } = request;
    const one = { method, path: pathname, query: Object.fromEntries(searchParams), headers, body };
    seen.push(one);
    answer(one, response);
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  onTestFinished(() => {
    clearInterval(beats);
    return stop();
  });
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    client: createClient({ url, token: TOKEN }),
    seen,
    misbehaviour,
    write,
    cursor,
    /** Breaks the open streams. */
    cut: () => {
      for (const { response } of watchers) response.destroy();
    },
    /** Sends something to all open streams. */
    tell(name: string, data: object): void {
      for (const watcher of watchers) send(watcher, name, data);
    },
    watchers: () => watchers.size,
    /** Says nothing on streams without a change. */
    falter: () => {
      beating = false;
    },
    recover: () => {
      beating = true;
    },
    /** Forgets the changes until now. */
    forget: () => {
      forgottenUntil = revision;
      log = [];
    },
    /** Begins another epoch with these values: versions begin anew. */
    restore(contents: Readonly<Record<string, unknown>>): void {
      epoch = `${epoch}x`;
      revision = 0;
      forgottenUntil = 0;
      log = [];
      versions.clear();
      current.clear();
      for (const { response } of watchers) response.destroy();
      write(contents);
    },
    stop,
    start: () => listen(port),
  };
}

/** Answers with a problem. */
export function problem(response: ServerResponse, status: number, code: string): void {
  const type = `urn:tenant-registry:problem:${code}`;
  const body = { type, title: 'Problem', status, detail: 'It did not work.', instance: 'request-1', code };
  response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(body));
}

/** Returns the requests to a route of the project. */
export function requestsTo(registry: Awaited<ReturnType<typeof configRegistry>>, route: string): SeenRequest[] {
  return registry.seen.filter(({ path }) => path.endsWith(route));
}
