import { randomUUID } from 'node:crypto';
import { type Insertable, sql } from 'kysely';
import { afterAll, describe, expect, test } from 'vitest';
import type { Configs, DB } from '../../src/schema.ts';
import { testDatabase } from '../../src/testing.ts';
import { json } from '../../src/types.ts';
import { newTenant, refusal, violated } from '../support.ts';
import { configRowsOf, newPlace, newUser } from './rows.ts';

const database = await testDatabase();
const { db } = database;
afterAll(() => database.close());
const rows = configRowsOf(db);

const deleted = { content: null, content_sha256: null, deleted_at: '2026-01-02T00:00:00Z' } as const;

// proves B7
test('a key is one row of its project, and other projects may have it too', async () => {
  const place = await newPlace(db);
  await rows.config(place);
  await rows.config(await newPlace(db, place.tenant_id));
  expect(await refusal(rows.config(place, { version: 2 }))).toEqual({
    code: violated.unique,
    constraint: 'configs_pkey',
  });
});

describe('a configuration', () => {
  test.each<[string, Partial<Insertable<Configs>>, string]>([
    ['version 0', { version: 0 }, 'configs_version_check'],
    ['an empty key', { key: '' }, 'configs_key_check'],
    ['a key that begins with a dot', { key: '.a' }, 'configs_key_check'],
    ['a key with a slash', { key: 'a/b' }, 'configs_key_check'],
    ['a key with a line end', { key: 'a\n' }, 'configs_key_check'],
    ['a key of 129 characters', { key: 'x'.repeat(129) }, 'configs_key_check'],
    ['a schema without a version', { schema_id: randomUUID() }, 'configs_schema_check'],
    ['a version without a schema', { schema_version: 1 }, 'configs_schema_check'],
    ['no content though it is not deleted', { content: null, content_sha256: null }, 'configs_deleted_check'],
    ['content though it is deleted', { deleted_at: deleted.deleted_at }, 'configs_deleted_check'],
    ['content without its hash', { content_sha256: null }, 'configs_deleted_check'],
    ['the hash of no content', { ...deleted, content_sha256: 'x' }, 'configs_deleted_check'],
  ])('with %s is refused', async (_, values, constraint) => {
    expect(await refusal(rows.config(await newPlace(db), values))).toEqual({ code: violated.check, constraint });
  });

  // proves B8, B9, B15
  test.each<[string, Partial<Insertable<Configs>>]>([
    ['the first version', { version: 1 }],
    ['a version past four bytes', { version: Number.MAX_SAFE_INTEGER }],
    ['the longest key', { key: `A${'.'.repeat(127)}` }],
    ['the content null', { content: json(null) }],
    ['a list as content', { content: json([1, 'a', null]) }],
    ['a text as content', { content: json('a') }],
    ['a tombstone', deleted],
  ])('with %s is accepted', async (_, values) => {
    const place = await newPlace(db);
    await rows.config(place, values);
    const row = await db
      .selectFrom('configs')
      .select([
        'version',
        sql<string>`pg_typeof(version)`.as('counts_in'),
        sql<string>`pg_typeof(content)`.as('kept_as'),
      ])
      .where('project_id', '=', place.project_id)
      .executeTakeFirstOrThrow();
    expect(row).toEqual({ version: values.version ?? 1, counts_in: 'bigint', kept_as: 'jsonb' });
  });

  // proves B7
  test('is in a project of its tenant, checked by a schema of its tenant, written by a user of its tenant', async () => {
    const [place, foreign] = [await newPlace(db), await newPlace(db)];
    const schema_id = await rows.schema(foreign);
    await rows.version(foreign, schema_id);
    const wrong = async (values: Partial<Insertable<Configs>>) => refusal(rows.config(place, values));
    expect(await wrong({ project_id: foreign.project_id })).toEqual({
      code: violated.foreignKey,
      constraint: 'configs_tenant_id_project_id_fkey',
    });
    expect(await wrong({ schema_id, schema_version: 1 })).toEqual({
      code: violated.foreignKey,
      constraint: 'configs_tenant_id_schema_id_schema_version_fkey',
    });
    expect(await wrong({ updated_by_user_id: await newUser(db, foreign.tenant_id) })).toEqual({
      code: violated.foreignKey,
      constraint: 'configs_updated_by_user_id_fkey',
    });
  });

  // proves B26
  test('outlives the user who wrote it, as do its revisions, with the label of the user', async () => {
    const place = await newPlace(db);
    const user = await newUser(db, place.tenant_id);
    await rows.config(place, { updated_by_user_id: user });
    const id = await rows.revision(place, { author_user_id: user });
    await db.deleteFrom('users').where('id', '=', user).execute();
    const config = db.selectFrom('configs').selectAll().where('project_id', '=', place.project_id);
    expect(await config.execute()).toMatchObject([{ updated_by_user_id: null, updated_by: { name: 'Operator' } }]);
    const revision = db.selectFrom('config_revisions').selectAll().where('id', '=', id);
    expect(await revision.execute()).toMatchObject([{ author_user_id: null, author: { name: 'Operator' } }]);
  });
});

