/** The manifest as text, read off a router. */
import type { AnyProcedure, AnyRouter } from '@trpc/server';
import type { Meta } from '../../server/src/kernel/trpc.ts';

/** Returns the source of `operations.ts`, formatted as Biome formats it. */
export function operationsSource(router: AnyRouter): string {
  const procedures: Record<string, AnyProcedure> = router._def.procedures;
  const tree: Tree = {};
  for (const [path, procedure] of Object.entries(procedures)) insert(tree, path.split('.'), kindOf(procedure));
  return [
    '/** Every operation and its kind. Written by scripts/generate-operations.ts from the router: do not edit. */',
    "import type { Kinds } from './kinds.ts';",
    '',
    `export const operations = ${print(tree, '')} as const satisfies Kinds;`,
    '',
  ].join('\n');
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
 * A query whose output has items and next_cursor is a list; a mutation that its meta calls safe changes nothing; what
 * streams is an export, or a feed when it streams events, and only REST has it.
 */
function kindOf({ _def }: AnyProcedure): string {
  const { safe, rest } = (_def.meta ?? {}) as Meta;
  if (rest?.stream?.includes('text/event-stream')) return `FEED ${rest.path}`;
  if (rest?.stream !== undefined) return `${rest.method} ${rest.path}`;
  const output: unknown = 'output' in _def ? _def.output : undefined;
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
