// engine: pglite
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../src/database.ts';
import { DirectoryLockedError, lockDirectory } from '../src/directory-lock.ts';
import { dataDirectory, packageFolder, runNode, temporaryFolder } from './support.ts';

const children = new Set<ChildProcess>();
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
});

const lockModule = join(packageFolder, 'src/directory-lock.ts');

/** A process that holds the lock until its standard input ends, or longer: until it is killed. */
async function holder(directory: string): Promise<ChildProcess & { readonly pid: number }> {
  const script = `
    const { lockDirectory } = await import(${JSON.stringify(lockModule)});
    lockDirectory(${JSON.stringify(directory)});
    console.log('locked');
    process.stdin.resume();`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.add(child);
  await once(createInterface(child.stdout), 'line');
  const { pid } = child;
  if (pid === undefined) throw new Error('the process did not start');
  return Object.assign(child, { pid });
}

async function killed(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

function attempt(directory: string): unknown {
  try {
    lockDirectory(directory)();
    return 'locked';
  } catch (error) {
    return error;
  }
}

describe('the lock of a directory', () => {
  test('is refused while another process holds it, with the pid of that process', async () => {
    const directory = join(temporaryFolder(), 'pglite');
    const { pid } = await holder(directory);
    const error = attempt(directory);
    expect(error).toBeInstanceOf(DirectoryLockedError);
    expect(error).toMatchObject({ code: 'directory_locked', pid });
    expect(String(error)).toContain(`${directory} is in use by process ${pid}: stop it first, or set DATA_DIR`);
  });

  test('is free again when the process that held it has ended', async () => {
    const directory = join(temporaryFolder(), 'pglite');
    const child = await holder(directory);
    const exited = once(child, 'exit');
    child.stdin?.end();
    await exited;
    expect(existsSync(`${directory}.lock`)).toBe(false);
    expect(attempt(directory)).toBe('locked');
  });

  test('of a process that was killed is taken over', async () => {
    const directory = join(temporaryFolder(), 'pglite');
    await killed(await holder(directory));
    expect(existsSync(`${directory}.lock`)).toBe(true);
    expect(attempt(directory)).toBe('locked');
  });

  test('of a process that was killed goes to exactly one of those who want it at once', async () => {
    const directory = join(temporaryFolder(), 'pglite');
    await killed(await holder(directory));
    const script = `
      const { lockDirectory } = await import(${JSON.stringify(lockModule)});
      console.log('ready');
      process.stdin.once('data', () => {
        try { lockDirectory(${JSON.stringify(directory)}); console.log('locked'); } catch (error) { console.log(error.code); }
      });`;
    const rivals = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
          stdio: ['pipe', 'pipe', 'inherit'],
        });
        children.add(child);
        const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
        expect(await lines.next()).toMatchObject({ value: 'ready' });
        return { child, lines };
      }),
    );
    for (const { child } of rivals) child.stdin.write('go\n');
    const answers = await Promise.all(rivals.map(async ({ lines }) => (await lines.next()).value));
    expect(answers.sort()).toEqual([
      'directory_locked',
      'directory_locked',
      'directory_locked',
      'directory_locked',
      'locked',
    ]);
  });

  test('that was taken over is as good as any other', async () => {
    const directory = join(temporaryFolder(), 'pglite');
    await killed(await holder(directory));
    const { pid } = await holder(directory);
    expect(attempt(directory)).toMatchObject({ code: 'directory_locked', pid });
  });

  test('that names our own pid, but that we do not hold, was left by a dead namesake and is taken over', () => {
    const directory = join(temporaryFolder(), 'pglite');
    writeFileSync(`${directory}.lock`, String(process.pid));
    expect(attempt(directory)).toBe('locked');
  });

  test.each(['', 'nonsense', '0', '-1', '1.5'])('that names no process ("%s") is taken over', (content) => {
    const directory = join(temporaryFolder(), 'pglite');
    writeFileSync(`${directory}.lock`, content);
    expect(attempt(directory)).toBe('locked');
  });

  test('is refused a second time in the same process, however the path is written', () => {
    const directory = join(temporaryFolder(), 'pglite');
    const unlock = lockDirectory(directory);
    for (const spelling of [directory, `${directory}/`, `${directory}/../pglite`, relative(process.cwd(), directory)]) {
      expect(attempt(spelling), spelling).toMatchObject({ code: 'directory_locked', pid: process.pid });
    }
    unlock();
    expect(attempt(directory)).toBe('locked');
  });

  test('given back twice takes nothing from its next owner', () => {
    const directory = join(temporaryFolder(), 'pglite');
    const first = lockDirectory(directory);
    first();
    const second = lockDirectory(directory);
    first();
    expect(attempt(directory)).toMatchObject({ code: 'directory_locked' });
    second();
  });

  test('leaves nothing beside the directory', () => {
    const folder = temporaryFolder();
    attempt(join(folder, 'pglite'));
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('a PGlite directory', () => {
  test('is refused to a second process with the pid of the first, which goes on working', async () => {
    const DATA_DIR = await dataDirectory('migrated');
    const dataDir = join(DATA_DIR, 'pglite');
    const { db, close } = await openDatabase({ pglite: { dataDir } });
    expect(readFileSync(`${dataDir}.lock`, 'utf8')).toBe(String(process.pid));

    const second = await runNode(join(packageFolder, 'src/cli.ts'), ['version'], { env: { DATA_DIR } });
    expect(second).toMatchObject({ code: 1, stdout: '' });
    expect(second.stderr).toMatch(new RegExp(`^migrate: .* is in use by process ${process.pid}: `));
    await expect(openDatabase({ pglite: { dataDir } })).rejects.toThrow(DirectoryLockedError);

    const tenant = { slug: 'acme', name: 'Acme', status: 'active' as const };
    await db.insertInto('tenants').values(tenant).execute();
    await close();
    expect(existsSync(`${dataDir}.lock`)).toBe(false);

    const reopened = await openDatabase({ pglite: { dataDir } });
    expect(await reopened.db.selectFrom('tenants').select('slug').execute()).toEqual([{ slug: 'acme' }]);
    await reopened.close();
  });

  test('that cannot be opened is not left locked', async () => {
    const dataDir = join(temporaryFolder(), 'pglite');
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, 'PG_VERSION'), '9.6\n');
    await expect(openDatabase({ pglite: { dataDir } })).rejects.toThrow();
    expect(existsSync(`${dataDir}.lock`)).toBe(false);
  });
});
