import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, describe, expect, test } from 'vitest';
import { testDatabase } from '../../src/testing.ts';
import { newTenant, refusal, unique, violated } from '../support.ts';
import { configRowsOf, newPlace, newUser } from './rows.ts';

const database = await testDatabase();
const { db } = database;
afterAll(() => database.close());
const rows = configRowsOf(db);

describe('a schema', () => {
  // proves B6
  test.each([
    ['an empty name', { name: '' }, 'config_schemas_name_check'],
    ['a name of 201 characters', { name: 'x'.repeat(201) }, 'config_schemas_name_check'],
    ['no version', { latest_version: 0 }, 'config_schemas_latest_version_check'],
  ])('with %s is refused', async (_, values, constraint) => {
    const tenant_id = await newTenant(db);
    expect(await refusal(rows.schema({ tenant_id }, values))).toEqual({ code: violated.check, constraint });
    await rows.schema({ tenant_id }, { name: 'x'.repeat(200) });
  });

  // proves B6
  test('has a name of its own in its tenant until it is deleted, and an id of its own', async () => {
    const [tenant_id, other] = [await newTenant(db), await newTenant(db)];
    const id = await rows.schema({ tenant_id }, { name: 'Limits' });
    await rows.schema({ tenant_id: other }, { name: 'Limits' });
    const constraint = 'config_schemas_tenant_id_name_key';
    expect(await refusal(rows.schema({ tenant_id }, { name: 'Limits' }))).toEqual({
      code: violated.unique,
      constraint,
    });
    await db.updateTable('config_schemas').set({ deleted_at: new Date() }).where('id', '=', id).execute();
    await rows.schema({ tenant_id }, { name: 'Limits' });
    expect(await refusal(rows.schema({ tenant_id }, { id }))).toEqual({
      code: violated.unique,
      constraint: 'config_schemas_pkey',
    });
  });

  // proves B6
  test('belongs to a tenant that exists, and goes with it, with its versions', async () => {
    const tenant_id = await newTenant(db);
    const id = await rows.schema({ tenant_id });
    await rows.version({ tenant_id }, id);
    expect(await refusal(rows.schema({ tenant_id: randomUUID() }))).toEqual({
      code: violated.foreignKey,
      constraint: 'config_schemas_tenant_id_fkey',
    });
    await db.deleteFrom('tenants').where('id', '=', tenant_id).execute();
    for (const table of ['config_schemas', 'config_schema_versions'] as const)
      expect(await db.selectFrom(table).select('tenant_id').where('tenant_id', '=', tenant_id).execute()).toEqual([]);
  });

  // proves B6, B26
  test('names the user of its tenant who created it, and outlives the user with its label', async () => {
    const [tenant_id, other] = [await newTenant(db), await newTenant(db)];
    const [user, foreign] = [await newUser(db, tenant_id), await newUser(db, other)];
    expect(await refusal(rows.schema({ tenant_id }, { created_by_user_id: foreign }))).toEqual({
      code: violated.foreignKey,
      constraint: 'config_schemas_created_by_user_id_fkey',
    });
    const id = await rows.schema({ tenant_id }, { created_by_user_id: user });
    await db.deleteFrom('users').where('id', '=', user).execute();
    const row = await db.selectFrom('config_schemas').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    expect(row).toMatchObject({ tenant_id, created_by_user_id: null, created_by: { name: 'Operator' } });
  });
});

describe('a version of a schema', () => {
  test('has a number of its own from 1 on, and is of a schema of its tenant', async () => {
    const [tenant_id, other] = [await newTenant(db), await newTenant(db)];
    const id = await rows.schema({ tenant_id });
    await rows.version({ tenant_id }, id);
    expect(await refusal(rows.version({ tenant_id }, id))).toEqual({
      code: violated.unique,
      constraint: 'config_schema_versions_pkey',
    });
    expect(await refusal(rows.version({ tenant_id }, id, { version: 0 }))).toEqual({
      code: violated.check,
      constraint: 'config_schema_versions_version_check',
    });
    expect(await refusal(rows.version({ tenant_id: other }, id, { version: 2 }))).toEqual({
      code: violated.foreignKey,
      constraint: 'config_schema_versions_tenant_id_schema_id_fkey',
    });
  });

  // proves B6
  test('has 64 KiB of text at most, counted in bytes', async () => {
    const tenant_id = await newTenant(db);
    const id = await rows.schema({ tenant_id });
    await rows.version({ tenant_id }, id, { content: 'é'.repeat(32_768) });
    expect(await refusal(rows.version({ tenant_id }, id, { version: 2, content: `${'é'.repeat(32_768)}x` }))).toEqual({
      code: violated.check,
      constraint: 'config_schema_versions_content_check',
    });
  });

  test('never changes, in whichever column', async () => {
    const tenant_id = await newTenant(db);
    const id = await rows.schema({ tenant_id });
    await rows.version({ tenant_id }, id);
    const { rows: columns } = await sql<{ name: string }>`
      select attname as name from pg_attribute
      where attrelid = 'config_schema_versions'::regclass and attnum > 0`.execute(db);
    expect(columns.length).toBe(6);
    for (const { name } of columns) {
      const update = sql`
        update config_schema_versions set ${sql.ref(name)} = ${sql.ref(name)} where schema_id = ${id}`.execute(db);
      expect(await refusal(update), name).toEqual({
        code: violated.restrict,
        constraint: 'config_schema_versions_unchanged',
      });
    }
  });
});

// proves B28
test('a schema that a configuration is checked against stays until the configuration is gone', async () => {
  const place = await newPlace(db);
  const { tenant_id } = place;
  const schema_id = await rows.schema(place, { name: unique('s') });
  await rows.version(place, schema_id);
  await rows.config(place, { schema_id, schema_version: 1 });
  const constraint = 'configs_tenant_id_schema_id_schema_version_fkey';
  for (const statement of [
    () => db.deleteFrom('config_schema_versions').where('schema_id', '=', schema_id),
    () => db.deleteFrom('config_schemas').where('id', '=', schema_id),
  ])
    expect((await refusal(statement().execute())).constraint).toBe(constraint);
  await db.deleteFrom('configs').where('tenant_id', '=', tenant_id).execute();
  await db.deleteFrom('config_schemas').where('id', '=', schema_id).execute();
  expect(await db.selectFrom('config_schemas').select('id').where('id', '=', schema_id).execute()).toEqual([]);
});

test.each([
  ['config_schema_versions_tenant_id_schema_id_fkey', 'config_schemas_tenant_id_id_key'],
  ['configs_tenant_id_schema_id_schema_version_fkey', 'config_schema_versions_tenant_id_schema_id_version_key'],
])('%s leads to a row of its own tenant, by the unique key %s', async (name, key) => {
  const { rows: found } = await sql<{ key: string }>`
    select i.relname as key from pg_constraint c join pg_class i on i.oid = c.conindid where c.conname = ${name}`.execute(
    db,
  );
  expect(found).toEqual([{ key }]);
});
