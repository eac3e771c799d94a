// engine: none
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { migrations } from '../src/migrations.ts';
import { git, migrationText, repository } from './repository.ts';
import { runNode } from './support.ts';

const names = Object.keys(migrations);
const numbered = (step: number, name: string) => `${String(names.length + step).padStart(4, '0')}_${name}`;
const [theirs, ours, more] = [numbered(1, 'theirs'), numbered(1, 'ours'), numbered(2, 'more')];

function renumber(root: string, ...args: string[]) {
  const env = { DATA_DIR: join(root, 'none') };
  return runNode(join(root, 'packages/db/src/cli.ts'), ['renumber', ...args], { cwd: root, env });
}

/** Resolves to the names that the program in the checkout carries, in order. */
async function carried(root: string): Promise<string[]> {
  const script = "console.log(Object.keys((await import('./src/migrations.ts')).migrations).join())";
  const { stdout, stderr } = await runNode('--input-type=module', ['-e', script], { cwd: join(root, 'packages/db') });
  expect(stderr).toBe('');
  return stdout.trim().split(',');
}

/**
 * Makes a branch with two migrations of its own on a main line that got another one meanwhile; the list shows the
 * conflict.
 */
async function mergedSecond(): Promise<string> {
  const root = await repository({ mainLine: [theirs], branch: [ours, more] });
  appendFileSync(join(root, 'packages/db/src/migrations.ts'), '\n<<<<<<< HEAD\n=======\n>>>>>>> ours\n');
  return root;
}

describe('migrate renumber', () => {
  test('moves what the main line lacks behind its newest, and every reference to the full names with it', async () => {
    const root = await mergedSecond();
    mkdirSync(join(root, 'docs'));
    const docs = (first: string, second: string) => `\`${first}.ts\` and ${second}, after ${theirs}; not x${ours}x.\n`;
    writeFileSync(join(root, 'docs/sql.md'), docs(ours, more));
    writeFileSync(join(root, 'packages/db/picture.bin'), `\0${ours}`);

    const { code, stdout, stderr } = await renumber(root);

    const [first, second] = [numbered(2, 'ours'), numbered(3, 'more')];
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.trimEnd().split('\n')).toEqual([
      'rewrote docs/sql.md',
      'rewrote packages/db/test/more.test.ts',
      'rewrote packages/db/test/ours.test.ts',
      `moved ${ours} to ${first}`,
      `moved ${more} to ${second}`,
    ]);
    const files = readdirSync(join(root, 'packages/db/migrations')).filter((file) => file.endsWith('.ts'));
    expect(files.sort()).toEqual([...names, theirs, first, second].map((name) => `${name}.ts`));
    expect(readFileSync(join(root, `packages/db/migrations/${first}.ts`), 'utf8')).toBe(migrationText(ours));
    expect(await carried(root)).toEqual([...names, theirs, first, second]);
    expect(readFileSync(join(root, 'docs/sql.md'), 'utf8')).toBe(docs(first, second));
    expect(readFileSync(join(root, 'packages/db/picture.bin'), 'utf8')).toBe(`\0${ours}`);
    expect(await renumber(root)).toEqual({
      code: 0,
      stdout: 'nothing to do: the migrations follow those of the main line\n',
      stderr: '',
    });
  });

  test('keeps apart migrations whose new name was the old name of another', async () => {
    const [first, second, third] = [numbered(1, 'fix'), numbered(2, 'fix'), numbered(3, 'fix')];
    const root = await repository({ mainLine: [theirs], branch: [first, second] });
    expect(await renumber(root)).toMatchObject({ code: 0, stderr: '' });
    expect(await carried(root)).toEqual([...names, theirs, second, third]);
    const text = (name: string) => readFileSync(join(root, `packages/db/migrations/${name}.ts`), 'utf8');
    expect([text(second), text(third)]).toEqual([migrationText(first), migrationText(second)]);
  });

  test('closes the gap that an abandoned migration left', async () => {
    const root = await repository({ mainLine: [], branch: [more] });
    expect((await renumber(root)).stdout).toContain(`moved ${more} to ${numbered(1, 'more')}\n`);
  });

  test('renames nothing that is merged: without a branch there is nothing to do', async () => {
    const root = await repository({ mainLine: [theirs], branch: [] });
    expect((await renumber(root)).stdout).toMatch(/^nothing to do/);
  });

  test('takes the main line of another name', async () => {
    const root = await mergedSecond();
    await git(root, 'branch', '-m', 'main', 'trunk');
    const unnamed = await renumber(root);
    expect(unnamed).toMatchObject({ code: 2, stdout: '' });
    expect(unnamed.stderr).toContain('there is no origin/main or main here: name the main line with --base');
    expect(await renumber(root, '--base=trunk')).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('migrate renumber refuses, and changes nothing, for', () => {
  async function expectRefused(root: string, wanted: { code: number; reason: string }, ...args: string[]) {
    const state = async () => [
      await git(root, 'status', '--porcelain'),
      readdirSync(join(root, 'packages/db/migrations')),
    ];
    const before = await state();
    const { code, stdout, stderr } = await renumber(root, ...args);
    expect({ code, stdout }).toEqual({ code: wanted.code, stdout: '' });
    expect(stderr).toContain(`migrate: renumber: ${wanted.reason}`);
    expect(await state()).toEqual(before);
  }

  test('a checkout that lacks a migration of the main line', async () => {
    const root = await mergedSecond();
    rmSync(join(root, `packages/db/migrations/${theirs}.ts`));
    await expectRefused(root, { code: 1, reason: `this checkout lacks ${theirs} of main: rebase or merge first` });
  });

  test('a main line that has one number twice', async () => {
    const root = await repository({ mainLine: [theirs, numbered(1, 'twice')], branch: [ours] });
    await expectRefused(root, { code: 1, reason: `main itself has the number of ${numbered(1, 'twice')} twice` });
  });

  test('a base that does not exist', async () => {
    await expectRefused(await mergedSecond(), { code: 2, reason: 'there is no nowhere here' }, '--base=nowhere');
  });

  test('a folder that is no git checkout', async () => {
    const root = await mergedSecond();
    rmSync(join(root, '.git'), { recursive: true });
    const { code, stderr } = await renumber(root);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'migrate: renumber: works in a git checkout only, and needs the command git\n',
    });
  });
});

test('the list of a branch that was never renumbered has one number twice: create refuses to write it', async () => {
  const root = await mergedSecond();
  const { code, stderr } = await runNode(join(root, 'packages/db/src/cli.ts'), ['create', 'next'], { cwd: root });
  expect(code).toBe(1);
  expect(stderr).toBe(`migrate: the number of ${theirs} is taken twice: run migrate renumber\n`);
});

test('a package outside of a checkout has no folder to renumber', async () => {
  const root = await mergedSecond();
  rmSync(join(root, 'packages/db/migrations'), { recursive: true });
  rmSync(join(root, 'packages/db/src/migrations.ts'));
  expect(await renumber(root)).toMatchObject({
    code: 1,
    stderr: 'migrate: renumber: works in a checkout of the source only\n',
  });
});
