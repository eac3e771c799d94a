// engine: postgres
/** The command `copy`, from the embedded engine on a disk into PostgreSQL, and what it refuses. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DatabaseHandle, embeddedDirectory, migrateUp, openDatabase } from '@tenant-registry/db';
import { type CopyOptions, copyDatabase, SEEDED } from '@tenant-registry/db/copy';
import { emptyDatabase, type TestDatabase, testDatabase } from '@tenant-registry/db/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { populatedTenant } from '../../db/test/populated-tenant.ts';
import { run } from '../src/cli/program.ts';
import { verifyAudit } from '../src/modules/audit/verify/verify.ts';
import { ask, newKey } from './support/api-keys.ts';
import { signNow } from './support/audit-log.ts';
import { childEnv } from './support/child-env.ts';
import { eventually } from './support/eventually.ts';
import { blocksOf } from './support/page-blocks.ts';
import { startTestServer } from './support/server.ts';
import { startProcess } from './support/server-process.ts';

const cli = fileURLToPath(new URL('../src/cli.ts', import.meta.url));
const silent = { begin() {}, done() {}, end() {} };
const options: CopyOptions = { dryRun: false, progress: silent };

/** The commands of docs/backup.md. */
const blocks = blocksOf('backup.md');
let [folder, packed, unpacked] = ['', '', ''];
let source: DatabaseHandle;
let key = '';
const opened: TestDatabase[] = [];

async function target(open: typeof emptyDatabase = emptyDatabase): Promise<TestDatabase> {
  const database = await open();
  opened.push(database);
  return database;
}

const openSource = (of = folder) => openDatabase({ pglite: { dataDir: embeddedDirectory(of) } });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'copy-'));
  packed = await mkdtemp(join(tmpdir(), 'copy-packed-'));
  unpacked = join(packed, 'data');
  const database = await openSource();
  await migrateUp(database.db);
  const server = await startTestServer({ database });
  key = (await newKey(server)).key;
  await signNow(server);
  await newKey(server);
  await server.close();
  const places = { DATA_DIR: folder, NEW_DATA_DIR: unpacked };
  for (const name of ['pack', 'unpack'])
    execFileSync('sh', ['-euc', blocks.get(name) ?? 'exit 9'], { cwd: packed, env: { ...childEnv(), ...places } });
  source = await openSource();
}, 60_000);
afterAll(async () => {
  await source?.close();
  for (const each of opened) await each.close().catch(() => {});
  for (const each of [folder, packed]) await rm(each, { recursive: true, force: true });
});

async function countsOf({ db }: DatabaseHandle): Promise<Record<string, number>> {
  const { rows } = await sql<{ name: string; rows: number }>`
    select c.relname as name,
      (xpath('/row/n/text()', query_to_xml(format('select count(*) as n from %I', c.relname), false, true, '')))[1]::text::int
        as rows
    from pg_class c where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') order by 1`.execute(
    db,
  );
  return Object.fromEntries(rows.filter((row) => row.rows > 0).map((row) => [row.name, row.rows]));
}

test('migrations put rows into no tables but those whose rows a copy replaces', async () => {
  const counts = await countsOf(await target(testDatabase));
  expect(Object.keys(counts).filter((name) => !name.startsWith('kysely_'))).toEqual([...SEEDED].sort());
});

test('a copy into an empty database has every row, its keys verify, and the audit log is proved', async () => {
  const to = await target();
  const copied = await copyDatabase(source, to, options);
  expect(copied.migrates).toBe(true);
  expect(copied.tables.find(({ table }) => table === 'api_keys')?.rows).toBe(2);
  const found: unknown[] = [];
  const progress = { begin() {}, done() {}, end() {} };
  const report = (finding: { severity: string }) => {
    if (finding.severity === 'finding') found.push(finding);
  };
  await verifyAudit(to.db, { tenant: undefined, verifiers: [], anchors: [], report, progress });
  expect(found).toEqual([]);
  const server = await startTestServer({ database: to });
  expect((await ask(server, { key })).body).toMatchObject({ valid: true });
  await newKey(server);
  await server.close();
});

