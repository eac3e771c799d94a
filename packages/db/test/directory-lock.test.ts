// engine: pglite
import { type ChildProcess, type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
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

interface Started {
  readonly child: ChildProcessByStdio<Writable, Readable, null>;
  /** The next line that it prints. */
  line(): Promise<string>;
}

/** Runs the script in a process of its own, or in what `command` makes of it. */
function start(script: string, command: readonly string[] = []): Started {
  const [file = '', ...args] = [...command, process.execPath, '--input-type=module', '-e', script];
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  children.add(child);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return { child, line: async () => String((await lines.next()).value) };
}

/** Takes the lock when it gets a line, says how that went, and holds it until its standard input ends. */
const contend = (directory: string) => `
  const { lockDirectory } = await import(${JSON.stringify(lockModule)});
  console.log(process.pid);
  process.stdin.once('data', () =>
    lockDirectory(${JSON.stringify(directory)}).then(() => console.log('locked'), ({ message }) => console.log(message)));`;

/** A process that holds the lock until its standard input ends, or until it is killed. */
async function holder(directory: string, command?: readonly string[]): Promise<Started & { readonly pid: number }> {
  const started = start(contend(directory), command);
  const pid = Number(await started.line());
  started.child.stdin.write('go\n');
  expect(await started.line()).toBe('locked');
  return { ...started, pid };
}

async function killed({ child }: Started): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

async function attempt(directory: string): Promise<unknown> {
  try {
    (await lockDirectory(directory))();
    return 'locked';
  } catch (error) {
    return error;
  }
}

describe('the lock of a directory', () => {
  test('is refused while another process holds it, and the answer names that process', async () => {
    const directory = join(temporaryFolder(), 'pglite');
    const { pid } = await holder(directory);
    const error = await attempt(directory);
    expect(error).toBeInstanceOf(DirectoryLockedError);
    expect(error).toMatchObject({ code: 'directory_locked', pid });
    expect(String(error)).toMatch(
      new RegExp(` is in use by process ${pid} on ${hostname()} since 20\\d\\d-[^ ]+Z: stop it`),
    );
    expect(String(error)).toContain(`${directory} is in use by`);
    expect(String(error)).toContain('or set DATA_DIR to another directory');
  });

  test('is free again when the process that held it has ended', async () => {
    const directory = join(temporaryFolder(), 'pglite');
    const { child } = await holder(directory);
    const exited = once(child, 'exit');
    child.stdin.end();
    await exited;
    expect(existsSync(`${directory}.lock`)).toBe(false);
    expect(await attempt(directory)).toBe('locked');
  });

  test('of a process that was killed is free at once', async () => {
    const directory = join(temporaryFolder(), 'pglite');
    await killed(await holder(directory));
    expect(await attempt(directory)).toBe('locked');
  });

  test('of a process that was killed goes to exactly one of several rivals', async () => {
    const directory = join(temporaryFolder(), 'pglite');
    await killed(await holder(directory));
    const rivals = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const rival = start(contend(directory));
        await rival.line();
        return rival;
      }),
    );
    for (const { child } of rivals) child.stdin.write('go\n');
    const answers = await Promise.all(rivals.map(({ line }) => line()));
    expect(answers.filter((answer) => answer === 'locked')).toHaveLength(1);
    expect(answers.filter((answer) => answer.includes('is in use by'))).toHaveLength(4);
  });

  test('is not taken from a process that stands still, however long: it may go on', async () => {
    const directory = join(temporaryFolder(), 'pglite');
    const { child, pid } = await holder(directory);
    child.kill('SIGSTOP');
    expect(await attempt(directory)).toMatchObject({ code: 'directory_locked', pid });
    child.kill('SIGCONT');
  });

  test.each(['', 'nonsense', '0', String(process.pid), '{"pid":1,"host":"x","since":"x"}'])(
    'does not depend on the note beside it: "%s", left by a process that died, is no lock',
    async (note) => {
      const directory = join(temporaryFolder(), 'pglite');
      writeFileSync(`${directory}.lock`, note);
      expect(await attempt(directory)).toBe('locked');
    },
  );

  test('is held without the note too: it then names no process', async () => {
    const directory = join(temporaryFolder(), 'pglite');
    await holder(directory);
    rmSync(`${directory}.lock`);
    const error = await attempt(directory);
    expect(error).toMatchObject({ code: 'directory_locked', pid: undefined });
    expect(String(error)).toContain(`${directory} is in use by another process: stop it first`);
  });

  test('is refused to the process that holds it, for every spelling of the path', async () => {
    const directory = join(temporaryFolder(), 'pglite');
    const unlock = await lockDirectory(directory);
    for (const spelling of [directory, `${directory}/`, `${directory}/../pglite`, relative(process.cwd(), directory)]) {
      expect(await attempt(spelling), spelling).toMatchObject({ code: 'directory_locked', pid: process.pid });
    }
    unlock();
    expect(await attempt(directory)).toBe('locked');
  });

  test('given back twice takes nothing from its next owner', async () => {
    const directory = join(temporaryFolder(), 'pglite');
    const first = await lockDirectory(directory);
    first();
    const second = await lockDirectory(directory);
    first();
    expect(await attempt(directory)).toMatchObject({ code: 'directory_locked', pid: process.pid });
    second();
  });

  test('leaves an empty file beside the directory and nothing more', async () => {
    const folder = temporaryFolder();
    await attempt(join(folder, 'pglite'));
    expect(readdirSync(folder)).toEqual(['pglite.lock.db']);
    expect(readFileSync(join(folder, 'pglite.lock.db'), 'utf8')).toBe('');
  });

  test('that cannot be taken for another reason says which', async () => {
    const directory = join(temporaryFolder(), 'pglite');
    mkdirSync(`${directory}.lock.db`);
    expect(String(await attempt(directory))).toMatch(`${directory}.lock.db cannot be locked: unable to open`);
  });
});

