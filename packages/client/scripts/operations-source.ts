/** Turns a router into the source text of the manifest. */
import type { AnyProcedure, AnyRouter } from '@trpc/server';
import { logStream } from '../../server/src/kernel/streams/event-stream.ts';
import type { Meta, RestRoute } from '../../server/src/kernel/trpc.ts';
import { ownStreams } from '../src/own-streams.ts';

/** Returns the source of `operations.ts`, in the format of Biome. */
export function operationsSource(router: AnyRouter): string {
  const procedures: Record<string, AnyProcedure> = router._def.procedures;
  const tree: Tree = {};
  for (const [path, procedure] of Object.entries(procedures)) {
    // A stream of REST stands for each subscription of tRPC, and an object of the SDK for its own streams.
    if (procedure._def.type !== 'subscription' && !isOwn(path)) insert(tree, path.split('.'), kindOf(path, procedure));
  }
  return [
    '/** The manifest: the kind and the route of every operation. scripts/generate-operations.ts writes it from the router: do not edit. */',
    "import type { Kinds } from './kinds.ts';",
    '',
    `export const operations = ${print(tree, '')} as const satisfies Kinds;`,
    '',
  ].join('\n');
}

function isOwn(path: string): boolean {
  return ownStreams.some((each) => each === path);
}

interface Tree {
  [name: string]: string | Tree;
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

function print(tree: Tree, indent: string): string {
  const lines = Object.entries(tree).map(
    ([name, value]) =>
      `${indent}  ${name}: ${typeof value === 'string' ? `'${value}'` : print(value, `${indent}  `)},\n`,
  );
  return `{\n${lines.join('')}${indent}}`;
}
