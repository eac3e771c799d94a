// engine: none
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { latestVersion } from '../src/migrate.ts';
import { migrations } from '../src/migrations.ts';
import { type CommandOptions, packageCopy, packageFolder, runNode, temporaryFolder } from './support.ts';

const names = Object.keys(migrations);

type Env = CommandOptions['env'];

function migrate(args: readonly string[], env: Env = {}) {
  return runNode(join(packageFolder, 'src/cli.ts'), args, { env });
}

/** No server listens there: a call that gets as far as the database fails, with exit code 1. */
const unreachable = { DATABASE_URL: 'postgres://registry:s3cret@127.0.0.1:1/registry' };

describe('--help', () => {
  // proves C38, C39
  test.each([[['--help']], [['nonsense', '-h']]])('%j explains everything', async (args) => {
    const { code, stdout: help, stderr } = await migrate(args, unreachable);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const commands = ['up [N]', 'down [N]', 'down-all', 'status', 'version', 'force V', 'create NAME', 'renumber'];
    const options = ['--target=core', '--target=spicedb', '--allow-down', '--base=BRANCH'];
    const variables = [
      'DATABASE_DIRECT_URL',
      'DATABASE_URL',
      'APP_ENV',
      'SPICEDB_DATABASE_URL',
      'SPICEDB_ROLE_PASSWORD',
    ];
    for (const word of [...commands, ...options, ...variables]) {
      expect(help).toContain(word);
    }
  });
});

describe('a call that is wrong ends with 2, before anything is opened', () => {
  // proves C38, C39
  test.each([
    [['nonsense'], 'unknown command "nonsense"'],
    [['up', 'two'], 'up: "two" is not a whole number'],
    [['down', '-1'], "Unknown option '-1'"],
    [['up', '1', '2'], 'up: too many words'],
    [['down-all', '1'], 'down-all: too many words'],
    [['force'], 'force: one more word is needed'],
    [['force', 'v1'], 'force: "v1" is not a whole number'],
    [
      ['force', String(latestVersion + 1)],
      `force: version ${latestVersion + 1} does not exist: the newest is ${latestVersion}`,
    ],
    [['create'], 'create: one more word is needed'],
    [['renumber', '13'], 'renumber: too many words'],
    [['up', '--base=main'], '--base belongs to renumber alone'],
    [['--target=other', 'up'], 'unknown target "other": it is core or spicedb'],
    [['--target=spicedb', 'nonsense'], 'unknown command "nonsense"'],
    [['--target=spicedb', 'up', '1'], 'up: too many words'],
    [['--target=spicedb', 'down', '1'], 'down: too many words'],
    [['--target=spicedb', 'up', '--base=main'], '--base belongs to renumber alone'],
    [
      ['--target=spicedb', 'down-all'],
      'down-all is no command of --target=spicedb, which takes up, down, status, version',
    ],
    [['--target=spicedb', 'force', '1'], 'force is no command of --target=spicedb'],
    [['--target=spicedb', 'create', 'x'], 'create is no command of --target=spicedb'],
    [['--target=spicedb', 'renumber'], 'renumber is no command of --target=spicedb'],
    [['--verbose'], "Unknown option '--verbose'"],
  ])('%j', async (args, reason) => {
    const { code, stdout, stderr } = await migrate(args, unreachable);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`migrate: ${reason}`);
    expect(stderr).toMatch(/\nTry: migrate --help\n$/);
  });

  // proves C11
  test('a misspelt APP_ENV, which would otherwise switch the protection off', async () => {
    const { code, stderr } = await migrate(['down-all'], { ...unreachable, APP_ENV: 'production' });
    expect(code).toBe(2);
    expect(stderr).toContain('APP_ENV is "production": it must be dev, stage, prod');
  });

  // proves B36, C11
  test.each([[['down', '1']], [['down-all']], [['force', '1']], [['down', '--target=spicedb']]])(
    '%j in production',
    async (args) => {
      const { code, stderr } = await migrate(args, { ...unreachable, APP_ENV: 'prod' });
      expect(code).toBe(2);
      expect(stderr).toContain(`${args[0]} is refused when APP_ENV=prod: back up first, then add --allow-down`);
    },
  );
});