// proves B27
test('a project takes its configurations, their revisions, its head and its readers with it, and no others', async () => {
  const place = await newPlace(db);
  const sibling = await newPlace(db, place.tenant_id);
  for (const each of [place, sibling]) {
    await rows.config(each);
    await rows.revision(each);
    await rows.head(each);
    await rows.reader(each);
  }
  await db.deleteFrom('tenant_projects').where('id', '=', place.project_id).execute();
  for (const table of ['configs', 'config_revisions', 'config_heads', 'config_readers'] as const) {
    const left = db.selectFrom(table).select('project_id').where('tenant_id', '=', place.tenant_id);
    expect(await left.execute(), table).toEqual([{ project_id: sibling.project_id }]);
  }
});

// proves B25
test.each(['configs', 'config_revisions'] as const)(
  'what the content of %s contains is found by its index',
  async (table) => {
    const plan = await db.transaction().execute(async (tx) => {
      await sql`set local enable_seqscan = off`.execute(tx);
      const { rows: lines } = await sql`
      explain (format json) select from ${sql.table(table)} where content @> '{"a": 1}'`.execute(tx);
      return JSON.stringify(lines);
    });
    expect(plan).toContain(`"Index Name":"${table}_content_idx"`);
    const { rows: kinds } = await sql`
    select a.amname as kind, o.opcname as class from pg_index i
    join pg_class c on c.oid = i.indexrelid join pg_am a on a.oid = c.relam join pg_opclass o on o.oid = i.indclass[0]
    where c.relname = ${`${table}_content_idx`}`.execute(db);
    expect(kinds).toEqual([{ kind: 'gin', class: 'jsonb_path_ops' }]);
  },
);

describe('the head of a project', () => {
  test('is one, of a project of its tenant', async () => {
    const place = await newPlace(db);
    await rows.head(place);
    expect(await refusal(rows.head(place))).toEqual({ code: violated.unique, constraint: 'config_heads_pkey' });
    const elsewhere = { ...(await newPlace(db)), tenant_id: await newTenant(db) };
    expect(await refusal(rows.head(elsewhere))).toEqual({
      code: violated.foreignKey,
      constraint: 'config_heads_tenant_id_project_id_fkey',
    });
  });
});

describe('a reader', () => {
  test('is one of its name for a key, in a project of its tenant', async () => {
    const place = await newPlace(db);
    await rows.reader(place);
    await rows.reader(place, { config_key: 'other' });
    expect(await refusal(rows.reader(place))).toEqual({ code: violated.unique, constraint: 'config_readers_pkey' });
    expect(await refusal(rows.reader({ ...place, tenant_id: await newTenant(db) }, { reader: 'b' }))).toEqual({
      code: violated.foreignKey,
      constraint: 'config_readers_tenant_id_project_id_fkey',
    });
  });

  test.each([
    ['no name', { reader: '' }, 'config_readers_reader_check'],
    ['a name of 65 characters', { reader: 'x'.repeat(65) }, 'config_readers_reader_check'],
    ['a name that begins with a dash', { reader: '-a' }, 'config_readers_reader_check'],
    ['more than 64 KiB of schema', { schema: 'x'.repeat(65_537) }, 'config_readers_schema_check'],
  ])('with %s is refused', async (_, values, constraint) => {
    const place = await newPlace(db);
    expect(await refusal(rows.reader(place, values))).toEqual({ code: violated.check, constraint });
    await rows.reader(place, { reader: 'x'.repeat(64), schema: 'x'.repeat(65_536) });
  });
});

test('one row says where values are, in one of two stores', async () => {
  expect(await db.selectFrom('config_store').select(['id', 'kind', 'revision_seen']).execute()).toEqual([
    { id: 1, kind: 'postgres', revision_seen: 0 },
  ]);
  const insert = (row: Partial<Insertable<DB['config_store']>>) =>
    refusal(
      db
        .insertInto('config_store')
        .values({ kind: 'etcd', epoch: 'e', ...row })
        .execute(),
    );
  expect(await insert({ id: 1 })).toEqual({ code: violated.unique, constraint: 'config_store_pkey' });
  expect(await insert({ id: 2 })).toEqual({ code: violated.check, constraint: 'config_store_one_row_check' });
  const update = db
    .updateTable('config_store')
    .set({ kind: 'consul' as never })
    .execute();
  expect(await refusal(update)).toEqual({ code: violated.check, constraint: 'config_store_kind_check' });
});
