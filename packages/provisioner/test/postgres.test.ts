// engine: postgres

import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { connectManaged, managedServer } from '@tenant-registry/db';
import { startPostgres } from '@tenant-registry/db/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { serverNames } from '../src/postgres/names.ts';
import { createPostgresProvisioner } from '../src/postgres/provisioner.ts';
import { newOrder } from '../src/testing/order.ts';
import type { Desired, Observed } from '../src/types.ts';
import { openPostgresWorld, type PostgresWorld, readKey } from './support/postgres-world.ts';

let world: PostgresWorld;
beforeAll(async () => {
  world = await openPostgresWorld({ superuserUrl: inject('postgres').adminUrl, admin: 'limited' });
});
afterAll(() => world.close());

const signal = new AbortController().signal;
const reconcile = (desired: Desired, of = world): Promise<Observed> => of.provisioner.reconcile(desired, signal);
const make = async (order = world.order(), of = world): Promise<Desired> => {
  const { external_uid, ...seen } = await reconcile(order, of);
  expect(seen).toMatchObject({ message: null, phase: 'ready', reason: 'healthy', in_sync: true });
  return { ...order, external_uid };
};
const present = <T>(value: T | null | undefined): T => {
  if (value === null || value === undefined) throw new Error('it is not there');
  return value;
};
const credentialsOf = async (desired: Desired, of = world) => present(await of.credentials(desired));
const rotate = (desired: Desired, current: 'a' | 'b', other: 'open' | 'closed') =>
  reconcile({ ...desired, logins: { current, other } });

// proves D32, D33
test('a client that reads the secret at each connect never fails while twenty rotations go by', async () => {
  const desired = await make();
  const results = { connected: 0, failed: [] as unknown[] };
  let running = true;
  const client = async () => {
    while (running) {
      try {
        const url = new URL(await readKey(world, desired, 'uri'));
        const credential = { user: url.username, password: url.password };
        await world.asClient(desired, credential, (db) => sql`select 1`.execute(db));
        results.connected += 1;
      } catch (error) {
        results.failed.push(error);
      }
    }
  };
  const clients = [client(), client()];
  const users = new Set<string>();
  for (let rotation = 1; rotation <= 20; rotation++) {
    const current = rotation % 2 === 1 ? 'b' : 'a';
    expect((await rotate(desired, current, 'open')).login).toEqual({ current, other: 'open' });
    users.add((await credentialsOf(desired)).password);
    // The grace: whoever read the old secret has connected with it.
    const seen = results.connected;
    await expect.poll(() => results.connected + results.failed.length).toBeGreaterThan(seen + 2);
    expect((await rotate(desired, current, 'closed')).login).toEqual({ current, other: 'closed' });
  }
  running = false;
  await Promise.all(clients);
  expect(results.failed).toEqual([]);
  expect([users.size, results.connected > 40]).toEqual([20, true]);
});

test('closing a login ends its sessions at once, and leaves those of the other one', async () => {
  const desired = await make();
  const old = await credentialsOf(desired);
  await world.asClient(desired, old, async (oldSession) => {
    await sql`select 1`.execute(oldSession);
    await rotate(desired, 'b', 'open');
    await sql`select 1`.execute(oldSession);
    await world.asClient(desired, await credentialsOf(desired), async (newSession) => {
      await sql`select 1`.execute(newSession);
      expect((await rotate(desired, 'b', 'closed')).login).toEqual({ current: 'b', other: 'closed' });
      // The pool would connect anew, which the closed login cannot either.
      await expect(sql`select 1`.execute(oldSession)).rejects.toThrow();
      await sql`select 1`.execute(newSession);
    });
  });
  expect(await world.secrets.read('default', desired.names.logins.a)).toBeNull();
  const [role] = await world.asSuperuser(sql<{ password: string | null; can: boolean }>`
    select rolpassword as password, rolcanlogin as can from pg_authid
    where rolname = ${serverNames(desired.names).logins.a}`);
  expect(role).toEqual({ password: null, can: false });
});

