/** What the registry tells of the configurations of a project, and how it is asked. */
import { type Connection, call } from '../calls/call.ts';
import { invalidResponseError } from '../calls/failure-error.ts';
import { filled } from '../calls/transport.ts';
import { withUnrefedSocket } from '../calls/unref.ts';
import { isRegistryError } from '../errors.ts';
import { isObject } from '../problem.ts';
import { documentOf } from '../streams/json-document.ts';
import { textOf } from '../streams/text-chunks.ts';
import { type Config, isConfig, isText } from './shapes.ts';
import { type WatchEvent, watchEventsIn } from './watch-events.ts';

/** All configurations of a project at one state. */
export interface Snapshot {
  /** The state, to watch from. */
  readonly cursor: string;
  /** Undefined: they are those of the state that was named in the question. */
  readonly configs: readonly Config[] | undefined;
}

/** How a project's configurations are read. Every method rejects with a `RegistryError`. */
export interface ConfigsWire {
  /** Resolves to the current state, without its configurations if it is the known one. */
  snapshot(known: string | undefined, signal: AbortSignal): Promise<Snapshot>;
  /** Resolves to the current value of one key; undefined if there is none. */
  find(key: string, signal: AbortSignal): Promise<Config | undefined>;
  /** Begins one connection, and yields what comes after the cursor until the registry ends it. */
  watch(cursor: string, signal: AbortSignal): AsyncIterable<WatchEvent>;
  /** States what this reader expects of a key. */
  register(reader: Registration, signal: AbortSignal): Promise<void>;
}

export interface Registration {
  readonly key: string;
  readonly reader: string;
  /** A JSON Schema, draft 2020-12. */
  readonly schema: object;
}

export interface Scope {
  readonly project_id: string;
  readonly prefix: string | undefined;
}

/** The registry sends an event every second. */
const SILENCE_MS_MAX = 3_000;

const PROJECT = '/v1/projects/{project_id}';
const SNAPSHOT = `${PROJECT}/config-snapshot`;
const WATCH = `${PROJECT}/config-watch`;
const CONFIG = `${PROJECT}/configs/{key}`;
const READER = `${CONFIG}/readers/{reader}`;

/** Returns how the project is read over the connection. No request keeps a Node process alive. */
export function configsWireOf(connection: Connection, { project_id, prefix }: Scope): ConfigsWire {
  const background = { ...connection, retries: 0, unref: true };
  const place = { project_id };
  function opening(route: string, mediaType: string, input: object): Opening {
    const open = connection.open(route, mediaType);
    return { input, send: (attempt) => withUnrefedSocket(filled(route, input).path, () => open(attempt)) };
  }
  return {
    async snapshot(known, signal) {
      const path = 'configs.snapshot';
      const source = { path, ...opening(SNAPSHOT, 'application/json', { ...place, prefix }) };
      const asking = known === undefined ? background : withHeaders(background, { 'if-none-match': `"${known}"` });
      try {
        const snapshot = await documentOf(asking, source, { signal });
        if (!isSnapshot(snapshot)) throw invalidResponseError(path);
        return snapshot;
      } catch (error) {
        if (known !== undefined && isRegistryError(error) && error.status === 304) {
          return { cursor: known, configs: undefined };
        }
        throw error;
      }
    },
    async find(key, signal) {
      const path = 'configs.get';
      try {
        const source = { path, ...opening(CONFIG, 'application/json', { ...place, key }) };
        const config = await documentOf(background, source, { signal });
        if (!isConfig(config) || config.key !== key) throw invalidResponseError(path);
        return config;
      } catch (error) {
        if (isRegistryError(error, 'not_found')) return undefined;
        throw error;
      }
    },
    watch(cursor, signal) {
      const path = 'configs.watch';
      const source = { path, ...opening(WATCH, 'text/event-stream', { ...place, prefix }) };
      const asking = withHeaders(background, { 'last-event-id': cursor });
      return watchEventsIn(textOf(asking, source, { signal, chunkTimeoutMs: () => SILENCE_MS_MAX }), path);
    },
    async register(registration, signal) {
      const input = { ...place, ...registration };
      const put = connection.put(READER);
      const send: typeof put = (attempt) => withUnrefedSocket(filled(READER, input).path, () => put(attempt));
      await call(background, { type: 'mutation', path: 'configs.register', input, send }, { signal });
    },
  };
}

function withHeaders(connection: Connection, headers: Readonly<Record<string, string>>): Connection {
  return { ...connection, headers: { ...connection.headers, ...headers } };
}

interface Opening {
  readonly input: object;
  readonly send: ReturnType<Connection['open']>;
}

function isSnapshot(value: unknown): value is Snapshot {
  if (!isObject(value)) return false;
  const { cursor, configs } = value;
  return isText(cursor) && Array.isArray(configs) && configs.every(isConfig);
}
