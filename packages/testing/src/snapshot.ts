/** A migrated data directory of PGlite. Making one takes seconds, so it is cached until the migrations or PGlite change. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir, userInfo } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { migrateUp, openDatabase } from '@tenant-registry/db';
import { cachedBlob } from './cached-blob.ts';

/** Resolves to the cached snapshot, or makes one. */
export async function migratedSnapshot(): Promise<Blob> {
  const folder = join(tmpdir(), `tenant-registry-testing-${userInfo().uid}`);
  return cachedBlob({ folder, name: `${await recipeHash()}.tar`, make });
}

async function make(): Promise<Blob> {
  const { db, dump, close } = await openDatabase({ pglite: { memory: true } });
  try {
    await migrateUp(db);
    return await dump();
  } finally {
    await close();
  }
}

/** Hashes everything that a snapshot depends on: the migrations, the opening of databases, and the version of PGlite. */
async function recipeHash(): Promise<string> {
  const database = import.meta.resolve('@tenant-registry/db');
  const migrations = fileURLToPath(new URL('../migrations/', database));
  const files = [
    join(dirname(createRequire(database).resolve('@electric-sql/pglite')), '../package.json'),
    fileURLToPath(new URL('database.ts', database)),
    ...(await readdir(migrations, { recursive: true }))
      .filter((name) => name.endsWith('.ts'))
      .sort()
      .map((name) => join(migrations, name)),
  ];
  const hash = createHash('sha256');
  for (const file of files) hash.update(`\0${basename(file)}\0`).update(await readFile(file));
  return hash.digest('hex').slice(0, 16);
}