test('what clients make belongs to the owner, whichever login they use, and a rotation loses none of it', async () => {
  const desired = await make();
  await world.keep(desired, 'with a');
  await rotate(desired, 'b', 'open');
  await rotate(desired, 'b', 'closed');
  await world.keep(desired, 'with b');
  expect(await world.kept(desired)).toEqual(['with a', 'with b']);
});

test('only the logins of a database get into it', async () => {
  const [one, two] = [await make(), await make()];
  const error = await world.asClient(two, await credentialsOf(one), (db) => sql`select 1`.execute(db)).catch((e) => e);
  expect(error).toMatchObject({ code: '42501' });
});

test('the server is sent verifiers and no password', async () => {
  const remembering = { shared_preload_libraries: 'pg_stat_statements', 'pg_stat_statements.track': 'all' };
  const server = await startPostgres(remembering, { ...process.env, TEST_DATABASE_URL: '' });
  const own = await openPostgresWorld({ superuserUrl: server.url, admin: 'limited' });
  try {
    await own.asSuperuser(sql`create extension pg_stat_statements`);
    const desired = await make(own.order(), own);
    const passwords = [(await credentialsOf(desired, own)).password];
    await own.provisioner.reconcile({ ...desired, logins: { current: 'b', other: 'open' } }, signal);
    passwords.push((await credentialsOf(desired, own)).password);
    const { database, logins } = serverNames(desired.names);
    const stored = await own.asSuperuser(sql<{ rolpassword: string }>`
      select rolpassword from pg_authid where starts_with(rolname, ${database}) and rolcanlogin`);
    expect(stored).toHaveLength(2);
    for (const { rolpassword } of stored) expect(rolpassword).toMatch(/^SCRAM-SHA-256\$4096:/);
    const remembered = await own.asSuperuser(sql<{ query: string }>`select query from pg_stat_statements`);
    const said = [...own.statements, ...remembered.map(({ query }) => query)].join('\n');
    // A password in a statement would have been remembered: what stands in its place was.
    expect(said).toContain(`alter role "${logins.b}" with login password 'SCRAM-SHA-256$`);
    for (const password of passwords) {
      expect(password.length).toBeGreaterThan(40);
      expect(said).not.toContain(password);
    }
  } finally {
    await own.close();
    await server.stop();
  }
});

test('a database whose places are all taken is ready and degraded, and its login counts as proved', async () => {
  const desired = await make(newOrder({ spec: { connections: 1 } }));
  await world.asClient(desired, await credentialsOf(desired), async (db) => {
    await sql`select 1`.execute(db);
    expect(await reconcile(desired)).toMatchObject({
      phase: 'ready',
      reason: 'degraded',
      message: 'all 1 connections are in use',
      login: { current: 'a', other: 'closed' },
    });
  });
});

test('sleep ends the sessions, also those of the login in other databases', async () => {
  const desired = await make();
  const { user, password } = await credentialsOf(desired);
  await world.asClient(desired, { user, password }, async (db) => {
    await sql`select 1`.execute(db);
    expect((await reconcile({ ...desired, want: 'asleep' })).phase).toBe('asleep');
    await expect(sql`select 1`.execute(db)).rejects.toThrow();
  });
  const left = await world.asSuperuser(sql`select from pg_stat_activity where usename = ${user}`);
  expect(left).toEqual([]);
});

test('an owner that has made something in another database can be destroyed with it', async () => {
  const desired = await make();
  const { user, password } = await credentialsOf(desired);
  const url = new URL(inject('postgres').adminUrl);
  Object.assign(url, { username: user, password });
  const elsewhere = await connectManaged(url.href, signal);
  await sql`select lo_create(0)`.execute(elsewhere.db);
  expect((await reconcile({ ...desired, want: 'destroyed' })).phase).toBe('gone');
  await elsewhere.close();
});

test('a database whose owner has lost our mark is a conflict, and neither lost nor touched', async () => {
  const desired = await make();
  const { database } = serverNames(desired.names);
  await world.asSuperuser(sql`comment on role ${sql.id(database)} is 'mine now'`);
  for (const want of ['running', 'asleep'] as const)
    expect(await reconcile({ ...desired, want })).toMatchObject({ phase: 'failed', reason: 'conflict' });
  expect(await world.logIn(desired, await credentialsOf(desired))).toBe(true);
  await world.asSuperuser(sql`drop database ${sql.id(database)} with (force)`);
  await world.asSuperuser(sql`drop role ${sql.id(database)}`);
});

