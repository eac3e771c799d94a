// engine: postgres
/** What `bootstrapSpicedb` makes, and for whom. */
import { sql } from 'kysely';
import { afterEach, describe, expect, test } from 'vitest';
import { migrateUp, schemaVersion } from '../../src/migrate.ts';
import { scramVerifier } from '../../src/scram.ts';
import { literal, setPassword } from '../../src/spicedb/role.ts';
import { bootstrapSpicedb, revertSpicedb, SpicedbError, spicedbStatus } from '../../src/spicedb.ts';
import { DATABASE, runAll, startSpicedbServer } from './server.ts';
import { migrationsLikeSpicedb, workLikeSpicedb } from './spicedb-tables.ts';

const server = await startSpicedbServer();
afterEach(() => server.clean(['other', 'owner']));

const NO_WATCH = "track_commit_timestamp is off: SpiceDB's Watch needs it on, which takes a restart of the server";

async function up(rolePassword = 'first', database = DATABASE) {
  return bootstrapSpicedb({ url: await server.urlOf(database), rolePassword });
}

const flags = 'rolcanlogin, rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls';
const loginAlone = {
  rolcanlogin: true,
  rolsuper: false,
  rolcreatedb: false,
  rolcreaterole: false,
  rolreplication: false,
  rolbypassrls: false,
};

function withoutVerifiers(catalogue: unknown): string {
  return JSON.stringify(catalogue).replaceAll(/SCRAM-SHA-256[^,]*/g, '');
}

async function roleFlags() {
  return server.run([`select ${flags} from pg_roles where rolname = 'spicedb'`]);
}

