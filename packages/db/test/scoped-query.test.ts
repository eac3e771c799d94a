// engine: postgres
/** What a statement of a tenant does on its connection: all of it in one exchange with the server. */
import { CompiledQuery, sql } from 'kysely';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { type DatabaseHandle, openDatabase } from '../src/database.ts';
import type { PostgresConfig } from '../src/database-config.ts';
import { fixedRow } from '../src/fixed.ts';
import type { Db } from '../src/handles.ts';
import { withScope } from '../src/scoped-query.ts';
import { testDatabase } from '../src/testing.ts';
import { newTenant, refusal } from './support.ts';

const database = await testDatabase();
afterAll(() => database.close());
const { url = '' } = database;

/** Opens a handle with one connection, and keeps the texts that its observer hears. */
async function open(config: Partial<PostgresConfig> = {}): Promise<DatabaseHandle & { readonly heard: string[] }> {
  const heard: string[] = [];
  const handle = await openDatabase({ url, connectionsMax: 1, ...config }, (text) => {
    heard.push(text);
    return () => {};
  });
  onTestFinished(() => handle.close());
  return { ...handle, heard };
}

const prepared = async (db: Db) => {
  const { rows } = await sql<{ name: string }>`select name from pg_prepared_statements order by name`.execute(db);
  return rows.map(({ name }) => name);
};

const findSlug = fixedRow('test_slug', (db, id: string) =>
  db.selectFrom('tenants').select('slug').where('id', '=', id),
);

/** The transaction in which a statement ran, as the server numbers them. */
const transaction = sql<{ id: string }>`select pg_current_xact_id()::text as id`;

