import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { migrations } from '../src/migrations.ts';
import { type CommandOptions, commandEnv, packageCopy, packageFolder, run, runNode } from './support.ts';

const names = Object.keys(migrations);
const newest = Number(names.at(-1)?.slice(0, 4));

/** Runs the real command in the package's folder, or in a copy of it, and resolves to what it printed. */
async function kysely(command: readonly string[], { cwd = packageFolder, env = {} }: CommandOptions): Promise<string> {
  const args = [...command, '--no-outdated-check', '--no-filesystem-caching'];
  const { code, stdout, stderr } = await run(join(packageFolder, 'node_modules/.bin/kysely'), args, { cwd, env });
  expect({ code, stderr: code === 0 ? '' : stderr + stdout }).toEqual({ code: 0, stderr: '' });
  return stdout + stderr;
}

/** `✓` applied, or ` ` pending, for each migration that a list shows. */
function marks(list: string): Record<string, string> {
  return Object.fromEntries([...list.matchAll(/\[(.)\] (\d{4}_\w+)/g)].map(([, mark = '', name = '']) => [name, mark]));
}

const marked = (mark: string) => Object.fromEntries(names.map((name) => [name, mark]));

describe('the kysely command', () => {
  // proves A6, A8, B13, B14
  test('shares the database, the list and the bookkeeping with migrate', async () => {
    const env = await commandEnv('empty');
    const migrate = async (...args: string[]) =>
      (await runNode('src/cli.ts', args, { cwd: packageFolder, env })).stdout;

    const listed = await kysely(['migrate:list'], { env });
    expect(marks(listed)).toEqual(marked(' '));
    expect(listed).not.toContain('Ignoring');
    await kysely(['migrate:up'], { env });
    expect(await migrate('version')).toBe(`database 1, program ${newest}\n`);
    await kysely(['migrate:latest'], { env });
    expect(marks(await kysely(['migrate:list'], { env }))).toEqual(marked('✓'));
    await kysely(['migrate:down'], { env });
    expect(await migrate('up')).toBe(`applied ${names.at(-1)}\n`);
  });

  // proves A8, B13, B36
  test('makes a file with the next number', async () => {
    const cwd = packageCopy();
    const before = readdirSync(join(cwd, 'migrations'));
    await kysely(['migrate:make', 'add_groups'], { cwd });
    const made = readdirSync(join(cwd, 'migrations')).filter((file) => !before.includes(file));
    expect(made).toEqual([`${String(newest + 1).padStart(4, '0')}_add_groups.ts`]);
  });
});
