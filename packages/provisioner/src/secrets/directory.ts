/**
 * Secrets in a directory, laid out as a Secret of Kubernetes that is mounted: `<namespace>/<name>/<key>`. Each key is a link
 * through `..data`, which leads to the folder of the present version, so one rename replaces all keys at once.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Secret, SecretStore } from './types.ts';

const CURRENT = '..data';
const VERSION = '..v-';
const LABELS = '..labels';
const READ_ATTEMPTS_MAX = 5;

const NAME = /^[a-z0-9]([a-z0-9-]{0,251}[a-z0-9])?$/;
const KEY = /^[a-z0-9][a-z0-9_-]{0,62}$/;

/**
 * Returns the store in the directory, which is made when it is first written to. Folders are for their owner alone (0700),
 * and so are files (0600). Names that could lead elsewhere are refused with a `RangeError`.
 */
export function createDirectoryStore(directory: string): SecretStore {
  const place = (namespace: string, name: string) => join(directory, checked(NAME, namespace), checked(NAME, name));
  return {
    read: async (namespace, name) => readVersion(place(namespace, name)),
    async write(namespace, name, secret) {
      const folder = place(namespace, name);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      if (same(await readVersion(folder), secret)) return tidy(folder, [await readlink(join(folder, CURRENT))]);
      await writeVersion(folder, secret);
      for (const each of [join(folder, '..'), directory]) await syncFolder(each);
    },
    async remove(namespace, name) {
      const folder = place(namespace, name);
      // First the link: whatever is left after a crash is no secret any more.
      await rm(join(folder, CURRENT), { force: true });
      await rm(folder, { recursive: true, force: true });
      await syncFolder(join(folder, '..'));
    },
    async list() {
      const namespaces = await foldersIn(directory);
      const found = await Promise.all(namespaces.map((namespace) => secretsOf(directory, namespace)));
      return found.flat();
    },
    reference: (namespace, name, keys) => ({ kind: 'directory', namespace: join(directory, namespace), name, keys }),
  };
}

function checked(pattern: RegExp, name: string): string {
  if (!pattern.test(name)) throw new RangeError(`${JSON.stringify(name)} is no name of a secret`);
  return name;
}

async function secretsOf(directory: string, namespace: string) {
  const names = await foldersIn(join(directory, namespace));
  const found = await Promise.all(
    names.map(async (name) => {
      const secret = await readVersion(join(directory, namespace, name));
      return secret === null ? [] : [{ namespace, name, labels: secret.labels }];
    }),
  );
  return found.flat();
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await orNull(readdir(folder, { withFileTypes: true }));
  return (entries ?? []).filter((entry) => entry.isDirectory() && NAME.test(entry.name)).map(({ name }) => name);
}

/** Reads one version as a whole. A version that was replaced and tidied away meanwhile is read again from the link on. */
async function readVersion(folder: string): Promise<Secret | null> {
  for (let attempt = 1; ; attempt++) {
    const version = await orNull(readlink(join(folder, CURRENT)));
    if (version === null) return null;
    const secret = await orNull(readFiles(join(folder, version)));
    if (secret !== null) return secret;
    if (attempt === READ_ATTEMPTS_MAX)
      throw new Error(`the secret in ${folder} cannot be read: ${version} is not there`);
  }
}

async function readFiles(folder: string): Promise<Secret> {
  const names = await readdir(folder);
  if (!names.includes(LABELS)) throw Object.assign(new Error(`${folder} has no labels`), { code: 'ENOENT' });
  const entries = await Promise.all(
    names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const),
  );
  const { [LABELS]: labels = '{}', ...data } = Object.fromEntries(entries);
  return { data, labels: JSON.parse(labels) };
}

async function writeVersion(folder: string, { data, labels }: Secret): Promise<void> {
  const version = `${VERSION}${randomBytes(8).toString('hex')}`;
  await mkdir(join(folder, version), { mode: 0o700 });
  for (const [key, value] of Object.entries(data)) await writeWhole(join(folder, version, checked(KEY, key)), value);
  await writeWhole(join(folder, version, LABELS), JSON.stringify(labels));
  await syncFolder(join(folder, version));
  const before = await orNull(readlink(join(folder, CURRENT)));
  for (const key of Object.keys(data)) await link(join(folder, key), `${CURRENT}/${key}`);
  await swing(folder, version);
  // A reader may be among the keys of the version before, which therefore stays until the next write.
  await tidy(folder, [version, ...(before === null ? [] : [before])], Object.keys(data));
  await syncFolder(folder);
}

async function swing(folder: string, version: string): Promise<void> {
  const aside = join(folder, `${version}.link`);
  await symlink(version, aside);
  await rename(aside, join(folder, CURRENT));
  await syncFolder(folder);
}

async function link(path: string, target: string): Promise<void> {
  if ((await orNull(readlink(path))) === target) return;
  await rm(path, { recursive: true, force: true });
  try {
    await symlink(target, path);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error; // another writer made it
  }
}

/** Removes versions that are not kept, what a crash left, and links of keys that are gone. */
async function tidy(folder: string, versions: readonly string[], keys?: readonly string[]): Promise<void> {
  const kept = new Set([CURRENT, ...versions, ...(keys ?? [])]);
  for (const name of await readdir(folder)) {
    const isGone = keys !== undefined || name.startsWith(VERSION);
    if (isGone && !kept.has(name)) await rm(join(folder, name), { recursive: true, force: true });
  }
}

async function writeWhole(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await orNull(open(path, 'r'));
  if (folder === null) return;
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function same(there: Secret | null, secret: Secret): boolean {
  const text = ({ data, labels }: Secret) => JSON.stringify([data, labels].map((each) => Object.entries(each).sort()));
  return there !== null && text(there) === text(secret);
}

/** Resolves to null for what is not there. */
async function orNull<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
