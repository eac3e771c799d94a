// engine: none
import { mkdtemp, readdir, readFile, readlink, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createDirectoryStore } from '../src/secrets/directory.ts';

const labels = { installation: 'one', database: 'x' };
const version = (number: number) => ({ data: { user: `u${number}`, password: `p${number}` }, labels });

async function store() {
  const directory = join(await mkdtemp(join(tmpdir(), 'secrets-')), 'not', 'yet', 'there');
  return { directory, secrets: createDirectoryStore(directory), folder: join(directory, 'default', 'orders') };
}

test('a secret is read back as it was written, listed without its data, and gone after its removal', async () => {
  const { secrets, directory } = await store();
  expect(await secrets.list()).toEqual([]);
  expect(await secrets.read('default', 'orders')).toBeNull();
  await secrets.remove('default', 'orders');
  await secrets.write('default', 'orders', version(1));
  await secrets.write('other', 'orders', version(2));
  expect(await secrets.read('default', 'orders')).toEqual(version(1));
  expect(await secrets.list()).toEqual(
    expect.arrayContaining([
      { namespace: 'default', name: 'orders', labels },
      { namespace: 'other', name: 'orders', labels },
    ]),
  );
  await secrets.remove('default', 'orders');
  expect([await secrets.read('default', 'orders'), (await secrets.list()).length]).toEqual([null, 1]);
  expect(await readdir(join(directory, 'default'))).toEqual([]);
});

test('each key is a file that is for its owner alone, in folders that are too', async () => {
  const { secrets, directory, folder } = await store();
  await secrets.write('default', 'orders', version(1));
  expect(await readFile(join(folder, 'password'), 'utf8')).toBe('p1');
  const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);
  for (const path of [directory, join(folder, '..'), folder, join(folder, '..data')])
    expect(await modeOf(path), path).toBe('700');
  for (const key of ['user', 'password', '..data/..labels']) expect(await modeOf(join(folder, key))).toBe('600');
});

test('keys that a new version lacks are gone, the version before stays for its readers until the next write', async () => {
  const { secrets, folder } = await store();
  await secrets.write('default', 'orders', version(1));
  const reading = join(folder, await readlink(join(folder, '..data')));
  await secrets.write('default', 'orders', { data: { user: 'u2' }, labels });
  expect(await readFile(join(reading, 'password'), 'utf8')).toBe('p1');
  expect((await readdir(folder)).filter((name) => !name.startsWith('..'))).toEqual(['user']);
  await secrets.write('default', 'orders', { data: { user: 'u2' }, labels });
  expect((await readdir(folder)).filter((name) => name.startsWith('..v-'))).toHaveLength(1);
  await expect(stat(reading)).rejects.toThrow('ENOENT');
});

test('a reader sees one version as a whole, however often it is replaced, and never none', async () => {
  const { secrets, folder } = await store();
  await secrets.write('default', 'orders', version(0));
  let writing = true;
  const torn: unknown[] = [];
  const reader = async () => {
    while (writing) {
      const { user, password } = (await secrets.read('default', 'orders'))?.data ?? {};
      if (user === undefined || user.slice(1) !== password?.slice(1)) torn.push([user, password]);
      // As a consumer reads, by the path alone.
      if (!/^p\d+$/.test(await readFile(join(folder, 'password'), 'utf8'))) torn.push('password');
    }
  };
  const readers = [reader(), reader(), reader()];
  for (let number = 1; number <= 100; number++) await secrets.write('default', 'orders', version(number));
  writing = false;
  await Promise.all(readers);
  expect(torn).toEqual([]);
  expect(await secrets.read('default', 'orders')).toEqual(version(100));
});

test.each(['..', '../x', 'a/b', '', '.', 'A', 'x\0', '..data', 'a'.repeat(254)])(
  'the name %j leads nowhere',
  async (name) => {
    const { secrets } = await store();
    for (const [namespace, secret] of [
      [name, 'orders'],
      ['default', name],
    ] as const) {
      await expect(secrets.write(namespace, secret, version(1))).rejects.toThrow(RangeError);
      await expect(secrets.read(namespace, secret)).rejects.toThrow(RangeError);
      await expect(secrets.remove(namespace, secret)).rejects.toThrow(RangeError);
    }
    await expect(secrets.write('default', 'orders', { data: { [name]: 'x' }, labels })).rejects.toThrow(RangeError);
    expect(await secrets.read('default', 'orders')).toBeNull();
  },
);
