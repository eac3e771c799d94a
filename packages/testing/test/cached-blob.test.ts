// engine: none
import { chmod, mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cachedBlob } from '../src/cached-blob.ts';

let tmp: string;
let folder: string;
beforeEach(async () => {
  tmp = await mkdtemp(join(tmpdir(), 'cached-blob-'));
  folder = join(tmp, 'cache');
});
afterEach(() => rm(tmp, { recursive: true }));

let made = 0;
const make = async () => {
  made += 1;
  return new Blob([`made ${made}`]);
};
const ask = async (name = 'a.tar', where = folder) => (await cachedBlob({ folder: where, name, make })).text();

test('a content is made once for concurrent and later callers, and another name has another content', async () => {
  const [first, second] = await Promise.all([ask(), ask()]);
  expect(second).toBe(first);
  expect(await ask()).toBe(first);
  expect(await ask('b.tar')).not.toBe(first);
  expect((await readdir(folder)).sort()).toEqual(['a.tar', 'b.tar']);
});

test('the next new entry removes an entry of long ago', async () => {
  const old = await ask('old.tar');
  await utimes(join(folder, 'old.tar'), new Date(0), new Date(0));
  expect(await ask('old.tar')).toBe(old);
  await ask();
  expect(await readdir(folder)).toEqual(['a.tar']);
});

test('a failure is not cached', async () => {
  const failing = () => Promise.reject(new Error('no memory'));
  await expect(cachedBlob({ folder, name: 'a.tar', make: failing })).rejects.toThrow('no memory');
  expect(await ask()).toBe(`made ${made}`);
});

test('a folder that another user may write to is neither read nor written', async () => {
  await mkdir(folder);
  await writeFile(join(folder, 'a.tar'), 'of another user');
  await chmod(folder, 0o777);
  expect(await ask()).toBe(`made ${made}`);
  await symlink(tmp, join(tmp, 'link'));
  expect(await ask('a.tar', join(tmp, 'link'))).toBe(`made ${made}`);
  await writeFile(join(tmp, 'file'), '');
  expect(await ask('a.tar', join(tmp, 'file'))).toBe(`made ${made}`);
  expect(await readdir(folder)).toEqual(['a.tar']);
});
