import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, inject, test } from 'vitest';
import { openDatabase } from '../src/database.ts';
import { databaseConfigFromEnv } from '../src/database-env.ts';
import { migrations } from '../src/migrations.ts';
import { repository } from './repository.ts';
import { type CommandOptions, commandEnv, packageFolder, runNode } from './support.ts';

const names = Object.keys(migrations);
const versions = names.map((name) => Number(name.slice(0, 4)));
const newest = versions.at(-1);

type Env = CommandOptions['env'];

function migrate(args: readonly string[], env: Env = {}) {
  return runNode(join(packageFolder, 'src/cli.ts'), args, { env });
}

/** Runs the command, which must succeed without a word on standard error, and resolves to the lines that it printed. */
async function printed(args: readonly string[], env: Env): Promise<string[]> {
  const { code, stdout, stderr } = await migrate(args, env);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.trimEnd().split('\n');
}

describe('the commands', () => {
  // proves A2, A6, A7, A24, C12, C38, C39
  test('move the schema and say what they did; with no command everything is applied', async () => {
    const env = await commandEnv('empty');
    expect(await printed(['status'], env)).toEqual(names.map((name) => `pending                   ${name}`));
    expect(await printed(['up', '1'], env)).toEqual([`applied ${names[0]}`]);
    expect(await printed([], env)).toEqual(names.slice(1).map((name) => `applied ${name}`));
    expect(await printed(['up'], env)).toEqual(['nothing to do: the schema is current']);
    const status = await printed(['--target=core', 'status'], env);
    expect(status.map((line) => line.replace(/^20\d\d-\S+Z {2}/, ''))).toEqual(names);
  });

  // proves A6, B13, B35, C11
  test('go back one step, several or all, and force only rewrites the bookkeeping', async () => {
    const env = await commandEnv('migrated');
    const back = names.toReversed().map((name) => `reverted ${name}`);
    const forced = (version = 0) => [`forced to version ${version}: the schema itself was not touched`];
    const [third] = versions.slice(-3);
    expect(await printed(['down', '2'], env)).toEqual(back.slice(0, 2));
    expect(await printed(['force', String(newest)], env)).toEqual(forced(newest));
    expect(await printed(['version'], env)).toEqual([`database ${newest}, program ${newest}`]);
    expect(await printed(['force', String(third)], env)).toEqual(forced(third));
    expect(await printed(['down-all'], env)).toEqual(back.slice(2));
    expect(await printed(['down'], env)).toEqual(['nothing to revert']);
  });

  // proves C11, C39
  test('revert in production when the caller insists', async () => {
    const env = { ...(await commandEnv('migrated')), APP_ENV: 'prod' };
    if (inject('engine') === 'pglite') {
      const { code, stdout, stderr } = await migrate(['version'], env);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toBe('migrate: DATABASE_URL is empty: the embedded engine is not for production\n');
      return;
    }
    expect(await printed(['down', '--allow-down'], env)).toEqual([`reverted ${names.at(-1)}`]);
    expect(await printed(['up'], env)).toEqual([`applied ${names.at(-1)}`]);
  });
});

describe('renumber', () => {
  test('is refused while the database has a migration that would move, and goes on when it is reverted', async () => {
    const [theirs, ours] = ['theirs', 'ours'].map((name) => `${String(Number(newest) + 1).padStart(4, '0')}_${name}`);
    const root = await repository({ mainLine: [String(theirs)], branch: [String(ours)] });
    const env = await commandEnv('migrated');
    const bookkeeping = async (statement: string) => {
      const { db, close } = await openDatabase(databaseConfigFromEnv(env));
      await sql.raw(statement).execute(db);
      await close();
    };
    const renumber = () => runNode(join(root, 'packages/db/src/cli.ts'), ['renumber'], { env });

    await bookkeeping(`insert into kysely_migration values ('${ours}', '2026-01-01T00:00:00.000Z')`);
    const refused = await renumber();
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain(`migrate: renumber: ${ours} is applied to this database`);
    expect(existsSync(join(root, `packages/db/migrations/${ours}.ts`))).toBe(true);

    await bookkeeping(`delete from kysely_migration where name = '${ours}'`);
    expect(await renumber()).toMatchObject({ code: 0, stderr: '' });
  });
});

describe.runIf(inject('engine') === 'postgres')('several processes at once', () => {
  // proves A7, A24, C10
  test('apply every migration once', async () => {
    const env = await commandEnv('empty');
    const outputs = await Promise.all([1, 2, 3, 4].map(() => printed(['up'], env)));
    const applied = outputs.flat().filter((line) => line.startsWith('applied'));
    expect(applied).toEqual(names.map((name) => `applied ${name}`));
  });
});
