/** What a snapshot depends on. The build puts the hash of its own sources in the place of this file. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Hashes everything that a snapshot depends on: the migrations, the opening of databases, and the version of PGlite. */
export async function recipeHash(): Promise<string> {
  const database = new URL('../../db/src/database.ts', import.meta.url);
  const migrations = fileURLToPath(new URL('../migrations/', database));
  const files = [
    join(dirname(createRequire(database).resolve('@electric-sql/pglite')), '../package.json'),
    fileURLToPath(database),
    ...(await readdir(migrations, { recursive: true }))
      .filter((name) => name.endsWith('.ts'))
      .sort()
      .map((name) => join(migrations, name)),
  ];
  const hash = createHash('sha256');
  for (const file of files) hash.update(`\0${basename(file)}\0`).update(await readFile(file));
  return hash.digest('hex').slice(0, 16);
}
