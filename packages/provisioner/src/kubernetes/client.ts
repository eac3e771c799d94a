/** The API of Kubernetes over HTTP. Configuration and credentials are the business of Kubernetes' own client. */
import http, { type IncomingMessage } from 'node:http';
import https, { type RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { ProvisionerUnavailable } from '../types.ts';
import {
  type KubeAccess,
  type KubeClient,
  type KubeList,
  type KubeObject,
  KubernetesFailure,
  type Place,
  type Resource,
  resourceOf,
  type Scope,
  SECRET,
  type WatchEvent,
} from './api.ts';
import { type Asked, describe, failureOf, isNotFound } from './failures.ts';
import { linesOf, textOf } from './lines.ts';

const MANAGER = 'tenant-registry';
const CALL_MS_MAX = 10_000;
const PAGE_ITEMS = 250;
const WATCH_SECONDS = 300;
/** The API says something at least each minute, if only a bookmark; and it ends a watch after `WATCH_SECONDS`. */
const WATCH_MS_MAX = (WATCH_SECONDS + 30) * 1_000;
const IDLE_SOCKET_MS = 30_000;

interface Sent extends Asked {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly contentType?: string;
}

/** Returns a client of an API of Kubernetes. Throws when the configuration cannot be read; connects with the first call. */
export function createKubeClient(access: KubeAccess): KubeClient {
  const send = sender(configOf(access));
  const call = async (sent: Sent, signal: AbortSignal): Promise<{ status: number; body: string }> => {
    const limit = AbortSignal.timeout(CALL_MS_MAX);
    return translated(sent, { signal, limit }, async (either) => {
      const answer = await send.request(sent, either);
      return { status: answer.statusCode ?? 0, body: await textOf(answer) };
    });
  };
  const object = async (sent: Sent, signal: AbortSignal): Promise<KubeObject> => parsed(sent, await call(sent, signal));
  return {
    async get(resource, place, signal) {
      const sent: Sent = { method: 'GET', verb: 'get', resource, ...place };
      const answer = await call(sent, signal);
      return isNotFound(answer) ? undefined : parsed(sent, answer);
    },
    create: (made, signal) =>
      object(
        { method: 'POST', verb: 'create', ...placeOf(made), body: made, query: { fieldManager: MANAGER } },
        signal,
      ),
    apply: (wish, signal) =>
      object(
        {
          method: 'PATCH',
          verb: 'patch',
          ...placeOf(wish),
          body: wish,
          contentType: 'application/apply-patch+yaml',
          query: { fieldManager: MANAGER, force: 'true' },
        },
        signal,
      ),
    async delete(doomed, signal) {
      const body = {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        // A Secret has no dependants, so it need not wait for them.
        propagationPolicy: doomed.kind === SECRET.kind ? 'Background' : 'Foreground',
        preconditions: { uid: doomed.metadata.uid },
      };
      const sent: Sent = { method: 'DELETE', verb: 'delete', ...placeOf(doomed), body };
      const answer = await call(sent, signal);
      if (!isNotFound(answer)) parsed(sent, answer);
    },
    async list(resource, scope, signal) {
      const items: KubeObject[] = [];
      let resourceVersion = '';
      let next: string | undefined = '';
      while (next !== undefined) {
        const sent: Sent = { method: 'GET', verb: 'list', resource, ...scope, query: pageQuery(scope, next) };
        const page = parsed<ListPage>(sent, await call(sent, signal));
        // Items of a list carry neither apiVersion nor kind.
        for (const item of page.items ?? [])
          items.push({ ...item, apiVersion: resource.apiVersion, kind: resource.kind });
        resourceVersion = page.metadata?.resourceVersion ?? resourceVersion;
        next = page.metadata?.continue || undefined;
      }
      return { resourceVersion, items } satisfies KubeList;
    },
    async watch(resource, scope, signal) {
      const sent: Sent = { method: 'GET', verb: 'watch', resource, ...scope, query: watchQuery(scope) };
      const ended = AbortSignal.any([signal, AbortSignal.timeout(WATCH_MS_MAX)]);
      const answer = await begun(sent, { signal, ended }, send.request);
      if (answer.statusCode !== 200)
        throw failureOf(sent, { status: answer.statusCode ?? 0, body: await textOf(answer).catch(() => '') });
      return events(sent, answer, signal);
    },
    close: send.close,
  };
}

interface ListPage {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items?: readonly KubeObject[];
}

function configOf(access: KubeAccess): KubeConfig {
  const config = new KubeConfig();
  if ('kubeconfig' in access) {
    if (access.kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(access.kubeconfig);
    if (access.context !== undefined) config.setCurrentContext(access.context);
  } else {
    const { url, token, ca } = access;
    const caData = ca === undefined ? undefined : Buffer.from(ca).toString('base64');
    // `skipTLSVerify` is what lets the client speak plain HTTP; over TLS, certificates are checked.
    config.loadFromClusterAndUser(
      { name: 'api', server: url, caData, skipTLSVerify: url.startsWith('http:') },
      { name: 'api', ...(token === undefined ? {} : { token }) },
    );
  }
  if (config.getCurrentCluster() === null) throw new Error('the configuration of Kubernetes names no cluster');
  return config;
}

interface Sender {
  request(sent: Sent, signal: AbortSignal): Promise<IncomingMessage>;
  close(): void;
}

function sender(config: KubeConfig): Sender {
  const cluster = config.getCurrentCluster();
  const base = new URL(cluster?.server ?? '');
  const speaks = base.protocol === 'http:' ? http : https;
  const agent = new speaks.Agent({ keepAlive: true, timeout: IDLE_SOCKET_MS });
  return {
    async request(sent, signal) {
      const options: RequestOptions = {};
      await config.applyToHTTPSOptions(options);
      // The client makes an agent that keeps no connection; only one to a proxy is worth keeping.
      if (cluster?.proxyUrl === undefined) options.agent = agent;
      const body = sent.body === undefined ? undefined : JSON.stringify(sent.body);
      const headers = {
        ...(options.headers as Record<string, string> | undefined),
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': sent.contentType ?? 'application/json' }),
        'content-length': Buffer.byteLength(body ?? ''),
      };
      return new Promise((resolve, reject) => {
        const { method } = sent;
        speaks
          .request(urlOf(base, sent), { ...options, method, headers, signal }, resolve)
          .on('error', reject)
          .end(body);
      });
    },
    close: () => agent.destroy(),
  };
}

function urlOf(base: URL, { method, resource, namespace, name, query }: Sent): URL {
  const { apiVersion, plural } = resource;
  const url = new URL(base);
  const root = apiVersion.includes('/') ? 'apis' : 'api';
  const parts = [root, apiVersion, ...(namespace === undefined ? [] : ['namespaces', namespace]), plural];
  // The name of a new object is in its body alone.
  const last = name === undefined || method === 'POST' ? [] : [name];
  url.pathname = [base.pathname.replace(/\/$/, ''), ...parts, ...last].join('/');
  url.search = new URLSearchParams(query).toString();
  return url;
}

function placeOf(object: KubeObject): Place & { readonly resource: Resource } {
  const { namespace, name } = object.metadata;
  return { resource: resourceOf(object), namespace, name };
}

const pageQuery = ({ labelSelector }: Scope, next: string): Record<string, string> => ({
  labelSelector,
  limit: String(PAGE_ITEMS),
  ...(next === '' ? {} : { continue: next }),
});

const watchQuery = ({
  labelSelector,
  resourceVersion,
}: Scope & { resourceVersion: string }): Record<string, string> => ({
  labelSelector,
  resourceVersion,
  watch: 'true',
  allowWatchBookmarks: 'true',
  timeoutSeconds: String(WATCH_SECONDS),
});

/** Throws the reason of the signal as it is; every other failure of the network becomes `ProvisionerUnavailable`. */
async function translated<Result>(
  asked: Asked,
  { signal, limit }: { signal: AbortSignal; limit: AbortSignal },
  run: (either: AbortSignal) => Promise<Result>,
): Promise<Result> {
  signal.throwIfAborted();
  try {
    return await run(AbortSignal.any([signal, limit]));
  } catch (cause) {
    signal.throwIfAborted();
    const why = limit.aborted ? 'no answer in time' : codeOf(cause);
    throw new ProvisionerUnavailable(`${describe(asked)}: ${why}`, { cause });
  }
}

const codeOf = (cause: unknown): string =>
  cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : 'the connection failed';

function parsed<Body = KubeObject>(asked: Asked, { status, body }: { status: number; body: string }): Body {
  if (status < 200 || status > 299) throw failureOf(asked, { status, body });
  try {
    return JSON.parse(body) as Body;
  } catch (cause) {
    throw new ProvisionerUnavailable(`${describe(asked)}: the answer is not JSON`, { cause });
  }
}

/** Waits at most as long as for any other call until the API begins to answer; then only `ended` ends it. */
async function begun(
  sent: Sent,
  { signal, ended }: { signal: AbortSignal; ended: AbortSignal },
  request: Sender['request'],
): Promise<IncomingMessage> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), CALL_MS_MAX);
  try {
    return await translated(sent, { signal, limit: late.signal }, (either) =>
      request(sent, AbortSignal.any([either, ended])),
    );
  } finally {
    clearTimeout(timer);
  }
}

async function* events(asked: Asked, answer: IncomingMessage, signal: AbortSignal): AsyncGenerator<WatchEvent> {
  try {
    for await (const line of linesOf(answer)) {
      const event = parsed<WatchEvent | { readonly type: 'ERROR'; readonly object: { readonly code?: number } }>(
        asked,
        {
          status: 200,
          body: line,
        },
      );
      if (event.type === 'ERROR')
        throw failureOf(asked, { status: event.object.code ?? 500, body: JSON.stringify(event.object) });
      yield event;
    }
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof KubernetesFailure || cause instanceof ProvisionerUnavailable) throw cause;
    throw new ProvisionerUnavailable(`${describe(asked)}: ${codeOf(cause)}`, { cause });
  } finally {
    answer.destroy();
  }
}
