import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { openDatabase } from '../src/database.ts';
import type { Db } from '../src/handles.ts';
import {
  forceVersion,
  latestVersion,
  MigrationError,
  migrateDown,
  migrateUp,
  migrationStatus,
  schemaVersion,
} from '../src/migrate.ts';
import { migrations } from '../src/migrations.ts';
import { emptyDatabase, testDatabase } from '../src/testing.ts';
import { catalogue } from './catalogue.ts';
import { closedAfterTest, packageCopy, packageFolder } from './support.ts';

const names = Object.keys(migrations);

/** The whole schema, without the extension, which stays when its migration is reverted: others may use it. */
const schemaOf = async (db: Db) => (await catalogue(db)).filter((line) => line !== 'extension btree_gist');

async function empty(): Promise<Db> {
  return (await closedAfterTest(emptyDatabase())).db;
}

async function tableNames(db: Db): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  return tables.map(({ name }) => name).sort();
}

describe('the list of migrations', () => {
  // proves A17, B36, D24
  test('is the folder, in order, numbered from 0001 without gaps', () => {
    const files = readdirSync(join(packageFolder, 'migrations')).filter((file) => file.endsWith('.ts'));
    expect(names.map((name) => `${name}.ts`)).toEqual(files.sort());
    expect(names.map((name) => name.slice(0, 5))).toEqual(names.map((_, i) => `${String(i + 1).padStart(4, '0')}_`));
    expect(latestVersion).toBe(names.length);
  });

  test('is what `migrate create` and `migrate renumber` write for the folder', () => {
    const folder = packageCopy();
    const list = join(folder, 'src/migrations.ts');
    const before = readFileSync(list, 'utf8');
    const script = "(await import('./src/migration-files.ts')).writeMigrationList()";
    writeFileSync(list, 'a conflict of a merge');
    execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: folder });
    expect(readFileSync(list, 'utf8')).toBe(before);
  });

  // proves A20, B1, D25
  test('pairs every up with a down', () => {
    for (const { up, down } of Object.values(migrations)) {
      expect(up).toBeTypeOf('function');
      expect(down).toBeTypeOf('function');
    }
  });
});

describe('up and down', () => {
  // proves A6, A9, A20, A32, D25
  test('all the way up, down and up again give one schema, and nothing in between', async () => {
    const db = await empty();
    const nothing = await schemaOf(db);

    expect(await migrateUp(db)).toEqual(names);
    const first = await schemaOf(db);
    expect(first.length).toBeGreaterThan(100);

    expect(await migrateDown(db, names.length)).toEqual(names.toReversed());
    expect(await schemaOf(db)).toEqual(nothing);
    expect(await tableNames(db)).toEqual(['kysely_migration', 'kysely_migration_lock']);

    expect(await migrateUp(db)).toEqual(names);
    expect(await schemaOf(db)).toEqual(first);
  });

  // proves A11, A32, A71, B36, D25, D27
  test('every migration on its own gives back what was there before it, and comes back as it was', async () => {
    const db = await empty();
    for (const [index, name] of names.entries()) {
      const before = await schemaOf(db);
      expect(await migrateUp(db, 1)).toEqual([name]);
      const after = await schemaOf(db);
      expect(after, `${name} changes something`).not.toEqual(before);
      expect(await migrateDown(db, 1)).toEqual([name]);
      expect(await schemaOf(db), `down of ${name}`).toEqual(before);
      expect(await migrateUp(db, 1)).toEqual([name]);
      expect(await schemaOf(db), `second up of ${name}`).toEqual(after);
      expect(await schemaVersion(db)).toBe(index + 1);
    }
  });

  // proves A20
  test('down works when the tables hold data', async () => {
    const { db } = await closedAfterTest(testDatabase());
    const { id } = await db
      .insertInto('tenants')
      .values({ slug: 'acme', name: 'Acme', status: 'active' })
      .returning('id')
      .executeTakeFirstOrThrow();
    const event = { tenant_id: id, actor_type: 'user', actor_id: '1', action: 'tenant.created' };
    await db.insertInto('audit_log').values(event).execute();
    await migrateDown(db, names.length);
    expect(await schemaOf(db)).toEqual([]);
  });

  // proves A24, C10, D26
  test('up with nothing to do is no error and changes nothing', async () => {
    const { db } = await closedAfterTest(testDatabase());
    const before = [await catalogue(db), await migrationStatus(db)];
    expect(await migrateUp(db)).toEqual([]);
    expect(await migrateUp(db, 3)).toEqual([]);
    expect([await catalogue(db), await migrationStatus(db)]).toEqual(before);
  });

  // proves A6, C11
  test('go by the number of steps that they are given, and stop at the end', async () => {
    const db = await empty();
    expect(await migrateUp(db, 0)).toEqual([]);
    expect(await migrateUp(db, 2)).toEqual(names.slice(0, 2));
    expect(await migrateDown(db, 0)).toEqual([]);
    expect(await migrateDown(db, 1)).toEqual(names.slice(1, 2));
    expect(await migrateUp(db, 1_000)).toEqual(names.slice(1));
    expect(await migrateDown(db, 1_000)).toEqual(names.toReversed());
    expect(await migrateDown(db, 1)).toEqual([]);
  });
});

