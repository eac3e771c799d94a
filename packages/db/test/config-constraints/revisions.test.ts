import { type Insertable, sql } from 'kysely';
import { afterAll, describe, expect, test } from 'vitest';
import type { ConfigRevisions } from '../../src/schema.ts';
import { testDatabase } from '../../src/testing.ts';
import { json } from '../../src/types.ts';
import { refusal, violated } from '../support.ts';
import { configRowsOf, newPlace, newUser, type Place } from './rows.ts';

const database = await testDatabase();
const { db } = database;
afterAll(() => database.close());
const rows = configRowsOf(db);

async function newKey(): Promise<Place> {
  const place = await newPlace(db);
  await rows.config(place);
  return place;
}

// proves B12
test('a version of a key has one revision, which holds its content', async () => {
  const place = await newKey();
  const id = await rows.revision(place, { content: json({ b: [2] }) });
  const revision = db.selectFrom('config_revisions').select(['version', 'content']).where('id', '=', id);
  expect(await revision.execute()).toEqual([{ version: 1, content: { b: [2] } }]);
  expect(await refusal(rows.revision(place, { revision: 2 }))).toEqual({
    code: violated.unique,
    constraint: 'config_revisions_project_id_config_key_version_key',
  });
  await rows.revision(place, { version: 2, revision: 2, operation: 'update' });
});

test('a key changes once at a revision of its project, and an id is of one revision', async () => {
  const place = await newKey();
  const id = await rows.revision(place);
  expect(await refusal(rows.revision(place, { version: 2 }))).toEqual({
    code: violated.unique,
    constraint: 'config_revisions_project_id_revision_config_key_key',
  });
  expect(await refusal(rows.revision(place, { id, version: 2, revision: 2 }))).toEqual({
    code: violated.unique,
    constraint: 'config_revisions_pkey',
  });
});

describe('a revision', () => {
  test.each<[string, Partial<Insertable<ConfigRevisions>>, string]>([
    ['an unknown operation', { operation: 'move' as never }, 'config_revisions_operation_check'],
    ['content of a deletion', { operation: 'delete' }, 'config_revisions_content_check'],
    ['no content of a change', { operation: 'update', content: null }, 'config_revisions_content_check'],
    ['a rollback to no version', { operation: 'rollback' }, 'config_revisions_source_version_check'],
    ['the source of an update', { operation: 'update', source_version: 1 }, 'config_revisions_source_version_check'],
  ])('with %s is refused', async (_, values, constraint) => {
    expect(await refusal(rows.revision(await newKey(), values))).toEqual({ code: violated.check, constraint });
  });

  test.each<[string, Partial<Insertable<ConfigRevisions>>]>([
    ['an update', { operation: 'update' }],
    ['a rollback', { operation: 'rollback', source_version: 1 }],
    ['a deletion', { operation: 'delete', content: null, content_sha256: null }],
  ])('of %s is accepted', async (_, values) => {
    await expect(rows.revision(await newKey(), { version: 2, ...values })).resolves.toBeTypeOf('string');
  });

  // proves B11
  test('is of a key that there is, by a user of its tenant, and goes with the key', async () => {
    const [place, foreign] = [await newKey(), await newPlace(db)];
    expect(await refusal(rows.revision(place, { config_key: 'other' }))).toEqual({
      code: violated.foreignKey,
      constraint: 'config_revisions_project_id_config_key_fkey',
    });
    expect(await refusal(rows.revision(place, { author_user_id: await newUser(db, foreign.tenant_id) }))).toEqual({
      code: violated.foreignKey,
      constraint: 'config_revisions_author_user_id_fkey',
    });
    const id = await rows.revision(place);
    await db.deleteFrom('configs').where('project_id', '=', place.project_id).execute();
    expect(await db.selectFrom('config_revisions').select('id').where('id', '=', id).execute()).toEqual([]);
  });

  // proves B11, B34
  test('never changes, in whichever column, and is not deleted', async () => {
    const place = await newKey();
    const author_user_id = await newUser(db, place.tenant_id);
    const id = await rows.revision(place, { author_user_id });
    const refused = { code: violated.restrict, constraint: 'config_revisions_unchanged' };
    const values: Readonly<Record<string, string>> = {
      id: `'${crypto.randomUUID()}'`,
      tenant_id: `'${crypto.randomUUID()}'`,
      project_id: `'${crypto.randomUUID()}'`,
      config_key: "'other'",
      version: '9',
      revision: '9',
      operation: "'update'",
      source_version: '1',
      schema_id: `'${crypto.randomUUID()}'`,
      schema_version: '1',
      content: `'{"a": 2}'`,
      content_sha256: "'y'",
      write_id: "'y'",
      author_user_id: `'${crypto.randomUUID()}'`,
      author: `'{"a": 2}'`,
      reason: "'y'",
      since: 'now()',
      created_at: 'now()',
    };
    const { rows: columns } = await sql<{ name: string }>`
      select attname as name from pg_attribute where attrelid = 'config_revisions'::regclass and attnum > 0`.execute(
      db,
    );
    expect(columns.map(({ name }) => name).sort()).toEqual(Object.keys(values).sort());
    for (const [name, value] of Object.entries(values)) {
      const update = sql`update config_revisions set ${sql.ref(name)} = ${sql.raw(value)} where id = ${id}`;
      expect(await refusal(update.execute(db)), name).toEqual(refused);
      // Nor together with what the deletion of a user does.
      if (name === 'author_user_id') continue;
      const both = sql`
        update config_revisions set author_user_id = null, ${sql.ref(name)} = ${sql.raw(value)} where id = ${id}`;
      expect(await refusal(both.execute(db)), name).toEqual(refused);
    }
    expect(await refusal(db.deleteFrom('config_revisions').where('id', '=', id).execute())).toEqual(refused);
  });

  test('is deleted by a transaction that says that it is retention, which holds for that one alone', async () => {
    const place = await newKey();
    const [first, second] = [await rows.revision(place), await rows.revision(place, { version: 2, revision: 2 })];
    await db.transaction().execute(async (tx) => {
      await sql`select set_config('app.retention', 'on', true)`.execute(tx);
      await tx.deleteFrom('config_revisions').where('id', '=', first).execute();
    });
    const remove = db.deleteFrom('config_revisions').where('id', '=', second).execute();
    expect((await refusal(remove)).constraint).toBe('config_revisions_unchanged');
    const left = db.selectFrom('config_revisions').select('id').where('project_id', '=', place.project_id);
    expect(await left.execute()).toEqual([{ id: second }]);
  });
});
