import { once } from 'node:events';
import { openAsBlob } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { sql } from 'kysely';
import { afterAll, describe, expect, expectTypeOf, inject, onTestFinished, test } from 'vitest';
import { type DatabaseHandle, openDatabase } from '../src/database.ts';
import type { PostgresConfig } from '../src/database-config.ts';
import type { Db, Tx } from '../src/handles.ts';
import { testDatabase } from '../src/testing.ts';
import { newTenant } from './support.ts';

const database = await testDatabase();
afterAll(() => database.close());

/** Opens another handle: on PostgreSQL with its own pool, on PGlite with its own engine. */
async function open(config: Partial<PostgresConfig> = {}): Promise<DatabaseHandle> {
  const { url = '' } = database;
  const handle = await openDatabase(
    inject('engine') === 'postgres'
      ? { url, connectTimeoutMs: 10_000, ...config }
      : { pglite: { snapshot: await openAsBlob(inject('pglite').migrated) } },
  );
  onTestFinished(() => handle.close());
  return handle;
}

const select1 = (db: Db) => sql`select 1 as one`.execute(db);

describe('a handle', () => {
  test('names its engine and version', async () => {
    const { engine, version } = await open();
    expect(engine).toBe(inject('engine'));
    expect(await version()).toMatch(engine === 'pglite' ? /^PGlite \(PostgreSQL 1\d\.\d+\)$/ : /^PostgreSQL 1\d\.\d+$/);
  });

  // proves C7
  test('serves many callers at once', async () => {
    const { db } = await open({ connectionsMax: 3 });
    const ids = await Promise.all(Array.from({ length: 30 }, () => newTenant(db)));
    expect(new Set(ids).size).toBe(30);
    const transactions = ids.map((id) =>
      db.transaction().execute(async (tx) => {
        await tx.updateTable('tenants').set({ name: id }).where('id', '=', id).execute();
        return tx.selectFrom('tenants').select('name').where('id', '=', id).execute();
      }),
    );
    expect((await Promise.all(transactions)).flat().map(({ name }) => name)).toEqual(ids);
  });

  // proves C7
  test('is closed once, also when several callers close it', async () => {
    const { db, close } = await open();
    await select1(db);
    const closing = [close(), close()];
    expect(closing[0]).toBe(closing[1]);
    await Promise.all(closing);
    await close();
    await expect(select1(db)).rejects.toThrow();
  });

  // proves C7
  test('that was never used can be closed', async () => {
    await expect((await open()).close()).resolves.toBeUndefined();
  });

  // proves C57
  test('gives no transaction away by mistake: the compiler refuses a Db where a Tx is asked for', () => {
    expectTypeOf<Tx>().toExtend<Db>();
    expectTypeOf<Db>().not.toExtend<Tx>();
  });
});

describe('ping', () => {
  // proves C8, A52
  test('resolves when the database answers', async () => {
    await expect((await open()).ping(10_000)).resolves.toBeUndefined();
  });

  // proves C8
  test('ends when the caller says, while every connection is busy, and works again after that', async () => {
    const { db, ping } = await open({ connectionsMax: 1 });
    await db.transaction().execute(async (tx) => {
      await select1(tx);
      await expect(ping(5)).rejects.toThrow(/^db-primary: no answer within 5 ms$/);
    });
    await expect(ping(10_000)).resolves.toBeUndefined();
  });

  // proves C8
  test('of a closed handle fails at once', async () => {
    const { ping, close } = await open();
    await ping(10_000);
    await close();
    await expect(ping(10_000)).rejects.toThrow(/^db-primary: \S/);
  });
});

describe.runIf(inject('engine') === 'pglite')('on PGlite', () => {
  test('a dump opens as another database with equal rows', async () => {
    const { db, dump } = await open();
    const id = await newTenant(db);
    const copy = await openDatabase({ pglite: { snapshot: await dump() } });
    onTestFinished(() => copy.close());
    await newTenant(copy.db);
    expect(await db.selectFrom('tenants').select('id').execute()).toEqual([{ id }]);
    expect(await copy.db.selectFrom('tenants').select('id').execute()).toHaveLength(2);
  });
});

