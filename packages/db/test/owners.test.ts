// engine: postgres
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { type DatabaseHandle, openDatabase } from '../src/database.ts';
import type { Db } from '../src/handles.ts';
import { migrateDown, migrateUp } from '../src/migrate.ts';
import { migrations } from '../src/migrations.ts';
import { requireTenantRole } from '../src/tenant-role.ts';
import { createDatabase, databaseUrl } from '../src/testing/admin.ts';
import { startPostgres } from '../src/testing.ts';
import { isolationFailures, listTenantTables, setupFailures } from './isolation.ts';
import { deleteIdentities, populatedTenant } from './populated-tenant.ts';
import { newTenant, packageFolder, refusal, runNode } from './support.ts';

// Roles belong to the whole server: these tests need one where the role of tenants does not exist yet.
const server = await startPostgres({}, { ...process.env, TEST_DATABASE_URL: '' });
const admin = await openDatabase({ url: server.url, connectionsMax: 2 });
afterAll(async () => {
  await admin.close();
  await server.stop();
});

const made: { readonly databases: string[]; readonly roles: string[] } = { databases: [], roles: [] };
afterEach(async () => {
  for (const name of made.databases.splice(0)) await asAdmin(`drop database ${name} with (force)`);
  for (const name of [...made.roles.splice(0), 'tenant_registry_tenant']) await asAdmin(`drop role if exists ${name}`);
});

const asAdmin = (statement: string) => sql.raw(statement).execute(admin.db);

let count = 0;

/** Resolves to the URLs of new databases of one new user, who is no superuser. */
async function owned({ attributes = '', databases = 1 } = {}): Promise<{ owner: string; urls: string[] }> {
  const owner = `owner_${++count}`;
  await asAdmin(`create role ${owner} login password 's3cret' nosuperuser ${attributes}`);
  made.roles.push(owner);
  const urls: string[] = [];
  for (let index = 0; index < databases; index++) {
    const name = `${owner}_${index}`;
    await asAdmin(`create database ${name} owner ${owner} template template0`);
    made.databases.unshift(name);
    const url = new URL(databaseUrl(server.url, name));
    url.username = owner;
    url.password = 's3cret';
    urls.push(url.href);
  }
  return { owner, urls };
}

async function open(url = ''): Promise<DatabaseHandle> {
  const handle = await openDatabase({ url, connectionsMax: 1, log: () => {} });
  onTestFinished(() => handle.close());
  return handle;
}

const migrate = (url = '') => runNode(join(packageFolder, 'src/cli.ts'), ['up'], { env: { DATABASE_URL: url } });

/** The lines that an administrator would copy. */
const statementsIn = (text: string) =>
  text
    .split('\n')
    .filter((line) => line.endsWith(';'))
    .map((line) => line.trim());

async function expectIsolation(handle: DatabaseHandle): Promise<void> {
  const [tenant] = [await populatedTenant(handle.db), await populatedTenant(handle.db)];
  expect(await setupFailures(handle.db)).toEqual([]);
  for (const project_id of [null, tenant.project]) {
    expect(await isolationFailures(handle, { tenant_id: tenant.id, project_id })).toEqual([]);
  }
}