test('names that PostgreSQL keeps for itself are none', async () => {
  const order = world.order();
  const names = { ...order.names, cluster: order.names.cluster.replace('orders', 'pg-orders') };
  await make({ ...order, names });
});

test('lists of names and values with quotes are set as they stand, and never look changed', async () => {
  const parameters = { search_path: 'app, "$user", public', application_name: "it's ours", datestyle: 'ISO, DMY' };
  const desired = await make(newOrder({ spec: { parameters } }));
  expect((await reconcile(desired)).repaired).toEqual([]);
  const { rows } = await world.asClient(desired, await credentialsOf(desired), (db) =>
    sql<{ path: string[]; name: string; style: string }>`
      select string_to_array(replace(current_setting('search_path'), '"', ''), ', ') as path,
        (
        select substr(each, 18) from pg_db_role_setting, unnest(setconfig) each
        where setrole = 0 and setdatabase = (select oid from pg_database where datname = current_database())
          and starts_with(each, 'application_name=')
      ) as name, current_setting('datestyle') as style`.execute(db),
  );
  expect(rows).toEqual([{ path: ['app', '$user', 'public'], name: "it's ours", style: 'ISO, DMY' }]);
});

test('a database whose removal was cut off is told as broken, and can be removed to the end', async () => {
  const desired = await make();
  const { database } = serverNames(desired.names);
  // What PostgreSQL leaves behind when `drop database` is cancelled.
  await world.asSuperuser(sql`update pg_database set datconnlimit = -2 where datname = ${database}`);
  for (const want of ['running', 'asleep', 'retained'] as const)
    expect(await reconcile({ ...desired, want })).toMatchObject({ phase: 'failed', reason: 'unrecoverable' });
  expect((await reconcile({ ...desired, want: 'destroyed' })).phase).toBe('gone');
  expect(await world.asSuperuser(sql`select from pg_database where datname = ${database}`)).toEqual([]);
});

test('on another server a database is neither lost nor removed, and on its own it goes on', async () => {
  const other = await startPostgres({}, { ...process.env, TEST_DATABASE_URL: '' });
  const ownUrl = await readFile(world.adminUrlFile, 'utf8');
  try {
    const desired = await make();
    await writeFile(world.adminUrlFile, other.url);
    for (const want of ['running', 'asleep', 'retained', 'destroyed'] as const)
      await expect(reconcile({ ...desired, want })).rejects.toMatchObject({
        name: 'ProvisionerUnavailable',
        message: expect.stringContaining('another server'),
      });
    await writeFile(world.adminUrlFile, ownUrl);
    expect(await reconcile(desired)).toMatchObject({ phase: 'ready', in_sync: true, repaired: [] });
    // An upgraded server calls itself otherwise, and has the database under its number, with our marks.
    const external_uid = present(desired.external_uid).replace(/@.*/, '@1');
    expect(await reconcile({ ...desired, external_uid })).toMatchObject({ phase: 'ready', external_uid });
    await world.drop(desired);
    expect(await reconcile({ ...desired, external_uid })).toMatchObject({ phase: 'lost' });
  } finally {
    await writeFile(world.adminUrlFile, ownUrl);
    await other.stop();
  }
});

test('a login of a database that sleeps gets in nowhere, so that it cannot open it; the old one wakes with it', async () => {
  const desired = await make();
  const old = await credentialsOf(desired);
  await rotate(desired, 'b', 'open');
  const logins = { current: 'b', other: 'open' } as const;
  await reconcile({ ...desired, want: 'asleep', logins });
  const url = new URL(inject('postgres').adminUrl);
  for (const { user, password } of [old, await credentialsOf(desired)]) {
    Object.assign(url, { username: user, password });
    const elsewhere = await connectManaged(url.href, signal);
    await expect(sql`select 1`.execute(elsewhere.db)).rejects.toMatchObject({ code: '28000' });
    await elsewhere.close();
  }
  expect(await reconcile({ ...desired, logins })).toMatchObject({ phase: 'ready', repaired: [], login: logins });
  expect(await world.logIn(desired, old)).toBe(true);
  await reconcile({ ...desired, want: 'asleep', logins });
  // Its grace is over when the database wakes.
  expect((await rotate(desired, 'b', 'closed')).login).toEqual({ current: 'b', other: 'closed' });
  const [role] = await world.asSuperuser(sql<{ password: string | null }>`
    select rolpassword as password from pg_authid where rolname = ${serverNames(desired.names).logins.a}`);
  expect(role).toEqual({ password: null });
});

