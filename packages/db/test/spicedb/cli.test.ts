// engine: postgres
/** `migrate --target=spicedb` as an operator runs it. */
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { databaseUrl } from '../../src/testing/admin.ts';
import { packageFolder, runNode } from '../support.ts';
import { DATABASE, runAll, startSpicedbServer } from './server.ts';

const server = await startSpicedbServer();
afterEach(() => server.clean());

type Env = Readonly<Record<string, string>>;

function migrate(command: readonly string[], env: Env) {
  return runNode(join(packageFolder, 'src/cli.ts'), ['--target=spicedb', ...command], { env });
}

const NO_WATCH =
  "migrate: warning: track_commit_timestamp is off: SpiceDB's Watch needs it on, which takes a restart of the server\n";

describe('the commands', () => {
  // proves C10, C11, C12, C19, C38, C39
  test('make, show and take away what SpiceDB needs, with up when there is none', async () => {
    const url = await server.urlOf();
    // The direct URL is the way to the registry's own database.
    const env = { SPICEDB_DATABASE_URL: url, DATABASE_URL: 'x', DATABASE_DIRECT_URL: 'x', DATA_DIR: '/nowhere' };
    const say = async (command: readonly string[], more: Env = {}) => {
      const { code, stdout, stderr } = await migrate(command, { ...env, ...more });
      return {
        code,
        stderr,
        lines: stdout
          .replaceAll(/20\d\d-\S+Z/g, '<time>')
          .trimEnd()
          .split('\n'),
      };
    };
    expect(await say(['status'])).toEqual({
      code: 0,
      stderr: NO_WATCH,
      lines: ['pending                   0001_bootstrap', 'role spicedb: absent', 'track_commit_timestamp: off'],
    });
    expect(await say(['version'])).toEqual({ code: 0, stderr: '', lines: ['database 0, program 1'] });
    expect(await say([], { SPICEDB_ROLE_PASSWORD: 'first' })).toEqual({
      code: 0,
      stderr: NO_WATCH,
      lines: ['applied 0001_bootstrap', 'role spicedb: made'],
    });
    expect(await say(['up'], { SPICEDB_ROLE_PASSWORD: 'second' })).toEqual({
      code: 0,
      stderr: NO_WATCH,
      lines: ['nothing to do: the schema is current', 'role spicedb: has the password of this call from now on'],
    });
    expect(await server.logIn('second')).toBe('in');
    expect((await say(['status'])).lines).toEqual([
      '<time>  0001_bootstrap',
      'role spicedb: can log in',
      'track_commit_timestamp: off',
    ]);
    expect(await say(['version'])).toEqual({ code: 0, stderr: '', lines: ['database 1, program 1'] });
    expect(await say(['down'])).toEqual({
      code: 0,
      stderr: '',
      lines: ['reverted 0001_bootstrap', 'role spicedb: dropped'],
    });
    expect((await say(['down'])).lines).toEqual(['nothing to revert', 'role spicedb: absent']);
  });

  // proves C11, C39
  test('in production down wants to be insisted on, and is refused in any case while tables are there', async () => {
    const env = { DATABASE_URL: await server.urlOf(), APP_ENV: 'prod', SPICEDB_ROLE_PASSWORD: 'first' };
    expect((await migrate([], env)).code).toBe(0);
    const { code, stderr } = await migrate(['down'], env);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'migrate: down is refused when APP_ENV=prod: back up first, then add --allow-down\nTry: migrate --help\n',
    });
    const asRole = (statement: string) => server.connected(server.roleUrl('first'), (db) => runAll(db, [statement]));
    await asRole('create table kept (id int)');
    expect(await migrate(['down', '--allow-down'], env)).toEqual({
      code: 1,
      stdout: '',
      stderr: 'migrate: schema spicedb still holds table spicedb.kept: nothing was reverted\n',
    });
    await asRole('drop table kept');
    expect((await migrate(['down', '--allow-down'], env)).code).toBe(0);
  });
});

describe('refused, with exit code 1, one line, no password and no change', () => {
  // proves C14, C16, C17, C21, C39
  test.each<[string, Env, string]>([
    ['no URL', { DATABASE_DIRECT_URL: 'set' }, 'SPICEDB_DATABASE_URL is empty, and so is DATABASE_URL'],
    ['the database of the registry', { DATABASE_URL: 'registry' }, '"registry" is no database for SpiceDB'],
    ['no password in the URL', { SPICEDB_DATABASE_URL: 'bare', PGPASSWORD: 'set' }, 'has no password of a superuser'],
    [
      'no password for the role',
      { SPICEDB_DATABASE_URL: 'right', SPICEDB_ROLE_PASSWORD: '' },
      'SPICEDB_ROLE_PASSWORD is',
    ],
    [
      'a password with a line break',
      { SPICEDB_DATABASE_URL: 'right', SPICEDB_ROLE_PASSWORD: 's3cret\n' },
      'not printable ASCII',
    ],
    ['a wrong password', { SPICEDB_DATABASE_URL: 'wrong' }, 'password authentication failed for user "postgres"'],
  ])('%s', async (_, given, reason) => {
    const right = await server.urlOf();
    const url = (change: (url: URL) => void) => {
      const changed = new URL(right);
      change(changed);
      return changed.href;
    };
    const values: Env = {
      right,
      set: right,
      registry: databaseUrl(right, 'registry'),
      bare: url((each) => {
        each.password = '';
      }),
      wrong: url((each) => {
        each.password = 's3cret';
      }),
    };
    const before = await server.catalogue(DATABASE);
    const named = Object.entries(given).map(([name, value]) => [name, values[value] ?? value]);
    const env = { SPICEDB_ROLE_PASSWORD: 's3cret', ...Object.fromEntries(named) };
    const { code, stdout, stderr } = await migrate(['up'], env);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^migrate: [^\n]+\n$/);
    expect(stderr).toContain(reason);
    expect(stderr).not.toMatch(new RegExp(`s3cret|${server.superuserPassword}`));
    expect(await server.catalogue(DATABASE)).toEqual(before);
  });
});