describe('status and version', () => {
  // proves A6, C12
  test('tell which migrations are applied and when, in order', async () => {
    const db = await empty();
    expect(await schemaVersion(db)).toBe(0);
    await migrateUp(db, 1);
    expect(await schemaVersion(db)).toBe(1);
    const [first, ...rest] = await migrationStatus(db);
    expect(first).toEqual({ name: names[0], applied_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) });
    expect(rest).toEqual(names.slice(1).map((name) => ({ name, applied_at: null })));
  });

  test('create nothing in an empty database', async () => {
    const db = await empty();
    await migrationStatus(db);
    await schemaVersion(db);
    expect(await tableNames(db)).toEqual([]);
  });
});

describe('a migration that fails', () => {
  test('leaves nothing behind, and neither do those before it in its call', async () => {
    const db = await empty();
    await sql`create table outbox_events (id int)`.execute(db);
    const before = await catalogue(db);
    const failed = migrateUp(db);
    await expect(failed).rejects.toThrow(MigrationError);
    await expect(failed).rejects.toThrow('0002_outbox_events: relation "outbox_events" already exists');
    expect(await catalogue(db)).toEqual(before);
    expect(await schemaVersion(db)).toBe(0);

    await sql`drop table outbox_events`.execute(db);
    expect(await migrateUp(db), 'the next call can work').toEqual(names);
  });

  // proves A71
  test('on the way down leaves the schema and the bookkeeping as they were', async () => {
    const { db } = await closedAfterTest(testDatabase());
    await migrateDown(db, names.length - 1);
    await sql`create table depends (tenant_id uuid references tenants (id))`.execute(db);
    const before = await catalogue(db);
    await expect(migrateDown(db, 1)).rejects.toThrow('0001_init: cannot drop table tenants');
    expect(await catalogue(db)).toEqual(before);
    expect(await schemaVersion(db)).toBe(1);
  });
});

test('a database that a newer program has migrated is refused, not changed', async () => {
  const { db } = await closedAfterTest(testDatabase());
  await sql`insert into kysely_migration values ('9999_future', '2026-01-01T00:00:00.000Z')`.execute(db);
  const before = await catalogue(db);
  await expect(migrateUp(db)).rejects.toThrow('9999_future');
  expect(await catalogue(db)).toEqual(before);
});

describe('force', () => {
  // proves A6, B35
  test('changes the bookkeeping alone: up then has nothing to do', async () => {
    const db = await empty();
    await forceVersion(db, latestVersion);
    expect(await schemaVersion(db)).toBe(latestVersion);
    expect(await catalogue(db)).toEqual([]);
    expect(await migrateUp(db)).toEqual([]);
  });

  // proves B35
  test('takes migrations back out of the bookkeeping, so that up runs them again', async () => {
    const { db } = await closedAfterTest(testDatabase());
    const before = await catalogue(db);
    await forceVersion(db, 1);
    expect(await schemaVersion(db)).toBe(1);
    expect(await catalogue(db)).toEqual(before);
    await expect(migrateUp(db)).rejects.toThrow('0002_outbox_events: relation "outbox_events" already exists');
    await forceVersion(db, 0);
    expect(await schemaVersion(db)).toBe(0);
  });

  // proves B35
  test('repairs a database whose bookkeeping a newer program wrote', async () => {
    const { db } = await closedAfterTest(testDatabase());
    await sql`insert into kysely_migration values ('9999_future', '2026-01-01T00:00:00.000Z')`.execute(db);
    await forceVersion(db, latestVersion);
    expect(await migrateUp(db)).toEqual([]);
  });

  test('to a version that does not exist changes nothing', async () => {
    const { db } = await closedAfterTest(testDatabase());
    for (const version of [latestVersion + 1, -1, 0.5, Number.NaN]) {
      await expect(forceVersion(db, version)).rejects.toThrow(MigrationError);
    }
    expect(await schemaVersion(db)).toBe(latestVersion);
  });
});

describe.runIf(inject('engine') === 'postgres')('several replicas at once', () => {
  async function replicas(count: number): Promise<Db[]> {
    const { url = '' } = await closedAfterTest(emptyDatabase());
    const handles = await Promise.all(Array.from({ length: count }, () => openDatabase({ url })));
    onTestFinished(async () => void (await Promise.all(handles.map((handle) => handle.close()))));
    return handles.map(({ db }) => db);
  }

  // proves A24, C10
  test('apply every migration once in all', async () => {
    const dbs = await replicas(6);
    const applied = await Promise.all(dbs.map((db) => migrateUp(db)));
    expect(applied.flat().sort()).toEqual(names);
    expect(applied.filter((each) => each.length > 0)).toHaveLength(1);
    for (const db of dbs) expect(await schemaVersion(db)).toBe(latestVersion);
  });

  test('may also go step by step', async () => {
    const applied = await Promise.all((await replicas(4)).map((db) => migrateUp(db, names.length)));
    expect(applied.flat().sort()).toEqual(names);
  });
});