describe.runIf(inject('engine') === 'postgres')('on PostgreSQL', () => {
  async function listening(server: Server): Promise<number> {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return address.port;
  }

  async function closedPort(): Promise<number> {
    const server = createServer();
    const port = await listening(server);
    await new Promise((resolve) => server.close(resolve));
    return port;
  }

  /** A relay to the server that changes one word of what it says at the beginning: that it is no standby. */
  async function likeStandby(target: string): Promise<{ url: string; promote(): void }> {
    const [is, was] = [parameter('in_hot_standby', 'on'), parameter('in_hot_standby', 'off')];
    const { hostname, port } = new URL(target);
    let standby = true;
    const relay = createServer((client) => {
      const upstream = connect(Number(port), hostname);
      for (const socket of [client, upstream]) socket.on('error', () => {});
      client.pipe(upstream);
      client.on('close', () => upstream.destroy());
      upstream.on('close', () => client.destroy());
      upstream.on('data', (said) => {
        const at = said.indexOf(was);
        const changed = [said.subarray(0, at), is, said.subarray(at + was.length)];
        client.write(standby && at >= 0 ? Buffer.concat(changed) : said);
      });
    });
    onTestFinished(() => void relay.close());
    const url = new URL(target);
    url.host = `127.0.0.1:${await listening(relay)}`;
    const promote = () => {
      standby = false;
    };
    return { url: url.href, promote };
  }

  /** https://www.postgresql.org/docs/16/protocol-message-formats.html: ParameterStatus. */
  function parameter(name: string, value: string): Buffer {
    const body = Buffer.from(`${name}\0${value}\0`);
    const head = Buffer.from('S\0\0\0\0');
    head.writeInt32BE(body.length + 4, 1);
    return Buffer.concat([head, body]);
  }

  // proves C6, C8
  test('ping names db-primary and the reason when no server listens, and no password', async () => {
    const port = await closedPort();
    const { ping } = await open({ url: `postgres://registry:s3cret@127.0.0.1:${port}/registry` });
    await expect(ping(10_000)).rejects.toThrow(new RegExp(`^db-primary: connect ECONNREFUSED 127.0.0.1:${port}$`));
  });

  // proves C8
  test('ping ends when the caller says, although the server takes the connection and says nothing', async () => {
    const server = createServer();
    onTestFinished(() => void server.close());
    const sockets = new Set<{ destroy(): void }>();
    server.on('connection', (socket) => sockets.add(socket.on('error', () => {})));
    const port = await listening(server);
    const { ping, close } = await open({ url: `postgres://registry:s3cret@127.0.0.1:${port}/registry` });
    await expect(ping(5)).rejects.toThrow(/^db-primary: no answer within 5 ms$/);
    for (const socket of sockets) socket.destroy();
    await close();
  });

  // proves C6
  test('a refused login is reported without the password', async () => {
    const url = new URL(database.url ?? '');
    url.username = 'stranger';
    url.password = 's3cret';
    const { db, ping } = await open({ url: url.href });
    const failures = [select1(db), ping(10_000)].map((work) => work.then(String, String));
    for (const failure of await Promise.all(failures)) {
      expect(failure).toContain('"stranger"');
      expect(failure).not.toContain('s3cret');
    }
  });

  const connections = async (applicationName: string) => {
    const { rows } = await sql<{ pid: number }>`
      select pid from pg_stat_activity where application_name = ${applicationName}`.execute(database.db);
    return rows.map(({ pid }) => pid);
  };

  // proves C8
  test('ping opens no connection beside the pool', async () => {
    const applicationName = 'test-ping';
    const { db, ping } = await open({ applicationName, connectionsMax: 1 });
    await select1(db);
    const before = await connections(applicationName);
    expect(before).toHaveLength(1);
    await ping(10_000);
    await ping(10_000);
    expect(await connections(applicationName)).toEqual(before);
  });

  // proves C3
  test('opening makes no connection, and never more than the config allows', async () => {
    const applicationName = 'test-pool';
    const { db } = await open({ applicationName, connectionsMax: 2 });
    expect(await connections(applicationName)).toEqual([]);
    await Promise.all(Array.from({ length: 20 }, () => select1(db)));
    expect(await connections(applicationName)).toHaveLength(2);
  });

  // proves C3
  test('the server knows who connects and how long a statement may take', async () => {
    const setting = async ({ db }: DatabaseHandle, name: string) => {
      const { rows } = await sql<{ value: string }>`select current_setting(${name}) as value`.execute(db);
      return rows[0]?.value;
    };
    const [byDefault, chosen] = [await open(), await open({ statementTimeoutMs: 1_234, applicationName: 'job' })];
    expect(await setting(byDefault, 'application_name')).toBe('tenant-registry');
    expect(await setting(byDefault, 'statement_timeout')).toBe('30s');
    expect(await setting(chosen, 'application_name')).toBe('job');
    expect(await setting(chosen, 'statement_timeout')).toBe('1234ms');
  });

  test('a pooler in transaction mode is asked for no statement timeout, and listeners go past it', async () => {
    const pooled = await open({ directUrl: database.url, statementTimeoutMs: 1_234 });
    const { rows } = await sql`select current_setting('statement_timeout') as value`.execute(pooled.db);
    expect(rows).toEqual([{ value: '0' }]);
  });

  test('a process that is lost in the middle of a transaction holds no lock for ever', async () => {
    const [lost, other] = [await open({ statementTimeoutMs: 200 }), await open()];
    const lock = sql`select pg_advisory_xact_lock(4711)`;
    const tx = await lost.db.startTransaction().execute();
    await lock.execute(tx);
    await lock.execute(other.db); // hangs until the server ends the transaction that hears nothing
    await expect(sql`select 1`.execute(tx)).rejects.toThrow();
    await tx
      .rollback()
      .execute()
      .catch(() => {});
  });

  // proves C3
  test('a statement that takes too long is ended by the server', async () => {
    const { db } = await open({ statementTimeoutMs: 20 });
    await expect(sql`select pg_sleep(60)`.execute(db)).rejects.toMatchObject({ code: '57014' });
  });

  // proves C7
  test('a connection that dies while idle is logged and replaced', async () => {
    const applicationName = 'test-idle';
    const logged = Promise.withResolvers<string>();
    const { db } = await open({ applicationName, log: logged.resolve });
    await select1(db);
    const [pid] = await connections(applicationName);
    await sql`select pg_terminate_backend(${pid})`.execute(database.db);
    expect(await logged.promise).toMatch(/^database connection lost: terminating connection/);
    await expect(select1(db)).resolves.toMatchObject({ rows: [{ one: 1 }] });
  });

  test('a connection whose server refuses a write as read-only is replaced', async () => {
    const { db } = await open({ applicationName: 'test-read-only', connectionsMax: 1 });
    await sql`set session characteristics as transaction read only`.execute(db);
    await expect(newTenant(db)).rejects.toMatchObject({ code: '25006' });
    await expect(newTenant(db)).resolves.toEqual(expect.any(String));
  });

  test('a transaction in which the server refuses a write as read-only fails, and the next one succeeds', async () => {
    const { db } = await open({ applicationName: 'test-read-only', connectionsMax: 1 });
    await sql`set session characteristics as transaction read only`.execute(db);
    await expect(db.transaction().execute((tx) => newTenant(tx))).rejects.toMatchObject({ code: '25006' });
    await expect(db.transaction().execute((tx) => newTenant(tx))).resolves.toEqual(expect.any(String));
  });

  test('a standby is not taken, unless it is asked for, and taken once it is promoted', async () => {
    const server = await likeStandby(database.url ?? '');
    const { ping } = await open({ url: server.url });
    await expect(ping(10_000)).rejects.toThrow('db-primary: the server is a standby');
    await expect((await open({ url: server.url, primaryOnly: false })).ping(10_000)).resolves.toBeUndefined();
    server.promote();
    await expect(ping(10_000)).resolves.toBeUndefined();
  });

  test('cannot be dumped as an archive', async () => {
    await expect((await open()).dump()).rejects.toThrow('use pg_dump');
  });
});

