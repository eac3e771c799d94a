/** Builds the client: a function for each operation in the manifest. */
import { type Connection, call } from './calls/call.ts';
import { rememberConnection } from './calls/connection-of.ts';
import { type CallOptions, type ClientOptions, checkedOptions } from './calls/options.ts';
import { type Runtime, systemRuntime } from './calls/runtime.ts';
import { createTransport } from './calls/transport.ts';
import { listOf, type Page } from './list.ts';
import { operations } from './operations.ts';
import { type Result, resultOf } from './result.ts';
import { exportOf } from './streams/export.ts';
import { feedOf } from './streams/feed.ts';
import { subscriptionOf } from './streams/subscription.ts';
import type { Client } from './types.ts';

/** Returns a client whose pauses and chance come from the runtime. Throws a `TypeError` for options that cannot work. */
export function createClientOn(runtime: Runtime, options: ClientOptions): Client {
  const { url, fetch, ...settings } = checkedOptions(options);
  const connection: Connection = { ...settings, ...createTransport(url, fetch), runtime };
  // The type comes from the router; `satisfies` in the manifest and a test keep the manifest equal to it.
  const client = buildOperations(connection, operations, '') as unknown as Client;
  rememberConnection(client, connection);
  return client;
}

/**
 * Returns a client of the registry at `url`. The client opens connections only for calls and needs no closing. Throws a
 * `TypeError` for options that cannot work, such as an empty token.
 */
export function createClient(options: ClientOptions): Client {
  return createClientOn(systemRuntime, options);
}

/** A route marks a stream: `GET /v1/…` an export, `FEED /v1/…` the feed of changes, `EVENTS /v1/…` a feed of events. */
type Kind = 'query' | 'list' | 'mutation' | 'safe' | `GET ${string}` | `FEED ${string}` | `EVENTS ${string}`;
interface Kinds {
  readonly [name: string]: Kind | Kinds;
}

function buildOperations(connection: Connection, kinds: Kinds, prefix: string): Readonly<Record<string, unknown>> {
  const build = (path: string, kind: Kind | Kinds) =>
    typeof kind === 'string' ? operationOf(connection, path, kind) : buildOperations(connection, kind, `${path}.`);
  return Object.fromEntries(Object.entries(kinds).map(([name, kind]) => [name, build(prefix + name, kind)]));
}

function operationOf(connection: Connection, path: string, kind: Kind) {
  if (kind.startsWith('GET ')) return exportOf(connection, path, kind.slice('GET '.length));
  if (kind.startsWith('FEED ')) return feedOf(connection, path, kind.slice('FEED '.length));
  if (kind.startsWith('EVENTS ')) return subscriptionOf(connection, path, kind.slice('EVENTS '.length));
  const type = kind === 'mutation' || kind === 'safe' ? 'mutation' : 'query';
  const operation = { type, path, safe: kind === 'safe', send: connection.send } as const;
  const run = (input: object, options: CallOptions) =>
    resultOf(call(connection, { ...operation, input }, options).then(({ output }) => output));
  return (given: object = {}, options: CallOptions = {}) => {
    if (kind !== 'list') return run(given, options);
    return listOf(
      (cursor) =>
        // The kind `list` guarantees that the output has items and next_cursor.
        run(cursor === undefined ? given : { ...given, cursor }, options) as Result<Page<unknown>>,
    );
  };
}
