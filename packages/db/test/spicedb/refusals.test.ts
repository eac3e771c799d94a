// engine: postgres
/** What the target `spicedb` refuses, and that a refusal changes nothing. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { asSpicedbError } from '../../src/spicedb/errors.ts';
import {
  bootstrapSpicedb,
  checkSpicedbTarget,
  revertSpicedb,
  SpicedbError,
  type SpicedbErrorCode,
  spicedbStatus,
} from '../../src/spicedb.ts';
import { DATABASE, runAll, startSpicedbServer } from './server.ts';

const server = await startSpicedbServer();
afterEach(() => server.clean(['other', 'owner']));

/** Resolves to the error of the call; fails when there is none. */
async function refusalOf(call: Promise<unknown>): Promise<SpicedbError> {
  const answer = await call.catch((error: unknown) => error);
  expect(answer).toBeInstanceOf(SpicedbError);
  return answer as SpicedbError;
}

const calls = {
  up: (url: string) => bootstrapSpicedb({ url, rolePassword: 'first' }),
  down: (url: string) => revertSpicedb({ url }),
  status: (url: string) => spicedbStatus({ url }),
};

/** Fails unless the call is refused with the code, and leaves roles, schemas and rights as they are. */
async function expectRefused(call: Promise<unknown>, code: SpicedbErrorCode): Promise<string> {
  const error = await refusalOf(call);
  expect({ code: error.code, message: error.message }).toMatchObject({ code });
  return error.message;
}

describe('the name of the database', () => {
  // proves C15
  test.each(['spicedb', 'a_spicedb', 'a-spicedb', 'my-own_spicedb', '_spicedb2_spicedb'])('%j is accepted', (name) => {
    expect(() => checkSpicedbTarget(name)).not.toThrow();
  });

  // proves C14, C15
  test.each([
    '',
    'spicedb2',
    'registry',
    'postgres',
    'aspicedb',
    'SPICEDB',
    '_spicedb',
    'spicedb ',
    'spicedb\n',
    'spicedb_a',
  ])('%j is refused', (name) => {
    expect(() => checkSpicedbTarget(name)).toThrow(expect.objectContaining({ code: 'wrong_target' }));
  });
});

/** Nothing listens there: whatever gets as far as a connection fails with another code. */
const nowhere = (path: string) => `postgres://postgres:s3cret@127.0.0.1:1/${path}`;

describe('before a connection is made', () => {
  // proves C14, C16
  test.each<[string, string, SpicedbErrorCode]>([
    ['no URL', '', 'url_unusable'],
    ['another scheme', 'mysql://a:s3cret@127.0.0.1:1/spicedb', 'url_unusable'],
    ['no database', 'postgres://a:s3cret@127.0.0.1:1', 'url_unusable'],
    ["the registry's database", nowhere('registry'), 'wrong_target'],
    ['another name in the query', nowhere('registry?database=spicedb'), 'wrong_target'],
    ['no user', 'postgres://:s3cret@127.0.0.1:1/spicedb', 'url_unusable'],
    ['no password', 'postgres://postgres@127.0.0.1:1/spicedb', 'superuser_password_missing'],
    ['an empty password', 'postgres://postgres:@127.0.0.1:1/spicedb', 'superuser_password_missing'],
  ])('%s is refused, whatever PGUSER and PGPASSWORD say', async (_, url, code) => {
    vi.stubEnv('PGUSER', 'postgres');
    vi.stubEnv('PGPASSWORD', server.superuserPassword);
    onTestFinished(() => void vi.unstubAllEnvs());
    for (const call of Object.values(calls)) {
      expect(await expectRefused(call(url), code)).not.toContain('s3cret');
    }
  });

  // proves C17
  test.each<[string, SpicedbErrorCode]>([
    ['', 'role_password_missing'],
    ['a line break\n', 'role_password_unusable'],
    ['pässword', 'role_password_unusable'],
    ['tab\t', 'role_password_unusable'],
    ['\u0000', 'role_password_unusable'],
  ])('the password %j for the role is refused, and not shown', async (rolePassword, code) => {
    const message = await expectRefused(bootstrapSpicedb({ url: nowhere('spicedb'), rolePassword }), code);
    if (rolePassword !== '') expect(message).not.toContain(rolePassword);
  });

  // proves C16
  test('a password in the query of the URL counts', async () => {
    const url = await server.urlOf();
    const { host } = new URL(url);
    const query = `user=postgres&password=${server.superuserPassword}`;
    await bootstrapSpicedb({ url: `postgres://${host}/${DATABASE}?${query}`, rolePassword: 'first' });
    expect(await server.logIn('first')).toBe('in');
  });
});

