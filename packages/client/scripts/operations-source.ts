/** Turns a router into the source text of the manifest. */
import type { AnyProcedure, AnyRouter } from '@trpc/server';
import { logStream } from '../../server/src/kernel/streams/event-stream.ts';
import type { Meta } from '../../server/src/kernel/trpc.ts';
import { ownStreams } from '../src/own-streams.ts';

/** Returns the source of `operations.ts`, in the format of Biome. */
export function operationsSource(router: AnyRouter): string {
  const procedures: Record<string, AnyProcedure> = router._def.procedures;
  const tree: Tree = {};
  for (const [path, procedure] of Object.entries(procedures)) {
    // A stream of REST stands for each subscription of tRPC, and an object of the SDK for its own streams.
    if (procedure._def.type !== 'subscription' && !isOwn(path)) insert(tree, path.split('.'), kindOf(procedure));
  }
  return [
    '/** The manifest: all operations and their kinds. scripts/generate-operations.ts writes it from the router: do not edit. */',
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
 * Returns the kind of a procedure. A query whose output has items and next_cursor is a list, and a mutation that its meta
 * marks as safe changes nothing. Only REST serves streams: the events of the log, the feed of changes, or an export.
 */
function kindOf({ _def }: AnyProcedure): string {
  const { safe, rest } = (_def.meta ?? {}) as Meta;
  const output: unknown = 'output' in _def ? _def.output : undefined;
  if (rest !== undefined && output === logStream) return `EVENTS ${rest.path}`;
  if (rest?.stream?.includes('text/event-stream')) return `FEED ${rest.path}`;
  if (rest?.stream !== undefined) return `${rest.method} ${rest.path}`;
  const shape: unknown = typeof output === 'object' && output !== null && 'shape' in output ? output.shape : undefined;
  const paged = typeof shape === 'object' && shape !== null && 'items' in shape && 'next_cursor' in shape;
  if (paged) return 'list';
  return safe === true ? 'safe' : _def.type;
}

function print(tree: Tree, indent: string): string {
  const lines = Object.entries(tree).map(
    ([name, value]) =>
      `${indent}  ${name}: ${typeof value === 'string' ? `'${value}'` : print(value, `${indent}  `)},\n`,
  );
  return `{\n${lines.join('')}${indent}}`;
}