/** Makes a namespace of process ids, as a container has one; undefined where this user may not. */
const asContainer = [[], ['-r']]
  .map((more) => ['unshare', ...more, '-p', '-f', '--mount-proc', '--kill-child'])
  .find(([file = '', ...args]) => spawnSync(file, [...args, 'true']).status === 0);

describe.runIf(asContainer !== undefined)('between two containers that share the directory', () => {
  test('the lock holds, though both are process 1 and neither sees the other', async () => {
    const directory = join(temporaryFolder(), 'pglite');
    const { pid } = await holder(directory, asContainer);
    expect(pid).toBe(1);
    const second = start(contend(directory), asContainer);
    expect(await second.line()).toBe('1');
    second.child.stdin.write('go\n');
    expect(await second.line()).toContain(`${directory} is in use by process 1 on `);
    expect(await attempt(directory), 'outside of both').toMatchObject({ code: 'directory_locked' });
  });

  test('the lock of one that was killed is free at once', async () => {
    const directory = join(temporaryFolder(), 'pglite');
    const first = await holder(directory, asContainer);
    await killed(first);
    await expect.poll(() => attempt(directory)).toBe('locked');
  });
});

describe('a PGlite directory', () => {
  test('is refused to a second process with the pid of the first, which goes on working', async () => {
    const DATA_DIR = await dataDirectory('migrated');
    const dataDir = join(DATA_DIR, 'pglite');
    const { db, close } = await openDatabase({ pglite: { dataDir } });
    expect(JSON.parse(readFileSync(`${dataDir}.lock`, 'utf8'))).toMatchObject({ pid: process.pid });

    const second = await runNode(join(packageFolder, 'src/cli.ts'), ['version'], { env: { DATA_DIR } });
    expect(second).toMatchObject({ code: 1, stdout: '' });
    expect(second.stderr).toMatch(new RegExp(`^migrate: .* is in use by process ${process.pid} on `));
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