/** Resolves to the URL of a pooler that knows a database by another name of as many letters. */
async function aliasOf(alias: string, database: string): Promise<string> {
  const target = new URL(await server.urlOf(database));
  const { hostname: host, port } = target;
  const pooler = createServer((client) => {
    const upstream = connect(Number(port), host);
    client.once('data', (startup) => {
      // Bytes, not letters: the message begins with its length.
      upstream.write(Buffer.from(startup.toString('latin1').replace(`\0${alias}\0`, `\0${database}\0`), 'latin1'));
      client.pipe(upstream);
    });
    upstream.pipe(client);
    for (const socket of [client, upstream]) socket.on('error', () => {});
  }).listen(0, '127.0.0.1');
  await once(pooler, 'listening');
  onTestFinished(() => void pooler.close());
  target.port = String((pooler.address() as AddressInfo).port); // TCP
  target.pathname = `/${alias}`;
  return target.href;
}

describe('once connected', () => {
  // proves C14
  test('a database that a pooler knows by a name for SpiceDB is refused by its own name', async () => {
    const url = await aliasOf('a_spicedb', 'registry1');
    const before = await server.catalogue('registry1');
    for (const call of Object.values(calls)) {
      expect(await expectRefused(call(url), 'wrong_target')).toContain('"registry1" is no database for SpiceDB');
    }
    expect(await server.catalogue('registry1')).toEqual(before);
    await calls.up(await aliasOf('b_spicedb', 'a_spicedb'));
  });

  // proves C13
  test('a user that is no superuser is refused', async () => {
    await server.urlOf();
    await server.run(["create role other login createrole createdb password 'other'"]);
    const before = await server.catalogue();
    const url = server.roleUrl('other', { user: 'other' });
    expect(await expectRefused(calls.up(url), 'superuser_needed')).toContain('other is no superuser');
    await expectRefused(calls.down(url), 'superuser_needed');
    expect(await server.catalogue()).toEqual(before);
  });

  // proves C13
  test.each([
    ['a superuser', ['create role spicedb superuser login'], 'it is a superuser'],
    [
      'a member of another role',
      ['create role spicedb login', 'create role other', 'grant other to spicedb'],
      'it is a member of other',
    ],
  ])('a role of that name that is %s is left as it is', async (_, statements, reason) => {
    const url = await server.urlOf();
    await server.run(statements);
    const before = await server.catalogue();
    for (const call of [calls.up, calls.down]) {
      expect(await expectRefused(call(url), 'role_taken')).toBe(`role spicedb is left as it is: ${reason}`);
    }
    expect(await server.catalogue()).toEqual(before);
  });

  test('the role cannot be the user of the connection', async () => {
    await server.urlOf();
    await server.run(["create role spicedb superuser login password 'own'"]);
    const message = await expectRefused(calls.up(server.roleUrl('own')), 'role_taken');
    expect(message).toContain('the connection is its own');
    expect(await server.logIn('own')).toBe('in');
  });

  test('a schema of that name that somebody made is left as it is', async () => {
    const url = await server.urlOf();
    await server.run(['create schema spicedb', 'create table spicedb.kept (id int)']);
    const before = await server.catalogue();
    for (const call of Object.values(calls)) {
      expect(await expectRefused(call(url), 'schema_taken')).toContain('schema spicedb is there');
    }
    expect(await server.catalogue()).toEqual(before);
  });

  // proves C9, C13
  test('books of a stranger are not opened: a view could run anything as the superuser', async () => {
    const url = await server.urlOf();
    await server.run([
      "create role owner login password 'owner'",
      `grant create on database ${DATABASE} to owner`,
      'create table public.trapped (who text)',
      'grant insert on public.trapped to public',
    ]);
    await server.connected(server.roleUrl('owner', { user: 'owner' }), (db) =>
      runAll(db, [
        'create schema spicedb_bootstrap',
        `create function spicedb_bootstrap.trap() returns text language plpgsql as
          $$ begin insert into public.trapped values (current_user); return ''; end $$`,
        "create view spicedb_bootstrap.spicedb_migration as select spicedb_bootstrap.trap() as name, '' as timestamp",
      ]),
    );
    for (const call of Object.values(calls)) {
      expect(await expectRefused(call(url), 'schema_taken')).toContain('its owner is no superuser');
    }
    expect(await server.run(['select * from public.trapped'])).toEqual([]);
    expect(await server.run(["select from pg_roles where rolname = 'spicedb'"])).toEqual([]);
  });
});