describe('the role', () => {
  // proves C13, C22
  test('may log in and nothing else, with a verifier that was made here', async () => {
    const answer = await up("it's");
    expect(answer).toEqual({
      applied: ['0001_bootstrap'],
      role: { name: 'spicedb', created: true },
      warnings: [NO_WATCH],
    });
    expect(await roleFlags()).toEqual([loginAlone]);
    const [row] = await server.run<{ rolpassword: string }>([
      "select rolpassword from pg_authid where rolname = 'spicedb'",
    ]);
    const stored = row?.rolpassword ?? '';
    expect(stored).toMatch(/^SCRAM-SHA-256\$4096:/);
    const salt = Buffer.from(stored.split(/[:$]/)[2] ?? '', 'base64');
    expect(salt.length).toBe(16);
    expect(await scramVerifier("it's", salt)).toBe(stored);
    await server.run(["alter role spicedb password 'made by the server'"]);
    const [own] = await server.run<{ rolpassword: string }>([
      "select rolpassword from pg_authid where rolname = 'spicedb'",
    ]);
    const theirs = Buffer.from(own?.rolpassword.split(/[:$]/)[2] ?? '', 'base64');
    expect(await scramVerifier('made by the server', theirs)).toBe(own?.rolpassword);
  });

  // proves C10, C19
  test('gets another password when the call is repeated: the old one fails, and nothing else changes', async () => {
    await up('first');
    expect([await server.logIn('first'), await server.logIn('second')]).toEqual(['in', '28P01']);
    const before = withoutVerifiers(await server.catalogue());
    const { migrations } = await spicedbStatus({ url: await server.urlOf() });
    expect(await up('second')).toEqual({
      applied: [],
      role: { name: 'spicedb', created: false },
      warnings: [NO_WATCH],
    });
    expect([await server.logIn('first'), await server.logIn('second')]).toEqual(['28P01', 'in']);
    expect((await spicedbStatus({ url: await server.urlOf() })).migrations).toEqual(migrations);
    expect(withoutVerifiers(await server.catalogue())).toEqual(before);
  });

  // proves C18, C22
  test.each([
    "it's",
    '\\',
    "\\'",
    '$$',
    "x\\' superuser; --",
    "' superuser; --",
    ' %41 @:/?# ',
    '"\'`',
    'SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy',
    '~'.repeat(200),
  ])('takes the password %j as it is, also where a backslash escapes', async (password) => {
    const url = await server.urlOf();
    await server.run([
      `alter database ${DATABASE} set standard_conforming_strings = off`,
      `alter database ${DATABASE} set backslash_quote = on`,
    ]);
    await bootstrapSpicedb({ url, rolePassword: password });
    expect(await server.logIn(password)).toBe('in');
    expect(await server.logIn(`${password}x`)).toBe('28P01');
    expect(await roleFlags()).toEqual([loginAlone]);
  });

  // proves C18
  test('a literal is its text where the setting is on, and would be SQL where it is off', async () => {
    const text = "x\\' || current_user --";
    const url = await server.urlOf();
    const read = (setting: 'on' | 'off') =>
      server.connected(url, async (db) => {
        await runAll(db, ['set backslash_quote = on', `set standard_conforming_strings = ${setting}`]);
        const { rows } = await sql<{ text: string }>`
          select ${literal(text)}
          as text`.execute(db);
        return rows[0]?.text;
      });
    expect(await read('on')).toBe(text);
    expect(await read('off')).toBe("x'postgres");
  });

  // proves C20, C21, C22
  test('is in the records of the server, and neither its password nor its verifier, although every statement is recorded', async () => {
    await server.urlOf();
    await server.run(['create extension pg_stat_statements', 'select pg_stat_statements_reset()']);
    await up("it's a secret");
    await up('another secret');
    await spicedbStatus({ url: await server.urlOf() });
    const log = await server.log();
    expect(log).toContain('create role "spicedb" nologin nosuperuser nocreatedb nocreaterole noreplication');
    expect(log).toContain('alter role "spicedb" login');
    expect(log).toContain('statement: start transaction isolation level repeatable read read only\n');
    expect(log).toContain('statement: set local standard_conforming_strings = on\n');
    const revoked = log.indexOf('revoke all on schema spicedb from public');
    expect(revoked).toBeGreaterThan(0);
    expect(log.indexOf('grant usage, create on schema spicedb to spicedb')).toBeGreaterThan(revoked);
    for (const secret of ["it's a secret", "it''s a secret", 'another secret', 'SCRAM-SHA-256$']) {
      expect(log).not.toContain(secret);
    }
    const kept = await server.run<{ query: string }>(['select query from pg_stat_statements']);
    const queries = kept.map(({ query }) => query).join('\n');
    expect(queries).toContain('alter role "spicedb" login');
    expect(queries).not.toContain('SCRAM-SHA-256$');
  });

  // proves C22
  test('has no verifier in the list of activities either, which holds the last statement of a call that hangs', async () => {
    const url = await server.urlOf();
    await server.run(['create role spicedb']);
    await server.connected(url, (db) =>
      db.transaction().execute(async (tx) => {
        const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
        await setPassword(tx, await scramVerifier('first'));
        const seen = await server.run<{ query: string }>([
          `select query from pg_stat_activity where pid = ${rows[0]?.pid}`,
        ]);
        expect(seen).toHaveLength(1);
        expect(seen[0]?.query).not.toContain('SCRAM-SHA-256$');
      }),
    );
    expect(await server.logIn('first')).toBe('in');
  });

  // proves C13
  test('loses the powers that it had, and the call says so', async () => {
    await server.urlOf();
    await server.run(["create role spicedb login createdb createrole bypassrls replication valid until '2020-01-01'"]);
    const { warnings, role } = await up('first');
    expect(role.created).toBe(false);
    const lost = ['create databases', 'create roles', 'replicate', 'bypass row-level security'];
    expect(warnings).toEqual([...lost.map((power) => `role spicedb could ${power}, and cannot any more`), NO_WATCH]);
    expect(await roleFlags()).toEqual([loginAlone]);
    expect(await server.logIn('first')).toBe('in');
  });

  test('gets its rights back when it was dropped and made anew', async () => {
    await up();
    await server.run(['drop owned by spicedb', 'drop role spicedb']);
    expect((await up('second')).applied).toEqual([]);
    await server.connected(server.roleUrl('second'), (db) => runAll(db, ['create table found (id int)']));
    expect(await server.run(["select 'spicedb.found'::regclass"])).toHaveLength(1);
  });
});

