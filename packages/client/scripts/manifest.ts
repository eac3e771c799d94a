/** Reads the operations off a router: what the client knows of them at run time. */
import type { AnyProcedure, AnyRouter } from '@trpc/server';
import { logStream } from '../../server/src/kernel/streams/event-stream.ts';
import type { Meta, RestRoute } from '../../server/src/kernel/trpc.ts';

/** The kind and the route of each operation by its name, in groups. */
export interface Tree {
  [name: string]: string | Tree;
}

/**
 * Streams that the client has no operation for, because an object of the SDK reads them: `createConfigs` reads both.
 * A test holds the inferred contract to this list.
 */
export const ownStreams = ['configs.snapshot', 'configs.watch'] as const;

/** Returns the operations of the router, in its order. */
export function manifestOf(router: AnyRouter): Tree {
  const procedures: Record<string, AnyProcedure> = router._def.procedures;
  const tree: Tree = {};
  for (const [path, procedure] of Object.entries(procedures)) {
    // A stream of REST stands for each subscription of tRPC, and an object of the SDK for its own streams.
    if (procedure._def.type !== 'subscription' && !isOwn(path)) insert(tree, path.split('.'), kindOf(path, procedure));
  }
  return tree;
}

/** Returns the verb and the route of an operation: `LIST` and `/v1/tenants`. */
export function operationIn(kind: string | Tree): { readonly verb: string; readonly route: string } {
  if (typeof kind !== 'string') throw new Error('a group has operations, and no groups');
  const [verb = '', rest = ''] = kind.split(' ');
  const [route = ''] = rest.split('?');
  return { verb, route };
}

function isOwn(path: string): boolean {
  return ownStreams.some((each) => each === path);
}

function insert(tree: Tree, [name = '', ...rest]: string[], kind: string): void {
  if (rest.length === 0) {
    tree[name] = kind;
    return;
  }
  const inner = tree[name] ?? {};
  if (typeof inner === 'string') throw new Error(`${name} is both an operation and a group`);
  tree[name] = inner;
  insert(inner, rest, kind);
}

/**
 * Returns the kind of a procedure with its route. A GET whose output has items and next_cursor is a LIST, and a POST that its
 * meta marks as safe changes nothing. FEED is the feed of changes, EVENTS the log, EXPORT any other stream.
 */
function kindOf(path: string, { _def }: AnyProcedure): string {
  const { safe, rest } = (_def.meta ?? {}) as Meta;
  if (rest === undefined) throw new Error(`${path} has no route: the SDK speaks /v1 alone`);
  const output: unknown = 'output' in _def ? _def.output : undefined;
  const kind = output === logStream ? 'EVENTS' : (streamKind(rest) ?? callKind(rest, output, safe === true));
  return [`${kind} ${rest.path}`, ...(rest.inQuery ?? [])].join('?');
}

function streamKind({ stream }: RestRoute): string | undefined {
  if (stream === undefined) return undefined;
  return stream.includes('text/event-stream') ? 'FEED' : 'EXPORT';
}

function callKind({ method, path }: RestRoute, output: unknown, safe: boolean): string {
  const shape: unknown = typeof output === 'object' && output !== null && 'shape' in output ? output.shape : undefined;
  const paged = typeof shape === 'object' && shape !== null && 'items' in shape && 'next_cursor' in shape;
  if (safe && method !== 'POST') throw new Error(`${path}: a safe operation that is no GET must be a POST`);
  if (paged && method !== 'GET') throw new Error(`${path}: a list must be a GET`);
  if (paged) return 'LIST';
  return safe ? 'SAFE' : method;
}
