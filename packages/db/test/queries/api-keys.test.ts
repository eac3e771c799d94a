import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, describe, expect, test } from 'vitest';
import { claimRevocations, insertApiKey, listApiKeys, listApiKeysMadeBy } from '../../src/queries/api-keys.ts';
import { testDatabase } from '../../src/testing.ts';
import { plansOf, rowsRead } from '../plans.ts';
import { newTenant, refusal, unique, violated } from '../support.ts';

const database = await testDatabase();
const { db, forTenant } = database;
afterAll(() => database.close());

/** Resolves to the id of a new key of the tenant, made by another key or by none. */
async function newKey(tenant_id: string, created_by_key_id: string | null = null, revoked_at?: Date): Promise<string> {
  const { id } = await db.transaction().execute((tx) =>
    insertApiKey(tx, {
      id: randomUUID(),
      tenant_id,
      created_by_key_id,
      name: 'key',
      prefix: 'x',
      hash: unique('h'),
      revoked_at: revoked_at ?? null,
    }),
  );
  return id;
}

const made = async (tenant_id: string, id: string, limit = 100) => {
  const { keys, complete } = await listApiKeysMadeBy(db, { tenant_id, id }, limit);
  return { ids: keys.map((key) => key.id), complete };
};

describe('the keys that a key made', () => {
  test('are those of every generation, also behind a revoked one, and neither revoked ones nor those of another maker', async () => {
    const tenant = await newTenant(db);
    const maker = await newKey(tenant);
    const child = await newKey(tenant, maker);
    const revoked = await newKey(tenant, maker, new Date());
    const grandchild = await newKey(tenant, revoked);
    const other = await newKey(tenant);
    await newKey(tenant, other);
    expect(await made(tenant, maker)).toEqual({ ids: [child, grandchild].sort(), complete: true });
    expect(await made(tenant, revoked)).toEqual({ ids: [grandchild], complete: true });
    expect(await made(tenant, grandchild)).toEqual({ ids: [], complete: true });
  });

  test('end at the limit, and the answer says so', async () => {
    const tenant = await newTenant(db);
    const chain = [await newKey(tenant)];
    chain.push(await newKey(tenant, chain.at(-1), new Date())); // revoked, so no part of what the limit counts
    for (let generation = 0; generation < 4; generation++) chain.push(await newKey(tenant, chain.at(-1)));
    const [maker = ''] = chain;
    expect(await made(tenant, maker, 4)).toMatchObject({ complete: true });
    const cut = await made(tenant, maker, 2);
    expect(cut).toEqual({ ids: expect.any(Array), complete: false });
    expect(cut.ids).toHaveLength(2);
    expect(chain.slice(2, 5)).toEqual(expect.arrayContaining(cut.ids));
  });

  test('are found by a probe for each, however many keys the tenant has, and the walk stops at the limit', async () => {
    const tenant_id = await newTenant(db);
    const chain = Array.from({ length: 500 }, () => randomUUID());
    await sql`
      insert into api_keys (id, tenant_id, name, prefix, hash, created_by_key_id)
      select id, ${tenant_id}, 'key', 'x', gen_random_uuid(), lag(id) over (order by place)
      from unnest(${chain}::uuid[]) with ordinality as chain (id, place)`.execute(db);
    await sql`
      insert into api_keys (tenant_id, name, prefix, hash)
      select ${tenant_id}, 'key', 'x', gen_random_uuid() from generate_series(1, 5000)`.execute(db);
    await sql`analyze api_keys`.execute(db);
    const [id = ''] = chain;
    for (const handle of [db, forTenant({ tenant_id, project_id: null })]) {
      const plan = await plansOf(handle, (asked) => listApiKeysMadeBy(asked, { tenant_id, id }, 20));
      expect(plan.flatMap((node) => node['Index Name'] ?? [])).toContain('api_keys_tenant_id_created_by_key_id_id_idx');
      expect(rowsRead(plan)).toBeLessThan(100);
    }
  });

  test('of another tenant are not found by the id of their maker, and a maker is never of another tenant', async () => {
    const [tenant, other] = [await newTenant(db), await newTenant(db)];
    const maker = await newKey(tenant);
    await newKey(tenant, maker);
    expect(await made(other, maker)).toEqual({ ids: [], complete: true });
    expect(await refusal(newKey(other, maker))).toEqual({
      code: violated.foreignKey,
      constraint: 'api_keys_tenant_id_created_by_key_id_fkey',
    });
  });

  test('stay, made by none, when their maker is deleted with its project', async () => {
    const tenant_id = await newTenant(db);
    const project = { tenant_id, slug: 'web', name: 'Web' };
    const { id: project_id } = await db
      .insertInto('tenant_projects')
      .values(project)
      .returning('id')
      .executeTakeFirstOrThrow();
    const maker = await newKey(tenant_id);
    await db.updateTable('api_keys').set({ project_id }).where('id', '=', maker).execute();
    const child = await newKey(tenant_id, maker);
    await db.deleteFrom('tenant_projects').where('id', '=', project_id).execute();
    const left = await db
      .selectFrom('api_keys')
      .select(['id', 'tenant_id', 'created_by_key_id'])
      .where('tenant_id', '=', tenant_id)
      .execute();
    expect(left).toEqual([{ id: child, tenant_id, created_by_key_id: null }]);
  });

  test('go with their tenant in any order', async () => {
    const tenant = await newTenant(db);
    const maker = await newKey(tenant);
    await newKey(tenant, await newKey(tenant, maker));
    await db.deleteFrom('tenants').where('id', '=', tenant).execute();
    expect(await db.selectFrom('api_keys').select('id').where('tenant_id', '=', tenant).execute()).toEqual([]);
  });
});