describe('a database that cannot be opened ends with 1, and one line that holds no password', () => {
  // proves A23, A72, C6, C21, C39
  test.each([
    ['no server listens', 'postgres://registry:s3cret@127.0.0.1:1/registry', 'ECONNREFUSED 127.0.0.1:1'],
    ['no such host', 'postgres://registry:s3cret@nowhere.invalid/registry', 'nowhere.invalid'],
    ['not a URL', 'registry:s3cret@127.0.0.1', 'url: must start with postgres:// or postgresql://'],
    ['another scheme', 'mysql://registry:s3cret@127.0.0.1/registry', 'url: must start with'],
    ['no database', 'postgres://registry:s3cret@127.0.0.1', 'url: names no database'],
    ['a password with a slash', 'postgres://registry:s3/s3cret@127.0.0.1/registry', 'url: cannot be read: Invalid URL'],
    ['a port that is a word', 'postgres://registry:s3cret@127.0.0.1:s3cret/registry', 'url: cannot be read'],
    ['a missing file', 'postgres://registry:s3cret@127.0.0.1:1/registry?sslrootcert=/none', 'ENOENT'],
    ['a password in the query', 'postgres://127.0.0.1:1/registry?user=registry&password=s3cret', 'ECONNREFUSED'],
  ])('%s', async (_, url, reason) => {
    const { code, stdout, stderr } = await migrate(['up'], { DATABASE_URL: url });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^migrate: [^\n]+\n$/);
    expect(stderr).toContain(reason);
    expect(stderr).not.toContain('s3cret');
  });

  // proves C39
  test.each([[['version']], [['status']], [['down', '--allow-down']], [['force', '0', '--allow-down']]])(
    '%j',
    async (args) => {
      const { code, stdout, stderr } = await migrate(args, { ...unreachable, APP_ENV: 'prod' });
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toBe('migrate: connect ECONNREFUSED 127.0.0.1:1\n');
    },
  );

  // proves C6
  test('a URL in the place of the command is a wrong call, and not repeated with its password', async () => {
    const { code, stdout, stderr } = await migrate([unreachable.DATABASE_URL]);
    expect(code).toBe(2);
    expect(stdout + stderr).toContain('unknown command "postgres://registry:***@127.0.0.1:1/registry"');
    expect(stdout + stderr).not.toContain('s3cret');
  });

  test('a data directory that cannot be made', async () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    const { code, stderr } = await migrate(['version'], { DATA_DIR: file });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^migrate: E[A-Z]+: [^\n]+\n$/);
  });
});

describe('create', () => {
  const create = (folder: string, name: string) => runNode(join(folder, 'src/cli.ts'), ['create', name]);
  const next = String(latestVersion + 1).padStart(4, '0');
  const afterNext = String(latestVersion + 2).padStart(4, '0');

  // proves A8, A11, B13, B36
  test('writes the next numbered file and adds it to the list, so that the program carries it', async () => {
    const folder = packageCopy();
    writeFileSync(join(folder, 'migrations/.DS_Store'), '');
    const first = await create(folder, 'add_groups');
    expect(first).toEqual({
      code: 0,
      stdout: `created ${join(folder, `migrations/${next}_add_groups.ts`)}\n`,
      stderr: '',
    });
    expect((await create(folder, 'add_users')).code).toBe(0);

    const script = `
      const { latestVersion } = await import('./src/migrate.ts');
      const { migrations } = await import('./src/migrations.ts');
      for (const [name, { up, down }] of Object.entries(migrations)) console.log(name, typeof up, typeof down);
      console.log(latestVersion);`;
    const list = await runNode('--input-type=module', ['-e', script], { cwd: folder });
    const all = [...names, `${next}_add_groups`, `${afterNext}_add_users`];
    expect(list.stdout.trimEnd().split('\n')).toEqual([
      ...all.map((name) => `${name} function function`),
      String(latestVersion + 2),
    ]);
  });

  // proves A8, C39
  test.each(['Groups', 'add-groups', '../groups', '', 'g'.repeat(62)])(
    'refuses the name "%s" and writes nothing',
    async (name) => {
      const folder = packageCopy();
      const before = [readdirSync(join(folder, 'migrations')), readFileSync(join(folder, 'src/migrations.ts'), 'utf8')];
      const { code, stdout, stderr } = await create(folder, name);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain(`create: "${name}" is not like add_groups`);
      const after = [readdirSync(join(folder, 'migrations')), readFileSync(join(folder, 'src/migrations.ts'), 'utf8')];
      expect(after).toEqual(before);
    },
  );
});