test('a login takes no more places in other databases than it may have in its own', async () => {
  const desired = await make(newOrder({ spec: { connections: 1 } }));
  const { user, password } = await credentialsOf(desired);
  const url = new URL(inject('postgres').adminUrl);
  Object.assign(url, { username: user, password });
  const [first, second] = [await connectManaged(url.href, signal), await connectManaged(url.href, signal)];
  await sql`select 1`.execute(first.db);
  await expect(sql`select 1`.execute(second.db)).rejects.toMatchObject({ code: '53300' });
  expect(await reconcile(desired)).toMatchObject({ phase: 'ready', reason: 'degraded' });
  await first.close();
  await second.close();
});

test('what clients make in the database of the administrator is never called with the rights of the administrator', async () => {
  const server = await startPostgres({}, { ...process.env, TEST_DATABASE_URL: '' });
  const own = await openPostgresWorld({ superuserUrl: server.url, admin: 'limited' });
  try {
    const desired = await make(own.order(), own);
    // As on servers that were upgraded from before PostgreSQL 15.
    await own.asSuperuser(sql`grant create on schema public to public`);
    const url = new URL(server.url);
    const { user, password } = await credentialsOf(desired, own);
    Object.assign(url, { username: user, password });
    const client = await connectManaged(url.href, signal);
    await sql`create table met (who text)`.execute(client.db);
    await sql`grant insert on met to public`.execute(client.db);
    // It fits the call of the provisioner better than that of PostgreSQL, whose first parameter is a name.
    await sql`
      create function public.has_database_privilege(text, oid, text) returns boolean language sql volatile as $$
        insert into public.met values (current_user) returning false $$`.execute(client.db);
    await reconcile(desired, own);
    const { rows } = await sql`select who from met`.execute(client.db);
    await sql`drop owned by current_user`.execute(client.db);
    await client.close();
    expect(rows).toEqual([]);
  } finally {
    await own.close();
    await server.stop();
  }
});

// proves D15
test.each([
  ['a parameter that does not exist', { parameters: { no_such_thing: '1' } }, 'no_such_thing'],
  ['a value that does not fit', { parameters: { work_mem: 'much' } }, 'work_mem'],
  ['a parameter of the server', { parameters: { shared_buffers: '1GB' } }, 'shared_buffers'],
  ['a parameter for superusers', { parameters: { log_statement: 'all' } }, 'log_statement'],
  ['an extension that is not there', { extensions: ['no-such-extension'] }, 'no-such-extension'],
  ['an extension that is not trusted', { extensions: ['file_fdw'] }, 'file_fdw'],
])('%s is refused, and the message says which and what to do', async (_, spec, named) => {
  const observed = await reconcile(newOrder({ spec }));
  expect(observed).toMatchObject({ phase: 'failed', reason: 'refused', in_sync: false });
  expect(observed.message).toContain(named);
  expect(observed.message).toMatch(/tier|server/);
});

const provisionerWith = (url: string | null, options = {}) => {
  const adminUrlFile = join(world.directory, `url-${Math.random()}`);
  const written = url === null ? Promise.resolve() : writeFile(adminUrlFile, url);
  return {
    adminUrlFile,
    written,
    provisioner: createPostgresProvisioner({ ...world.options, adminUrlFile, ...options }),
  };
};

