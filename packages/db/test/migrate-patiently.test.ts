// engine: postgres
/** A migration beside a transaction that has been open for long: nobody waits behind the migration for longer than it may. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../src/database.ts';
import { migrateUp, schemaVersion } from '../src/migrate.ts';
import { migrateUpPatiently } from '../src/migrate-patiently.ts';
import { emptyDatabase, type TestDatabase } from '../src/testing.ts';

/** 0028 alters audit_log. */
const BEFORE = 27;
const LOCK_TIMEOUT_MS = 200;

let database: TestDatabase;
beforeAll(async () => {
  database = await emptyDatabase();
  await migrateUp(database.db, BEFORE);
});
afterAll(() => database.close());

/** Reads audit_log in a transaction that stays open until it is told to end. */
async function startReader() {
  const { db, close } = await openDatabase({ url: database.url ?? '', applicationName: 'pg_dump' });
  const [reading, end] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const reader = db.transaction().execute(async (tx) => {
    await sql`select from audit_log`.execute(tx);
    reading.resolve();
    await end.promise;
  });
  await reading.promise;
  return async () => {
    end.resolve();
    await reader;
    await close();
  };
}

test('gives up with one line that names the migration and who is in its way, and nothing is changed', async () => {
  const endReader = await startReader();
  const lines: string[] = [];
  const patience = { lockTimeoutMs: LOCK_TIMEOUT_MS, giveUpAfterMs: 100, log: (line: string) => void lines.push(line) };
  await expect(migrateUpPatiently(database.db, 1, patience)).rejects.toThrow(
    /^attempt \d: 0028_audit_proofs: canceling statement due to lock timeout \(open for longer: pid \d+ \(pg_dump\)\); rolled back, and given up/,
  );
  expect(await schemaVersion(database.db)).toBe(BEFORE);
  await endReader();
});

test('lets others read and write between its attempts, and is done when the reader has ended', async () => {
  const endReader = await startReader();
  const failed = Promise.withResolvers<string>();
  const patience = { lockTimeoutMs: LOCK_TIMEOUT_MS, giveUpAfterMs: 60_000, log: failed.resolve };
  const migrated = migrateUpPatiently(database.db, 1, patience);
  expect(await failed.promise).toMatch(/^attempt 1: 0028_audit_proofs: .*; rolled back, next attempt in 1 s$/);
  await expect(sql`select from audit_log`.execute(database.db)).resolves.toMatchObject({ rows: [] });
  await endReader();
  expect(await migrated).toEqual(['0028_audit_proofs']);
});

test('begins again when it and a transaction of others wait for each other, and the other one goes on', async () => {
  await migrateUp(database.db, 1);
  // The migration is the one that looks for the reason of its wait, once, when the other one waits too.
  await sql`alter database ${sql.id(new URL(database.url ?? '').pathname.slice(1))} set deadlock_timeout = '5s'`.execute(
    database.db,
  );
  const migrating = await openDatabase({ url: database.url ?? '', connectionsMax: 1 });
  const failed = Promise.withResolvers<string>();
  let migrated: Promise<string[]> | undefined;
  await database.db.transaction().execute(async (tx) => {
    await sql`set local deadlock_timeout = '1h'`.execute(tx);
    // 0030 makes an index of tenants first, and of deliveries last.
    await sql`lock table webhook_deliveries in row exclusive mode`.execute(tx);
    const patience = { lockTimeoutMs: 60_000, log: failed.resolve };
    migrated = migrateUpPatiently(migrating.db, 1, patience);
    const waiting = () =>
      sql`
        select from pg_locks l join pg_database d on d.oid = l.database
        where not l.granted and d.datname = current_database()`.execute(database.db);
    await expect.poll(waiting).toMatchObject({ rows: [{}] });
    await sql`lock table tenants in row exclusive mode`.execute(tx);
  });
  expect(await failed.promise).toMatch(/^attempt 1: 0030_list_indexes: deadlock detected.*; rolled back, next attempt/);
  expect(await migrated).toEqual(['0030_list_indexes']);
  await migrating.close();
});