describe('the schema', () => {
  // proves C13, C20
  test('is for the role alone, and the role can make objects there and nowhere else', async () => {
    await server.urlOf();
    await server.run([
      "create role other login password 'other'",
      `revoke connect on database ${DATABASE} from public`,
      `alter database ${DATABASE} set search_path = public`,
    ]);
    await server.run([`grant connect on database ${DATABASE} to other`]);
    await up();
    const rights = "has_schema_privilege(x.rolname, 'spicedb', 'usage') as usage";
    expect(
      await server.run([`select rolname, ${rights} from pg_roles x where rolname in ('other', 'spicedb') order by 1`]),
    ).toEqual([
      { rolname: 'other', usage: false },
      { rolname: 'spicedb', usage: true },
    ]);
    const [acl] = await server.run<{ acl: string }>([
      "select nspacl::text as acl from pg_namespace where nspname = 'spicedb'",
    ]);
    expect(acl?.acl).toBe('{postgres=UC/postgres,spicedb=UC/postgres}');

    await server.connected(server.roleUrl('first'), async (db) => {
      await runAll(db, ['create table kept (id int)', 'insert into kept values (1)']);
      expect(await runAll(db, ['select id from spicedb.kept'])).toEqual([{ id: 1 }]);
      for (const statement of [
        'create table public.kept (id int)',
        'create table spicedb_bootstrap.kept (id int)',
        'delete from spicedb_bootstrap.spicedb_migration',
        'create schema own',
        'create database own',
        'create role own',
        'create extension pg_trgm',
        'alter role spicedb createdb',
        'alter schema spicedb rename to own',
        'set role postgres',
      ]) {
        await expect(runAll(db, [statement]), statement).rejects.toMatchObject({ code: '42501' });
      }
    });
    await server.connected(server.roleUrl('other', { user: 'other' }), async (db) => {
      for (const statement of ['select * from spicedb.kept', 'create table spicedb.own (id int)']) {
        await expect(runAll(db, [statement]), statement).rejects.toMatchObject({ code: '42501' });
      }
    });
  });

  // proves C13
  test('takes statements of the kinds that SpiceDB runs, and without the bootstrap the first one fails', async () => {
    await server.urlOf();
    await server.run(["create role other login password 'other'"]);
    const others = server.roleUrl('other', { user: 'other' });
    await expect(server.connected(others, (db) => runAll(db, migrationsLikeSpicedb))).rejects.toMatchObject({
      code: '42501',
    });
    await up();
    await server.connected(server.roleUrl('first'), async (db) => {
      await runAll(db, [...migrationsLikeSpicedb, ...workLikeSpicedb]);
    });
    const places = await server.run(["select distinct schemaname from pg_tables where tableowner = 'spicedb'"]);
    expect(places).toEqual([{ schemaname: 'spicedb' }]);
  });

  test('other places in which the role could make objects are warned of', async () => {
    await server.urlOf();
    await server.run(['grant create on schema public to public', `grant create on database ${DATABASE} to public`]);
    expect((await up()).warnings).toEqual([
      `role spicedb can also create in database ${DATABASE}, as PUBLIC, by a grant or as owner`,
      'role spicedb can also create in schema public, as PUBLIC, by a grant or as owner',
      NO_WATCH,
    ]);
  });

  test('other roles that could act as the role, or make objects in the schema, are warned of', async () => {
    await server.urlOf();
    await server.run([
      'create role spicedb',
      'create role other',
      'create role owner',
      'grant spicedb to other with inherit false, set false, admin true',
      'alter default privileges grant create on schemas to owner',
    ]);
    const warnings = ['other', 'owner'].map((name) => {
      return `role ${name} can act as spicedb, or create in its schema, by a grant`;
    });
    expect((await up()).warnings).toEqual([...warnings, NO_WATCH]);
  });
});