describe('claiming revocations', () => {
  const claim = (tenant_id: string, ids: readonly string[], at: Date) =>
    db.transaction().execute((tx) => claimRevocations(tx, { tenant_id, ids }, at));

  test('revokes each key once, and returns those that it revoked', async () => {
    const tenant = await newTenant(db);
    const [first, second] = [await newKey(tenant), await newKey(tenant)];
    const before = new Date('2026-01-01T00:00:00.000Z');
    const revoked = await newKey(tenant, null, before);
    const at = new Date('2026-02-01T00:00:00.000Z');
    const claimed = await claim(tenant, [first, second, revoked], at);
    expect(claimed.map(({ id }) => id).sort()).toEqual([first, second].sort());
    expect(claimed.map(({ revoked_at }) => revoked_at)).toEqual(Array(2).fill(at.toISOString()));
    expect(await claim(tenant, [first, second, revoked], new Date())).toEqual([]);
    const kept = await db.selectFrom('api_keys').select('revoked_at').where('id', '=', revoked).executeTakeFirst();
    expect(kept).toEqual({ revoked_at: before.toISOString() });
  });

  test('leaves a key of another tenant alone, also when it is given its id', async () => {
    const [tenant, other] = [await newTenant(db), await newTenant(db)];
    const foreign = await newKey(other);
    expect(await claim(tenant, [foreign], new Date())).toEqual([]);
    const kept = await db.selectFrom('api_keys').select('revoked_at').where('id', '=', foreign).executeTakeFirst();
    expect(kept).toEqual({ revoked_at: null });
  });

  test('is granted to the tenant itself', async () => {
    const tenant_id = await newTenant(db);
    const id = await newKey(tenant_id);
    const claimed = await forTenant({ tenant_id, project_id: null })
      .transaction()
      .execute((tx) => claimRevocations(tx, { tenant_id, ids: [id] }, new Date()));
    expect(claimed).toEqual([expect.objectContaining({ id })]);
  });
});

// proves B24
test('the keys of one project are read from their index, however many the tenant has, in its scope too', async () => {
  const tenant_id = await newTenant(db);
  await sql`
    insert into tenant_projects (tenant_id, slug, name)
    select ${tenant_id}, 'p-' || i, 'Project' from generate_series(1, 200) as i`.execute(db);
  await sql`
    insert into api_keys (tenant_id, project_id, name, prefix, hash)
    select tenant_id, id, 'key', 'x', gen_random_uuid() from tenant_projects, generate_series(1, 50)`.execute(db);
  await sql`analyze api_keys`.execute(db);
  const { id: project_id } = await db.selectFrom('tenant_projects').select('id').executeTakeFirstOrThrow();
  const filter = { tenant_id, project_id, include_revoked: true };
  for (const handle of [db, forTenant({ tenant_id, project_id: null }), forTenant({ tenant_id, project_id })]) {
    const plan = await plansOf(handle, (asked) => listApiKeys(asked, filter, { limit: 20 }));
    expect(plan.flatMap((node) => node['Index Name'] ?? [])).toEqual(['api_keys_tenant_id_project_id_id_idx']);
    expect(rowsRead(plan)).toBeLessThan(100);
  }
});
