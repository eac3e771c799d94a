// engine: postgres
/** A program and a database of different releases: what starts, what is refused, and with which words. */
import { type TestDatabase, testDatabase } from '@tenant-registry/db/testing';
import { sql } from 'kysely';
import { expect, onTestFinished, test, vi } from 'vitest';
import { run } from '../src/cli/program.ts';
import { INTERNAL, OPERATOR, startProcess } from './support/server-process.ts';

const NEWER =
  /^(migrate|tenant-registry cannot start): the database has 9999_later, and this program ends with version \d+: a newer release has migrated it\. Run that one or a later one$/;

/** Returns a migrated database, and what tells whether it was changed. */
async function databaseWith(statement: string) {
  const database = await testDatabase();
  onTestFinished(() => database.close());
  await sql.raw(statement).execute(database.db);
  return { database, state: () => stateOf(database) };
}

const ofNewerRelease = () =>
  databaseWith("insert into kysely_migration (name, timestamp) values ('9999_later', '2026-01-01T00:00:00.000Z')");

async function stateOf({ db }: TestDatabase): Promise<unknown> {
  const { rows } = await sql`
    select name, timestamp from kysely_migration
    union all select relname, relnatts::text from pg_class where relnamespace = current_schema()::regnamespace
    order by 1`.execute(db);
  return rows;
}

/** Starts a replica; it ends with the test. */
function serve({ url = '' }: TestDatabase, env: Readonly<Record<string, string>>) {
  const { child, ...started } = startProcess({
    DATABASE_URL: url,
    OPERATOR_TOKEN: OPERATOR,
    INTERNAL_TOKEN: INTERNAL,
    ...env,
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return started;
}

/** Calls the command on the database, and returns its exit code and what it printed. */
async function call({ url = '' }: TestDatabase, ...args: string[]) {
  vi.stubEnv('DATABASE_URL', url);
  vi.stubEnv('DATABASE_DIRECT_URL', '');
  const out = vi.spyOn(console, 'log').mockImplementation(() => {});
  const err = vi.spyOn(console, 'error').mockImplementation(() => {});
  try {
    const code = await run(args);
    return { code, out: out.mock.calls.flat().join('\n'), err: err.mock.calls.flat().join('\n') };
  } finally {
    out.mockRestore();
    err.mockRestore();
    vi.unstubAllEnvs();
  }
}

test('an older program does not start on the database of a newer release, migrating or not, and says so in one line', async () => {
  const { database, state } = await ofNewerRelease();
  const before = await state();
  for (const MIGRATE_ON_START of ['true', 'false']) {
    const { ended, output } = serve(database, { MIGRATE_ON_START });
    expect(await ended).toBe(1);
    expect(output().trimEnd()).toMatch(NEWER);
  }
  expect(await state()).toEqual(before);
});

test('an older program that may accept a newer schema starts on it, is ready, and does not migrate it', async () => {
  const { database, state } = await ofNewerRelease();
  const before = await state();
  const address = await serve(database, { SCHEMA_NEWER: 'accept' }).ready;
  expect((await fetch(`${address}/readyz`)).status).toBe(200);
  expect(await state()).toEqual(before);
});

// proves A7
test('a newer program does not start on the database of an older release until it is migrated, and says so in one line', async () => {
  const { database, state } = await databaseWith(
    'delete from kysely_migration where name = (select max(name) from kysely_migration)',
  );
  const before = await state();
  const { ended, output } = serve(database, { MIGRATE_ON_START: 'false' });
  expect(await ended).toBe(1);
  expect(output().trimEnd()).toMatch(
    /^tenant-registry cannot start: the schema is at version (\d+), this program needs \d+: run migrate$/,
  );
  expect(await state()).toEqual(before);
});

// proves B36, C39
test('migrate and the commands that write refuse the database of a newer release in one line, and change nothing', async () => {
  const { database, state } = await ofNewerRelease();
  const before = await state();
  for (const words of ['up', 'down', 'down-all'])
    expect(await call(database, 'migrate', words)).toEqual({ code: 1, out: '', err: expect.stringMatching(NEWER) });
  expect(await call(database, 'bootstrap')).toMatchObject({ code: 1, out: '', err: expect.stringContaining('9999') });
  expect(await call(database, 'configs', 'status')).toMatchObject({
    code: 1,
    err: expect.stringContaining('9999_later'),
  });
  expect(await state()).toEqual(before);
  expect(await call(database, 'migrate', 'version')).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^database 9999, program \d+$/),
  });
  expect((await call(database, 'migrate', 'status')).out).toMatch(
    /2026-01-01T00:00:00.000Z {2}9999_later \(of a newer program\)$/,
  );
});