describe('a statement whose text begins with its name', () => {
  const marked = (db: Db, n: number) => sql<{ n: number }>`/* prepare test_marked */ select ${n}::int as n`.execute(db);
  const names = async (db: Db) => {
    const { rows } = await sql<{ name: string }>`select name from pg_prepared_statements`.execute(db);
    return rows.map(({ name }) => name);
  };

  test.runIf(inject('engine') === 'postgres')('is planned once by a connection, inside a transaction too', async () => {
    const { db } = await open({ connectionsMax: 1 });
    await db.transaction().execute(async (tx) => {
      for (const n of [1, 2]) expect((await marked(tx, n)).rows).toEqual([{ n }]);
    });
    expect((await marked(db, 3)).rows).toEqual([{ n: 3 }]);
    expect(await names(db)).toEqual(['test_marked']);
  });

  test.runIf(inject('engine') === 'postgres')('leaves nothing behind in the sessions of a pooler', async () => {
    const { url = '' } = database;
    const { db } = await open({ connectionsMax: 1, directUrl: url });
    expect((await marked(db, 1)).rows).toEqual([{ n: 1 }]);
    expect(await names(db)).toEqual([]);
  });

  test('is a statement like any other on every engine', async () => {
    const { db } = await open();
    expect((await marked(db, 1)).rows).toEqual([{ n: 1 }]);
  });
});
