/** What takes long to make, kept on disk for all processes of the user. */
import { lstat, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';

const KEPT_DAYS = 7;
const DAY_MS = 86_400_000;

const making = new Map<string, Promise<Blob>>();

export interface Keeping {
  /** Made when absent; in a folder that anybody may write to, such as that for temporary files. */
  readonly folder: string;
  /** Another one for another content. */
  readonly name: string;
  make(): Promise<Blob>;
}

/** Resolves to what is kept under the name, else to what is made; callers at the same time share the making. */
export async function keptBlob({ folder, name, make }: Keeping): Promise<Blob> {
  const path = join(folder, name);
  const own = await isOwn(folder);
  const kept = own ? await readFile(path).catch(() => undefined) : undefined;
  if (kept !== undefined) return new Blob([kept]);
  const made = making.get(path) ?? make();
  making.set(path, made);
  try {
    const blob = await made;
    // A place that cannot be written to only costs the time again.
    if (own) await keep(blob, folder, path).catch(() => {});
    return blob;
  } finally {
    making.delete(path);
  }
}

/** Whether the folder is there and nobody else can write to it: what somebody else put there would be run. */
async function isOwn(folder: string): Promise<boolean> {
  await mkdir(folder, { mode: 0o700 }).catch(() => {});
  const found = await lstat(folder).catch(() => undefined);
  if (found === undefined || !found.isDirectory()) return false;
  // On Windows, the folder for temporary files is the user's own.
  return process.platform === 'win32' || (found.uid === userInfo().uid && (found.mode & 0o022) === 0);
}

/** Renaming is atomic: nobody ever reads half of it. What was made long ago goes. */
async function keep(blob: Blob, folder: string, path: string): Promise<void> {
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, blob.stream());
  await rename(draft, path);
  const { mtimeMs: now } = await stat(path);
  for (const name of await readdir(folder)) {
    const old = join(folder, name);
    if (now - (await stat(old)).mtimeMs > KEPT_DAYS * DAY_MS) await rm(old, { force: true });
  }
}