// proves C9, C13
test('books that a stranger makes while the call waits for the role are not opened either', async () => {
  const url = await server.urlOf();
  // The usual database of a SpiceDB that was set up by hand: the role owns it, and may make schemas there.
  await server.run([
    "create role spicedb login password 'own'",
    `alter database ${DATABASE} owner to spicedb`,
    'create table public.trapped (who text)',
    'grant insert on public.trapped to public',
  ]);
  const own = server.roleUrl('own');
  const waits =
    "select from pg_stat_activity where wait_event_type = 'Lock' and application_name = 'tenant-registry-migrate'";
  const call = await server.connected(own, async (db) => {
    await runAll(db, ['begin', "alter role spicedb password 'own'"]); // up changes the same row
    const running = calls.up(url);
    await expect.poll(() => server.run([waits])).toHaveLength(1);
    const attack = server.connected(own, (db) => runAll(db, ["set lock_timeout = '200ms'", ...TRAP]));
    await attack.catch(() => {}); // the name is taken
    await runAll(db, ['rollback']);
    return running;
  });
  expect(call.applied).toEqual(['0001_bootstrap']);
  expect(await server.run(['select * from public.trapped'])).toEqual([]);
});

const TRAP = [
  'create schema spicedb_bootstrap',
  'create table spicedb_bootstrap.spicedb_migration_lock (id varchar primary key, is_locked integer)',
  `create function spicedb_bootstrap.trap() returns trigger language plpgsql as
    $$ begin insert into public.trapped values (current_user); return new; end $$`,
  `create trigger trap before insert on spicedb_bootstrap.spicedb_migration_lock
    for each row execute function spicedb_bootstrap.trap()`,
];

test('functions that others made in the database are not called, although its search path names them', async () => {
  const url = await server.urlOf();
  await server.run([
    'create schema evil',
    "create function evil.current_database() returns name language sql as $$ select 'registry'::name $$",
    `alter database ${DATABASE} set search_path = evil, pg_catalog`,
  ]);
  expect(await server.run(['select current_database() as name'])).toEqual([{ name: 'registry' }]);
  expect((await calls.up(url)).applied).toEqual(['0001_bootstrap']);
  expect((await calls.status(url)).version).toEqual({ database: 1, program: 1 });
  expect((await calls.down(url)).role).toBe('dropped');
});

describe('a failure', () => {
  // proves C6, C21
  test('of the login, or of the way there, shows no password', async () => {
    const url = new URL(await server.urlOf());
    url.password = 'wr%40ng%2Fs3cret';
    for (const each of [url.href, nowhere('spicedb'), 'postgres://a:s3cret@nowhere.invalid/spicedb']) {
      for (const call of Object.values(calls)) {
        const error = await refusalOf(call(each));
        expect(error.code).toBe('failed');
        expect(textsOf(error)).not.toMatch(/s3cret|first/);
      }
    }
  });

  // proves C21
  test('loses passwords and verifiers in its message, in its stack and in every cause', () => {
    const verifier = 'SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy';
    const statement = `alter role spicedb password '${verifier}' and it''s`;
    const inner = Object.assign(new Error(`near ${statement} at postgres://a:s3cret@db/x`), {
      code: '42601',
      detail: statement,
      internalQuery: statement,
      where: statement,
    });
    const error = asSpicedbError(new Error("wrapped it's", { cause: inner }), ["it's", 's3cret', verifier]);
    expect(error.code).toBe('failed');
    expect(error).toMatchObject({ cause: { cause: { code: '42601' } } });
    const texts = textsOf(error);
    expect(texts).toContain('near alter role spicedb');
    expect(texts).not.toMatch(/it'+s|s3cret|c2FsdA|c3RvcmVk|c2VydmVy/);
  });
});

/** Everything that the error and its causes show. */
function textsOf(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error) ?? '';
  const members = Object.getOwnPropertyNames(error).filter((name) => name !== 'cause');
  const own = members.map((name) => String(Reflect.get(error, name)));
  return [...own, textsOf(error.cause)].join('\n');
}
