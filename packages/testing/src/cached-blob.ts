/** A cache on disk, shared by all processes of a user. */
import { lstat, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';

const CACHED_DAYS = 7;
const DAY_MS = 86_400_000;

const making = new Map<string, Promise<Blob>>();

export interface CacheEntry {
  /** The cache's folder, which is created if it is absent; its parent may be writable for all users, such as /tmp. */
  readonly folder: string;
  /** Identifies the content: a changed content needs another name. */
  readonly name: string;
  make(): Promise<Blob>;
}

/** Resolves to the cached content, or makes and caches it if there is none. Concurrent callers share one `make`. */
export async function cachedBlob({ folder, name, make }: CacheEntry): Promise<Blob> {
  const path = join(folder, name);
  const own = await isOwn(folder);
  const cached = own ? await readFile(path).catch(() => undefined) : undefined;
  if (cached !== undefined) return new Blob([cached]);
  const made = making.get(path) ?? make();
  making.set(path, made);
  try {
    const blob = await made;
    // Without a writable folder the next process has to make the content again.
    if (own) await store(blob, folder, path).catch(() => {});
    return blob;
  } finally {
    making.delete(path);
  }
}

/** Tells whether the folder exists and only this user can write to it: the content of another user would be executed. */
async function isOwn(folder: string): Promise<boolean> {
  await mkdir(folder, { mode: 0o700 }).catch(() => {});
  const found = await lstat(folder).catch(() => undefined);
  if (found === undefined || !found.isDirectory()) return false;
  // On Windows the folder for temporary files belongs to the user.
  return process.platform === 'win32' || (found.uid === userInfo().uid && (found.mode & 0o022) === 0);
}

/** Writes the content by an atomic rename, so that no reader sees half of it, and removes entries of long ago. */
async function store(blob: Blob, folder: string, path: string): Promise<void> {
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, blob.stream());
  await rename(draft, path);
  const { mtimeMs: now } = await stat(path);
  for (const name of await readdir(folder)) {
    const old = join(folder, name);
    if (now - (await stat(old)).mtimeMs > CACHED_DAYS * DAY_MS) await rm(old, { force: true });
  }
}