describe('an owner who is no superuser but may create roles', () => {
  test('migrates without help, up and down, and keeps tenants apart', async () => {
    const { urls } = await owned({ attributes: 'createrole' });
    expect(await migrate(urls[0])).toMatchObject({ code: 0, stderr: '' });
    const handle = await open(urls[0]);
    await expectIsolation(handle);
    await requireTenantRole(handle.db);
    const names = Object.keys(migrations);
    expect(await migrateDown(handle.db, names.length)).toEqual(names.toReversed());
    expect(await migrateUp(handle.db)).toEqual(names);
    await expectIsolation(handle);
  });

  test('reaches and deletes everything itself, through the foreign keys too', async () => {
    const { urls } = await owned({ attributes: 'createrole' });
    const { db } = await open(urls[0]);
    await migrateUp(db);
    const { id } = await populatedTenant(db);
    await deleteIdentities(db, id);
    await db.deleteFrom('tenants').where('id', '=', id).execute();
    expect(await db.selectFrom('api_keys').select('id').execute()).toEqual([]);
    expect(await db.selectFrom('audit_log').select('tenant_id').execute()).toEqual(Array(3).fill({ tenant_id: null }));
  });

  test('needs each policy "platform": without it the table is empty to the owner too', async () => {
    const { urls } = await owned({ attributes: 'createrole' });
    const { db } = await open(urls[0]);
    await migrateUp(db);
    await populatedTenant(db);
    for (const { table } of await listTenantTables(db)) {
      const rows = async (tx: Db) => (await sql`select 1 from ${sql.table(table)}`.execute(tx)).rows.length;
      expect(await rows(db), table).toBeGreaterThan(0);
      const tx = await db.startTransaction().execute();
      await sql`drop policy platform on ${sql.table(table)}`.execute(tx);
      expect(await rows(tx), table).toBe(0);
      await tx.rollback().execute();
    }
  });

  test('gets a dump that is whole or none: with row_security off, as pg_dump sets it, reading is refused', async () => {
    const { urls } = await owned({ attributes: 'createrole' });
    const { db } = await open(urls[0]);
    await migrateUp(db);
    await newTenant(db);
    const dump = (setting: string) =>
      db.transaction().execute(async (tx) => {
        await sql`select set_config('row_security', ${setting}, true)`.execute(tx);
        return tx.selectFrom('tenants').select('id').execute();
      });
    expect(await refusal(dump('off'))).toMatchObject({ code: '42501' });
    expect(await dump('on')).toHaveLength(1); // pg_dump --enable-row-security
  });
});

