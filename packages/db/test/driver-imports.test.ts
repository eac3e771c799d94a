// engine: none
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { expect, test } from 'vitest';
import { packageFolder } from './support.ts';

const packages = join(packageFolder, '..');

/** The TypeScript and JavaScript of every package, below packages/. */
function sources(): string[] {
  return readdirSync(packages).flatMap((name) =>
    readdirSync(join(packages, name), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.[cm]?[jt]sx?$/.test(path) && !/(^|[\\/])(node_modules|dist)[\\/]/.test(path))
      .map((path) => [name, path].join('/').replaceAll(sep, '/')),
  );
}

/** Static, dynamic and type imports, and require. */
const driverImport = /(?:from|import|require)\s*\(?\s*['"](pg|pg\/[^'"]+|@electric-sql\/[^'"]+)['"]/;

test('the search finds every way to import a driver', () => {
  for (const line of [
    "import pg from 'pg';",
    "import type { Pool } from 'pg'",
    'import "pg"',
    "const { Pool } = await import('pg');",
    "require('pg')",
    "export * from '@electric-sql/pglite';",
    "import { vector } from '@electric-sql/pglite/vector';",
  ]) {
    expect(line).toMatch(driverImport);
  }
  expect("import { parse } from 'pg-connection-string';").not.toMatch(driverImport);
});

// proves C1, C43
test('only database.ts, shaped-query.ts and pglite.ts import a driver', () => {
  const importers = sources()
    .filter((path) => driverImport.test(readFileSync(join(packages, path), 'utf8')))
    .toSorted();
  const self = relative(packages, import.meta.filename).replaceAll(sep, '/');
  const allowed = (path: string) => path === self || path.startsWith('db/src/testing');
  expect(importers.filter((path) => !allowed(path))).toEqual([
    'db/src/database.ts',
    'db/src/pglite.ts',
    'db/src/shaped-query.ts',
  ]);
});

test('only the database package depends on a driver', () => {
  for (const name of readdirSync(packages)) {
    const { dependencies = {}, devDependencies = {} } = JSON.parse(
      readFileSync(join(packages, name, 'package.json'), 'utf8'),
    );
    const drivers = Object.keys({ ...dependencies, ...devDependencies }).filter((each) =>
      /^pg$|^@electric-sql/.test(each),
    );
    expect({ [name]: drivers }).toEqual({ [name]: name === 'db' ? ['@electric-sql/pglite', 'pg'] : [] });
  }
});
