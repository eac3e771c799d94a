// engine: none
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { migrations } from '../../src/migrations.ts';
import { spicedbTree } from '../../src/spicedb/tree.ts';
import { packageFolder } from '../support.ts';

// proves C9
test('the tree of SpiceDB is its folder, in order, each with up and down, and the other tree has none of it', () => {
  const names = Object.keys(spicedbTree.migrations);
  const files = readdirSync(join(packageFolder, 'migrations/spicedb')).sort();
  expect(names.map((name) => `${name}.ts`)).toEqual(files);
  expect(names.map((name) => name.slice(0, 5))).toEqual(names.map((_, i) => `${String(i + 1).padStart(4, '0')}_`));
  for (const { up, down } of Object.values(spicedbTree.migrations))
    expect([typeof up, typeof down]).toEqual(['function', 'function']);
  expect(Object.keys(migrations).filter((name) => names.includes(name))).toEqual([]);
});