test('a server that cannot be used is unavailable, and the message says why and holds no password', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as { port: number }; // TCP
  const good = new URL(inject('postgres').adminUrl);
  const wrong = new URL(good);
  wrong.password = 'hunter2-hunter2';
  const cases: [string | null, RegExp][] = [
    [`postgres://admin:hunter2-hunter2@127.0.0.1:1/postgres`, /127\.0\.0\.1:1.*ECONNREFUSED/],
    [`postgres://admin:hunter2-hunter2@127.0.0.1:${port}/postgres`, new RegExp(`127\\.0\\.0\\.1:${port}.*timeout`)],
    [wrong.href, /password authentication failed.*28P01/],
    ['http://admin:hunter2-hunter2@x/', /must start with postgres/],
    ['postgres://127.0.0.1/x?user=admin&password=hunter2-hunter2', /after the question mark/],
    ['postgres://admin:hunter2-hunter2@[x/y', /cannot be read|is no URL/],
    [null, /cannot be read: .*ENOENT/],
  ];
  for (const [url, message] of cases) {
    const { provisioner, written } = provisionerWith(url);
    await written;
    const error = await provisioner.reconcile(world.order(), signal).catch((thrown) => thrown);
    expect(error).toMatchObject({ name: 'ProvisionerUnavailable', message: expect.stringMatching(message) });
    expect(`${error.message}${error.stack}${JSON.stringify(error.cause ?? '')}`).not.toContain('hunter2-hunter2');
    await expect(provisioner.list(signal)).rejects.toMatchObject({ name: 'ProvisionerUnavailable' });
  }
  silent.close();
});

test('an administrator that lacks rights is told which, and may get them while the registry runs', async () => {
  const role = `weak_${Math.random().toString(36).slice(2)}`;
  await world.asSuperuser(sql`create role ${sql.id(role)} login password 'weak-weak'`);
  const url = new URL(inject('postgres').adminUrl);
  Object.assign(url, { username: role, password: 'weak-weak' });
  const { provisioner, written, adminUrlFile } = provisionerWith(url.href);
  await written;
  const order = world.order();
  await expect(provisioner.reconcile(order, signal)).rejects.toMatchObject({
    name: 'ProvisionerUnavailable',
    message: expect.stringMatching(/may not create databases.*may not create roles/),
  });
  // The file is read at each connect.
  await writeFile(adminUrlFile, new URL(inject('postgres').adminUrl).href);
  expect(await provisioner.reconcile(order, signal)).toMatchObject({ phase: 'ready' });
  await world.asSuperuser(sql`drop role ${sql.id(role)}`);
});

test('a pass ends with its signal, also while the server keeps it waiting', async () => {
  const desired = await make();
  const { database } = serverNames(desired.names);
  const controller = new AbortController();

  const other = await connectManaged(inject('postgres').adminUrl, signal);
  await managedServer.lockName(other.db, `tenant-registry ${database}`);
  const waiting = world.provisioner.reconcile(desired, controller.signal);
  waiting.catch(() => {});
  await expect
    .poll(() => world.asSuperuser(sql`select from pg_locks where locktype = 'advisory' and not granted`))
    .toHaveLength(1);
  const reason = new Error('enough');
  controller.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  await other.close();
  expect(await reconcile(desired)).toMatchObject({ phase: 'ready', repaired: [] });
});

test('an administrator never connects to a database of a client', async () => {
  const desired = await make();
  const { database } = serverNames(desired.names);
  // What its owner puts in the way of every catalog runs with the rights of the session that meets it.
  await world.asClient(desired, await credentialsOf(desired), async (db) => {
    await sql`create table met (who text)`.execute(db);
    await sql`
      create function public.meet() returns oid language sql as $$
        insert into public.met values (session_user) returning 0::oid $$`.execute(db);
    await sql`create view public.pg_extension as select 'x'::name as extname, public.meet() as oid`.execute(db);
    await sql`alter database ${sql.id(database)} set search_path = public, pg_catalog`.execute(db);
  });
  await reconcile({ ...desired, spec: { ...desired.spec, extensions: ['pg_trgm'] } });
  await reconcile({ ...desired, want: 'asleep' });
  await reconcile(desired);
  const who = await world.asSuperuser(sql`select who from public.met`, database);
  expect(who).toEqual([]);
  const connected = await world.asSuperuser(sql<{ usename: string }>`
    select usename from pg_stat_activity where datname = ${database} and backend_type = 'client backend'
      and not starts_with(usename, ${database})`);
  expect(connected.filter(({ usename }) => usename.startsWith('admin_'))).toEqual([]);
});