test('a database that has rows, or another version, or is the source itself, is refused, and stays as it is', async () => {
  const used = await target(testDatabase);
  await sql`insert into replica_leases (id, lease_ms) values (gen_random_uuid(), 1000)`.execute(used.db);
  const before = await countsOf(used);
  await expect(copyDatabase(source, used, options)).rejects.toThrow(/not fresh: the table replica_leases/);
  expect(await countsOf(used)).toEqual(before);
  await expect(copyDatabase(used, used, options)).rejects.toThrow('the same database');
  const newer = await target(testDatabase);
  await sql`insert into kysely_migration (name, timestamp) values ('9999_later', now()::text)`.execute(newer.db);
  await expect(copyDatabase(source, newer, options)).rejects.toThrow(/target/);
  const older = await target(testDatabase);
  await sql`delete from kysely_migration where name >= '0028_audit_proofs'`.execute(older.db);
  await expect(copyDatabase(source, older, options)).rejects.toThrow(/the target is at version 27/);
});

test('the owner of a database needs no rights of a superuser', async () => {
  const to = await target();
  const url = new URL(to.url ?? '');
  const [name, owner] = [url.pathname.slice(1), `${url.pathname.slice(1)}_owner`];
  await sql`create role ${sql.id(owner)} login password 'owner'`.execute(to.db);
  await sql`grant tenant_registry_tenant to ${sql.id(owner)} with inherit false, set true`.execute(to.db);
  await sql`alter database ${sql.id(name)} owner to ${sql.id(owner)}`.execute(to.db);
  url.username = owner;
  url.password = 'owner';
  const owned = await openDatabase({ url: url.href });
  try {
    expect((await copyDatabase(source, owned, options)).migrates).toBe(true);
  } finally {
    await sql`reassign owned by ${sql.id(owner)} to current_user`.execute(to.db);
    await owned.close();
    await sql`drop owned by ${sql.id(owner)}`.execute(to.db);
    await sql`drop role ${sql.id(owner)}`.execute(to.db);
  }
});

test('a dry run tells of the rows, and changes nothing', async () => {
  const to = await target();
  const told = await copyDatabase(source, to, { ...options, dryRun: true });
  expect([told.migrates, told.rows > 0, await countsOf(to)]).toEqual([true, true, {}]);
});

test('a wrong call is said before anything is opened', async () => {
  const to = 'postgres://nobody@127.0.0.1:1/none';
  expect(await run(['copy', '--from', join(folder, 'absent'), '--to', to])).toBe(2);
  expect(await run(['copy', '--from', folder, '--to', 'mysql://x/y'])).toBe(2);
  expect(await run(['copy', '--from', folder])).toBe(2);
  // The lock of the folder is held.
  expect(await run(['copy', '--from', folder, '--to', to])).toBe(1);
});

/** Rows for the tables that belong to no tenant. */
async function fillRest({ db }: DatabaseHandle): Promise<void> {
  await sql`insert into event_relays (name, position) values ('nats', 7)`.execute(db);
  await sql`insert into replica_leases (id, lease_ms) values (gen_random_uuid(), 1000)`.execute(db);
  await sql`insert into replica_marks (replica_id, tenant_ids) select id, array[id] from replica_leases`.execute(db);
  await sql`
    insert into idempotency_keys (principal, key, request_hash, claim_id, lease_until, body)
    values ('operator', 'k', 'h', gen_random_uuid(), now(), E'ä\\\\"\\t€')`.execute(db);
}

/** Calls the command of the page with these places, and returns its exit code and what it said. */
async function call(places: Readonly<Record<string, string>>, ...more: string[]) {
  const [program, ...args] = (blocks.get('copy') ?? '').trim().split(' ');
  expect(program).toBe('tenant-registry');
  const out = vi.spyOn(console, 'log').mockImplementation(() => {});
  const err = vi.spyOn(console, 'error').mockImplementation(() => {});
  try {
    const code = await run([...args.map((each) => places[each] ?? each), ...more]);
    return { code, out: out.mock.calls.flat().join('\n'), err: err.mock.calls.flat() };
  } finally {
    vi.restoreAllMocks();
  }
}

