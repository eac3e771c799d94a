// engine: none
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { packageFolder } from './support.ts';

/** Each file of src and migrations with the files of this package that it imports, types included. */
function importGraph(): ReadonlyMap<string, readonly string[]> {
  const files = ['src', 'migrations'].flatMap((folder) =>
    readdirSync(join(packageFolder, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => join(packageFolder, folder, path)),
  );
  return new Map(files.map((file) => [file, importsOf(file, readFileSync(file, 'utf8'))]));
}

function importsOf(file: string, text: string): string[] {
  const specifiers = text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g);
  return [...specifiers].map(([, target = '']) => join(dirname(file), target));
}

/** The first path that leads from a file back to itself. */
function findCycle(graph: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const finished = new Set<string>();
  const visit = (file: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (finished.has(file)) return undefined;
    for (const next of graph.get(file) ?? []) {
      const cycle = visit(next, [...path, file]);
      if (cycle !== undefined) return cycle;
    }
    finished.add(file);
    return undefined;
  };
  for (const file of graph.keys()) {
    const cycle = visit(file, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

test('the search follows imports of types and finds a way back', () => {
  expect(importsOf('/p/src/a.ts', "import type { B } from './b/c.ts';\nexport * from '../d.ts';")).toEqual([
    '/p/src/b/c.ts',
    '/p/d.ts',
  ]);
  const graph = new Map([
    ['a', ['b']],
    ['b', ['c']],
    ['c', ['b']],
  ]);
  expect(findCycle(graph)).toEqual(['b', 'c', 'b']);
});

test('no file of the package imports itself through others', () => {
  const graph = importGraph();
  expect(graph.size).toBeGreaterThan(50);
  expect(findCycle(graph)).toBeUndefined();
});
