// engine: postgres
/** The command `copy`, from the embedded engine on a disk into PostgreSQL, and what it refuses. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DatabaseHandle, embeddedDirectory, migrateUp, openDatabase } from '@tenant-registry/db';
import { type CopyOptions, copyDatabase, SEEDED } from '@tenant-registry/db/copy';
import { emptyDatabase, type TestDatabase, testDatabase } from '@tenant-registry/db/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../src/cli/program.ts';
import { verifyAudit } from '../src/modules/audit/verify/verify.ts';
import { ask, newKey } from './support/api-keys.ts';
import { signNow } from './support/audit-log.ts';
import { startTestServer } from './support/server.ts';

const silent = { begin() {}, done() {}, end() {} };
const options: CopyOptions = { dryRun: false, progress: silent };

let folder = '';
let source: DatabaseHandle;
let key = '';
const opened: TestDatabase[] = [];

async function target(open: typeof emptyDatabase = emptyDatabase): Promise<TestDatabase> {
  const database = await open();
  opened.push(database);
  return database;
}

const openSource = () => openDatabase({ pglite: { dataDir: embeddedDirectory(folder) } });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'copy-'));
  const database = await openSource();
  await migrateUp(database.db);
  const server = await startTestServer({ database });
  key = (await newKey(server)).key;
  await signNow(server);
  await newKey(server);
  await server.close();
  source = await openSource();
}, 60_000);
afterAll(async () => {
  await source?.close();
  for (const each of opened) await each.close().catch(() => {});
  await rm(folder, { recursive: true, force: true });
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
  await sql`delete from kysely_migration where name = '0028_audit_proofs'`.execute(older.db);
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