test('a data directory that was packed while it rested is a registry where it is unpacked; rows of every table are copied', async () => {
  const restored = await openSource(unpacked);
  const server = await startTestServer({ database: { ...restored, close: async () => {} } });
  expect((await ask(server, { key })).body).toMatchObject({ valid: true });
  await server.close();
  await populatedTenant(restored.db);
  await fillRest(restored);
  const first = await target();
  const copied = await copyDatabase(restored, first, options).finally(() => restored.close());
  expect(copied.tables.filter(({ rows }) => rows === 0).map(({ table }) => table)).toEqual([]);
  // Once more, now from PostgreSQL, by the command.
  const second = await target();
  const places = { '"$PGURL"': first.url ?? '', '"$NEWURL"': second.url ?? '' };
  const told = await call(places, '--json');
  expect(told).toMatchObject({ code: 0, err: [] });
  expect(JSON.parse(told.out)).toMatchObject({ dry_run: false, migrates: true, tables: copied.tables });
  const before = await countsOf(second);
  expect(await call(places)).toEqual({
    code: 1,
    out: '',
    err: [
      expect.stringMatching(/^tenant-registry: the target is not fresh: the table \w+ has rows\. Nothing was changed$/),
    ],
  });
  expect(await countsOf(second)).toEqual(before);
});

test('a row that is lost or changed on the way is seen, and nothing is copied', async () => {
  const to = await target(testDatabase);
  const before = await countsOf(to);
  await sql`create rule lost as on insert to audit_checkpoints do instead nothing`.execute(to.db);
  await sql`create rule other as on insert to api_keys do also update api_keys set name = 'other'`.execute(to.db);
  await expect(copyDatabase(source, to, options)).rejects.toThrow(
    'the copy is not what the source is, in api_keys, audit_checkpoints: it was rolled back',
  );
  expect(await countsOf(to)).toEqual(before);
});

test('a user from whom rows are hidden copies nothing', async () => {
  const [from, to] = [await target(testDatabase), await target()];
  const url = new URL(from.url ?? '');
  const reader = `${url.pathname.slice(1)}_reader`;
  await sql`create role ${sql.id(reader)} login password 'reader'`.execute(from.db);
  await sql`grant select on all tables in schema public to ${sql.id(reader)}`.execute(from.db);
  [url.username, url.password] = [reader, 'reader'];
  const reading = await openDatabase({ url: url.href });
  try {
    await expect(copyDatabase(reading, to, options)).rejects.toThrow(
      /user of the source does not see all rows of api_keys/,
    );
    expect(await countsOf(to)).toEqual({});
  } finally {
    await reading.close();
    await sql`drop owned by ${sql.id(reader)}`.execute(from.db);
    await sql`drop role ${sql.id(reader)}`.execute(from.db);
  }
});

test('a copy that is killed half-way leaves no row, and the next one is whole', async () => {
  const [from, to] = [await target(), await target(testDatabase)];
  await copyDatabase(source, from, options);
  const before = await countsOf(to);
  await sql`create rule waits as on insert to api_keys do also select pg_advisory_xact_lock(8)`.execute(to.db);
  await to.db.connection().execute(async (holder) => {
    await sql`select pg_advisory_lock(8)`.execute(holder);
    const args = ['copy', '--from', from.url ?? '', '--to', to.url ?? ''];
    const { child, ended } = startProcess({}, cli, { args });
    await eventually(async () => expect(await sessionsOf(to, 'tenant-registry-copy', 'Lock')).toBe(1));
    child.kill('SIGKILL');
    await ended;
    await sql`select pg_advisory_unlock(8)`.execute(holder);
  });
  await eventually(async () => expect(await sessionsOf(to, 'tenant-registry-copy')).toBe(0));
  expect(await countsOf(to)).toEqual(before);
  await sql`drop rule waits on api_keys`.execute(to.db);
  expect((await copyDatabase(from, to, options)).migrates).toBe(false);
});

async function sessionsOf({ db }: DatabaseHandle, name: string, waitsFor?: string): Promise<number> {
  const { rows } = await sql<{ sessions: number }>`
    select count(*) as sessions from pg_stat_activity
    where datname = current_database() and application_name = ${name}
      and (${waitsFor ?? null}::text is null or wait_event_type = ${waitsFor ?? null})`.execute(db);
  return Number(rows[0]?.sessions);
}
