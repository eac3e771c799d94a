/** Builds the client: a function for each operation in the manifest. */
import { type Connection, call } from './calls/call.ts';
import { rememberConnection } from './calls/connection-of.ts';
import { type CallOptions, type ClientOptions, checkedOptions } from './calls/options.ts';
import { type Runtime, systemRuntime } from './calls/runtime.ts';
import { createTransport } from './calls/transport.ts';
import type { Client } from './generated/client.ts';
import type { Kind, Kinds } from './kinds.ts';
import { listOf, type Page } from './list.ts';
import { operations } from './operations.ts';
import { type Result, resultOf } from './result.ts';
import { exportOf } from './streams/export.ts';
import { feedOf } from './streams/feed.ts';
import { subscriptionOf } from './streams/subscription.ts';

/** Returns a client whose pauses and chance come from the runtime. Throws a `TypeError` for options that cannot work. */
export function createClientOn(runtime: Runtime, options: ClientOptions): Client {
  const { url, fetch, ...settings } = checkedOptions(options);
  const connection: Connection = { ...settings, ...createTransport(url, fetch), runtime };
  // The manifest and the type are generated from one list of operations.
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

function buildOperations(connection: Connection, kinds: Kinds, prefix: string): Readonly<Record<string, unknown>> {
  const build = (path: string, kind: Kind | Kinds) =>
    typeof kind === 'string' ? operationOf(connection, path, kind) : buildOperations(connection, kind, `${path}.`);
  return Object.fromEntries(Object.entries(kinds).map(([name, kind]) => [name, build(prefix + name, kind)]));
}

function operationOf(connection: Connection, path: string, kind: Kind) {
  const [verb = '', route = ''] = kind.split(' ');
  switch (verb) {
    case 'EXPORT':
      return exportOf(connection, path, route);
    case 'FEED':
      return feedOf(connection, path, route);
    case 'EVENTS':
      return subscriptionOf(connection, path, route);
    default:
      return callOf(connection, path, { verb, route });
  }
}

function callOf(
  connection: Connection,
  path: string,
  { verb, route }: { readonly verb: string; readonly route: string },
) {
  const [safe, list] = [verb === 'SAFE', verb === 'LIST'];
  const method = safe ? 'POST' : list ? 'GET' : verb;
  const type = method === 'GET' ? 'query' : 'mutation';
  const operation = { type, path, safe, send: connection.send(method, route) } as const;
  const run = (input: object, options: CallOptions) =>
    resultOf(call(connection, { ...operation, input }, options).then(({ output }) => output));
  return (given: object = {}, options: CallOptions = {}) => {
    if (!list) return run(given, options);
    return listOf(
      (cursor) =>
        // The kind `LIST` guarantees that the output has items and next_cursor.
        run(cursor === undefined ? given : { ...given, cursor }, options) as Result<Page<unknown>>,
    );
  };
}
