/** A migrated data directory of PGlite. Making one takes seconds, so it is cached until the migrations or PGlite change. */
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { migrateUp, openDatabase } from '@tenant-registry/db';
import { cachedBlob } from './cached-blob.ts';
import { recipeHash } from './snapshot-recipe.ts';

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