describe('an owner who may not create roles', () => {
  test('is told the statements for an administrator, and goes on when they were run', async () => {
    const { owner, urls } = await owned();
    const refused = await migrate(urls[0]);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/^migrate: 0009_row_level_security: the role of tenants is not set up/);
    const statements = statementsIn(refused.stderr);
    expect(statements).toEqual([
      'create role tenant_registry_tenant nologin;',
      `grant tenant_registry_tenant to ${owner} with inherit false, set true;`,
    ]);
    for (const statement of statements) await asAdmin(statement);
    expect(await migrate(urls[0])).toMatchObject({ code: 0, stderr: '' });
    await expectIsolation(await open(urls[0]));
  });

  test('is told only what is missing when another registry of the server made the role', async () => {
    const [first, second] = [await owned({ attributes: 'createrole' }), await owned({ attributes: 'createrole' })];
    expect(await migrate(first.urls[0])).toMatchObject({ code: 0 });
    const { code, stderr } = await migrate(second.urls[0]);
    expect(code).toBe(1);
    const statements = statementsIn(stderr);
    expect(statements).toEqual([`grant tenant_registry_tenant to ${second.owner} with inherit false, set true;`]);
    for (const statement of statements) await asAdmin(statement);
    expect(await migrate(second.urls[0])).toMatchObject({ code: 0, stderr: '' });
  });

  test('is not let on with a role that could pass by the policies', async () => {
    const { owner, urls } = await owned();
    await asAdmin('create role tenant_registry_tenant login bypassrls');
    await asAdmin(`grant ${owner} to tenant_registry_tenant`);
    await asAdmin(`create role "Odd role"`);
    made.roles.push('"Odd role"');
    await asAdmin('grant "Odd role" to tenant_registry_tenant');
    const statements = statementsIn((await migrate(urls[0])).stderr);
    expect(statements).toContain(
      'alter role tenant_registry_tenant nosuperuser nobypassrls nologin nocreaterole nocreatedb;',
    );
    expect(statements).toContain(`revoke ${owner} from tenant_registry_tenant;`);
    expect(statements).toContain('revoke "Odd role" from tenant_registry_tenant;');
    for (const statement of statements) await asAdmin(statement);
    expect(await migrate(urls[0])).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('an owner of a schema who may create nothing in the database', () => {
  test('is told the statement for an administrator, and goes on when it was run', async () => {
    const { owner, urls } = await owned({ attributes: 'createrole' });
    const database = `${owner}_0`;
    await asAdmin(`alter database ${database} owner to current_user`);
    const inside = await open(databaseUrl(server.url, database));
    await sql.raw(`grant create on schema public to ${owner}`).execute(inside.db);
    const refused = await migrate(urls[0]);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/^migrate: 0027_network: the extension btree_gist is not there/);
    expect(refused.stderr).toContain(`in the database ${database}`);
    const statements = statementsIn(refused.stderr);
    expect(statements).toEqual(['create extension btree_gist;']);
    for (const statement of statements) await sql.raw(statement).execute(inside.db);
    expect(await migrate(urls[0])).toMatchObject({ code: 0, stderr: '' });
    await expectIsolation(await open(urls[0]));
  });
});

describe('a user who lost the role', () => {
  test('is found at start, cannot work for a tenant, and gets its connection back in order', async () => {
    const { owner, urls } = await owned({ attributes: 'createrole' });
    const { db, forTenant } = await open(urls[0]);
    await migrateUp(db);
    const tenant_id = await newTenant(db);
    await db.connection().execute(() => asAdmin(`revoke tenant_registry_tenant from ${owner} cascade`));
    await sql
      .raw(`revoke tenant_registry_tenant from ${owner} granted by ${owner}`)
      .execute(db)
      .catch(() => {});
    await expect(requireTenantRole(db)).rejects.toThrow(
      `grant tenant_registry_tenant to ${owner} with inherit false, set true;`,
    );
    const scoped = forTenant({ tenant_id, project_id: null });
    const read = (db: Db) => db.selectFrom('tenants').select('id').execute();
    expect(await refusal(read(scoped))).toMatchObject({ code: '42501' });
    expect(await refusal(scoped.transaction().execute(read))).toMatchObject({ code: '42501' });
    expect(await read(db)).toEqual([{ id: tenant_id }]);
  });
});

describe('several databases of one server', () => {
  test('migrate at once, although the role is theirs together', async () => {
    const { urls } = await owned({ attributes: 'createrole', databases: 4 });
    const handles = await Promise.all(urls.map(open));
    const applied = await Promise.all(handles.map(({ db }) => migrateUp(db)));
    expect(applied).toEqual(handles.map(() => Object.keys(migrations)));
    for (const handle of handles) await expectIsolation(handle);
  });

  test('a down in one leaves the others alone', async () => {
    const { urls } = await owned({ attributes: 'createrole', databases: 2 });
    const [one, other] = [await open(urls[0]), await open(urls[1])];
    for (const { db } of [one, other]) await migrateUp(db);
    await migrateDown(one.db, Object.keys(migrations).length);
    await expectIsolation(other);
  });
});

describe('a server that is lent to the tests', () => {
  test.each([[false], [true]])('is given back without their role, unless it was there before (%j)', async (before) => {
    if (before) await asAdmin('create role tenant_registry_tenant nologin');
    const lent = await startPostgres({}, { ...process.env, TEST_DATABASE_URL: server.url });
    const name = await createDatabase(lent.url, { prefix: lent.prefix });
    const { db, close } = await openDatabase({ url: databaseUrl(lent.url, name) });
    await migrateUp(db);
    await close();
    await lent.stop();
    const { rows } = await sql<{ name: string }>`
      select datname as name from pg_database where datname = ${name}
      union all select rolname from pg_roles where rolname = 'tenant_registry_tenant'`.execute(admin.db);
    expect(rows).toEqual(before ? [{ name: 'tenant_registry_tenant' }] : []);
  });
});
