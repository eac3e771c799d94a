/** Turns the manifest into source text, in the format of Biome. */
import type { Tree } from './manifest.ts';

/** Returns the source of `operations.ts`. */
export function operationsSource(manifest: Tree): string {
  return [
    '/** The manifest: the kind and the route of every operation. scripts/generate.ts writes it from the router: do not edit. */',
    "import type { Kinds } from './kinds.ts';",
    '',
    `export const operations: Kinds = ${print(manifest, '')};`,
    '',
  ].join('\n');
}

function print(tree: Tree, indent: string): string {
  const lines = Object.entries(tree).map(
    ([name, value]) =>
      `${indent}  ${name}: ${typeof value === 'string' ? `'${value}'` : print(value, `${indent}  `)},\n`,
  );
  return `{\n${lines.join('')}${indent}}`;
}