// proves C21
test('a server that lets the role in with any password is warned of', async () => {
  await up();
  const [found] = await server.run<{ file: string; text: string }>([
    "select current_setting('hba_file') as file, pg_read_file(current_setting('hba_file')) as text",
  ]);
  const { file, text } = found ?? { file: '', text: '' };
  const write = async (content: string, expected: string) => {
    const lines = content.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    const values = lines.map((line) => `('${line}')`).join(', ');
    await server.run([`copy (values ${values}) to '${file}'`, 'select pg_reload_conf()'], 'postgres');
    await expect.poll(() => server.logIn('wrong')).toBe(expected);
  };
  await write(`host all spicedb 127.0.0.1/32 trust\n${text}`, 'in');
  try {
    expect((await up('second')).warnings).toEqual([
      NO_WATCH,
      'the server lets spicedb in with any password: see trust in its pg_hba.conf',
    ]);
  } finally {
    await write(text, '28P01');
  }
});

describe('several calls at once', () => {
  // proves C10
  test('wait for each other, on one database and on several, whatever isolation these choose', async () => {
    const databases = [DATABASE, 'b-spicedb', 'spicedb', DATABASE, 'b-spicedb', DATABASE];
    for (const database of databases) {
      await server.urlOf(database);
      await server.run([`alter database "${database}" set default_transaction_isolation = 'serializable'`]);
    }
    const answers = await Promise.all(databases.map((database) => up('same', database)));
    const applied = answers.flatMap(({ applied }, index) => applied.map((name) => `${databases[index]} ${name}`));
    expect(applied.sort()).toEqual([...new Set(databases)].map((name) => `${name} 0001_bootstrap`).sort());
    expect(answers.filter(({ role }) => role.created)).toHaveLength(1);
    for (const database of databases) expect(await server.logIn('same', { database })).toBe('in');
  });
});

describe('down', () => {
  // proves C11
  test('leaves roles and schemas as they were before up, and has nothing to revert after that', async () => {
    const url = await server.urlOf();
    const before = await server.catalogue();
    await up();
    expect(await server.catalogue()).not.toEqual(before);
    const lines: string[] = [];
    const answer = await revertSpicedb({ url, log: (line) => lines.push(line) });
    expect(answer).toEqual({ reverted: ['0001_bootstrap'], role: 'dropped', warnings: [] });
    expect(lines).toEqual(['reverted 0001_bootstrap', 'role spicedb: dropped']);
    const { databases, ...rest } = (await server.catalogue()) as { databases: unknown[] };
    const { databases: rightsBefore, ...restBefore } = before as { databases: unknown[] };
    expect(rest).toEqual(restBefore);
    expect(databases).toHaveLength(rightsBefore.length);
    expect(await revertSpicedb({ url })).toEqual({ reverted: [], role: 'absent', warnings: [] });
    expect(await server.catalogue()).toMatchObject(rest);
    expect((await up('again')).applied).toEqual(['0001_bootstrap']);
  });

  // proves C11
  test("is refused while SpiceDB's tables are there, and changes nothing", async () => {
    const url = await server.urlOf();
    await up();
    await server.connected(server.roleUrl('first'), (db) => runAll(db, migrationsLikeSpicedb));
    const before = await server.catalogue();
    await expect(revertSpicedb({ url })).rejects.toMatchObject({
      code: 'schema_not_empty',
      message: expect.stringMatching(/^schema spicedb still holds .*, more: nothing was reverted$/),
    });
    expect(await server.catalogue()).toEqual(before);
    expect(await server.logIn('first')).toBe('in');
  });

  // proves C11
  test('keeps the role while another database of the server needs it', async () => {
    await up('first', 'b-spicedb');
    expect((await up('same')).warnings).toContain('b-spicedb uses role spicedb too, with the same password');
    expect([await server.logIn('first', { database: 'b-spicedb' }), await server.logIn('same')]).toEqual([
      '28P01',
      'in',
    ]);
    expect(await revertSpicedb({ url: await server.urlOf() })).toEqual({
      reverted: ['0001_bootstrap'],
      role: 'kept',
      warnings: ['role spicedb stays: b-spicedb needs it'],
    });
    expect(await server.logIn('same', { database: 'b-spicedb' })).toBe('in');
    expect((await revertSpicedb({ url: await server.urlOf('b-spicedb') })).role).toBe('dropped');
  });

  test('works where the schema or the role was dropped by hand', async () => {
    const url = await server.urlOf();
    await up();
    await server.run(['drop schema spicedb', 'drop owned by spicedb', 'drop role spicedb']);
    expect(await revertSpicedb({ url })).toEqual({ reverted: ['0001_bootstrap'], role: 'absent', warnings: [] });
    expect((await up()).applied).toEqual(['0001_bootstrap']);
  });
});

