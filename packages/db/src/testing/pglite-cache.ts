/**
 * Keeps the empty PGlite snapshot between runs: making it takes four seconds of `initdb`, and one is like the other.
 */
import { createHash } from 'node:crypto';
import { openAsBlob, readFileSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { openDatabase } from '../database.ts';

const folder = join(import.meta.dirname, '../../node_modules/.cache/tenant-registry');

/** Resolves to the archive of a new data directory, made with this PGlite and this database.ts. */
export async function emptySnapshot(): Promise<Blob> {
  const path = join(folder, `pglite-${recipe()}.tar`);
  try {
    return await openAsBlob(path);
  } catch {
    const snapshot = await initialize();
    await keep(path, snapshot).catch(() => {}); // a place that cannot be written to only costs the time again
    return snapshot;
  }
}

/** Changes with everything that `initdb` could depend on. */
function recipe(): string {
  const manifest = join(dirname(createRequire(import.meta.url).resolve('@electric-sql/pglite')), '../package.json');
  const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
  const code = readFileSync(join(import.meta.dirname, '../database.ts'));
  return `${version}-${createHash('sha256').update(code).digest('hex').slice(0, 12)}`;
}

async function initialize(): Promise<Blob> {
  const { dump, close } = await openDatabase({ pglite: { memory: true } });
  try {
    return await dump();
  } finally {
    await close();
  }
}

/** Puts the snapshot in the place of older ones. Renaming is atomic: another run never reads half a file. */
async function keep(path: string, snapshot: Blob): Promise<void> {
  await mkdir(folder, { recursive: true });
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, snapshot.stream());
  await rename(draft, path);
  for (const name of await readdir(folder)) {
    if (/^pglite-.*\.tar$/.test(name) && join(folder, name) !== path) await rm(join(folder, name), { force: true });
  }
}