describe('a statement of a tenant by itself', () => {
  test('is one statement, whose text names neither the tenant nor the project', async () => {
    const { db, forTenant, heard } = await open();
    const id = await newTenant(db);
    heard.length = 0;
    await forTenant({ tenant_id: id, project_id: id })
      .selectFrom('tenants')
      .select('slug')
      .where('id', '=', id)
      .execute();
    expect(heard).toEqual(['select "slug" from "tenants" where "id" = $1']);
  });

  test('commits at once, and each has a transaction of its own', async () => {
    const { db, forTenant } = await open();
    const scoped = forTenant({ tenant_id: await newTenant(db), project_id: null });
    const [one, two] = [await transaction.execute(scoped), await transaction.execute(scoped)];
    expect(one.rows[0]?.id).not.toBe(two.rows[0]?.id);
    const { rows } = await sql<{ status: string }>`
      select pg_xact_status(${two.rows[0]?.id}::text::xid8) as status`.execute(db);
    expect(rows).toEqual([{ status: 'committed' }]);
  });

  test('is not run when its scope is refused, and runs on the same connection once it is not', async () => {
    const { db } = await open();
    const [mine, others] = [await newTenant(db), await newTenant(db)];
    const login = `test_login_${mine.slice(0, 8)}`;
    await sql`create role ${sql.id(login)} login password 'secret' superuser`.execute(db);
    onTestFinished(() => sql`drop role ${sql.id(login)}`.execute(database.db).then(() => {}));
    const address = Object.assign(new URL(url), { username: login, password: 'secret' }).href;
    const own = await openDatabase({ url: address, connectionsMax: 1 });
    onTestFinished(() => own.close());
    await own.ping(5_000);
    const scoped = own.forTenant({ tenant_id: mine, project_id: null });
    // A superuser may take on any role, and everybody none but those of which they are members.
    await sql`alter role ${sql.id(login)} nosuperuser`.execute(db);
    await sql`grant select, update on tenants to ${sql.id(login)}`.execute(db);
    onTestFinished(() => sql`revoke all on tenants from ${sql.id(login)}`.execute(database.db).then(() => {}));
    expect(await refusal(scoped.updateTable('tenants').set({ name: 'Changed' }).execute())).toMatchObject({
      code: '42501',
    });
    expect(await refusal(findSlug(scoped, mine))).toMatchObject({ code: '42501' });
    const names = await db.selectFrom('tenants').select('name').where('id', 'in', [mine, others]).execute();
    expect(names.map(({ name }) => name)).not.toContain('Changed');
    await sql`alter role ${sql.id(login)} superuser`.execute(db);
    expect(await findSlug(scoped, mine)).toMatchObject({ slug: expect.any(String) });
    expect(await findSlug(scoped, others)).toBeUndefined();
  });

  test('is prepared with its scope, and prepared again when the server had refused it', async () => {
    const { db, forTenant } = await open();
    const id = await newTenant(db);
    const scoped = forTenant({ tenant_id: id, project_id: null });
    const late = CompiledQuery.raw(
      '/* prepare test_late */ select $1::int as n, 1 / (to_regclass($2)::oid)::int from test_late',
      [1, 'test_late'],
    );
    for (const _ of [1, 2]) expect(await refusal(scoped.executeQuery(late))).toMatchObject({ code: '42P01' });
    expect(await prepared(db)).toEqual(['enter_tenant']);
    await sql`create table test_late as select 1 as one`.execute(db);
    onTestFinished(() => sql`drop table test_late`.execute(database.db).then(() => {}));
    await sql`grant select on test_late to tenant_registry_tenant`.execute(db);
    for (const _ of [1, 2]) expect((await scoped.executeQuery(late)).rows).toMatchObject([{ n: 1 }]);
    expect(await findSlug(scoped, id)).toMatchObject({ slug: expect.any(String) });
    expect(await prepared(db)).toEqual(['enter_tenant', 'tenant_test_late', 'tenant_test_slug']);
  });

  test('leaves nothing behind in the sessions of a pooler', async () => {
    const { db, forTenant } = await open({ directUrl: url });
    const [mine, others] = [await newTenant(db), await newTenant(db)];
    const scoped = forTenant({ tenant_id: mine, project_id: null });
    for (const _ of [1, 2]) {
      expect(await findSlug(scoped, mine)).toMatchObject({ slug: expect.any(String) });
      expect(await findSlug(scoped, others)).toBeUndefined();
      expect((await sql`select current_user as role`.execute(scoped)).rows).toEqual([
        { role: 'tenant_registry_tenant' },
      ]);
    }
    expect(await prepared(db)).toEqual([]);
  });

  test('with a value that cannot be sent fails, and the connection goes on', async () => {
    const { db, forTenant } = await open();
    const scoped = forTenant({ tenant_id: await newTenant(db), project_id: null });
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    await expect(sql`select ${circle}::jsonb`.execute(scoped)).rejects.toThrow('circular');
    expect((await sql`select current_user as role`.execute(scoped)).rows).toEqual([{ role: 'tenant_registry_tenant' }]);
    expect((await sql`select current_user = session_user as is_owner`.execute(db)).rows).toEqual([{ is_owner: true }]);
  });
});

describe('the text of a statement with its scope', () => {
  /** The space hides it from the client, which sends it like any other text. */
  const hidden = (tenant_id: string, statement: string) => ` ${withScope({ tenant_id, project_id: '' }, statement)}`;

  test('is refused as a whole, or scoped, by a client that does not know it', async () => {
    const { db } = await open();
    const [mine, others] = [await newTenant(db), await newTenant(db)];
    const text = hidden(mine, `update tenants set name = 'Changed' where id = $1`);
    expect(await refusal(db.executeQuery(CompiledQuery.raw(text, [others])))).toMatchObject({ code: '42601' });
    await refusal(db.executeQuery(CompiledQuery.raw(hidden(mine, `update tenants set name = 'Changed'`))));
    const { name } = await db.selectFrom('tenants').select('name').where('id', '=', others).executeTakeFirstOrThrow();
    expect(name).not.toBe('Changed');
    expect((await sql`select current_user = session_user as is_owner`.execute(db)).rows).toEqual([{ is_owner: true }]);
  });
});