describe('status', () => {
  // proves C9, C12
  test('lists the tree, which has books of its own, the role, and whether Watch can work; it makes nothing', async () => {
    const url = await server.urlOf();
    const before = await server.catalogue();
    expect(await spicedbStatus({ url })).toEqual({
      migrations: [{ name: '0001_bootstrap', applied_at: null }],
      version: { database: 0, program: 1 },
      role: null,
      track_commit_timestamp: false,
      warnings: [NO_WATCH],
    });
    expect(await server.catalogue()).toEqual(before);
    await up();
    await server.run(['alter role spicedb nologin createdb', 'grant pg_read_all_data to spicedb']);
    expect(await spicedbStatus({ url })).toMatchObject({
      migrations: [{ name: '0001_bootstrap', applied_at: expect.stringMatching(/^20\d\d-.+Z$/) }],
      version: { database: 1, program: 1 },
      role: { can_login: false, powers: ['create databases', 'act as pg_read_all_data'] },
    });
    const books = await server.run([
      "select schemaname, tablename from pg_tables where schemaname !~ '^pg_|information' order by tablename",
    ]);
    expect(books).toEqual([
      { schemaname: 'spicedb_bootstrap', tablename: 'spicedb_migration' },
      { schemaname: 'spicedb_bootstrap', tablename: 'spicedb_migration_lock' },
    ]);
  });
});

// proves C9
test("the registry's own tree, in the same database, finds its books and none of SpiceDB's", async () => {
  const url = await server.urlOf();
  await up();
  await server.connected(url, async (db) => {
    expect(await schemaVersion(db)).toBe(0);
    expect(await migrateUp(db, 1)).toEqual(['0001_init']);
  });
  expect((await spicedbStatus({ url })).version).toEqual({ database: 1, program: 1 });
  await revertSpicedb({ url });
  expect(await server.connected(url, schemaVersion)).toBe(1);
});

// proves C10
test('a call that fails on the way changes nothing, and says why', async () => {
  const url = await server.urlOf();
  await server.run([
    `create function refuse() returns event_trigger language plpgsql as $$ begin
      if exists (select from pg_event_trigger_ddl_commands() where object_identity = 'spicedb') then
        raise 'no schemas today' using detail = 'because password ''first'' is known';
      end if;
    end $$`,
    "create event trigger refuse on ddl_command_end when tag in ('CREATE SCHEMA') execute function refuse()",
  ]);
  const before = await server.catalogue();
  const failed = await bootstrapSpicedb({ url, rolePassword: 'first' }).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(SpicedbError);
  expect(failed).toMatchObject({ code: 'failed', message: '0001_bootstrap: no schemas today' });
  expect(failed).toMatchObject({ cause: { name: 'Error', cause: { code: 'P0001' } } });
  expect(await server.catalogue()).toEqual(before);
});
