import { randomUUID } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { sql } from 'kysely';
import { afterAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { type DatabaseHandle, openDatabase } from '../src/database.ts';
import type { Db } from '../src/handles.ts';
import { leaveTenant, type TenantScope } from '../src/tenant-scope.ts';
import { testDatabase } from '../src/testing.ts';
import { newTenant, refusal, violated } from './support.ts';

const database = await testDatabase();
afterAll(() => database.close());

const DENIED = '42501';

/** Opens a handle with one connection, so that its next user meets anything that is left on it. */
async function open(connectionsMax = 1): Promise<DatabaseHandle> {
  const { url = '' } = database;
  const handle = await openDatabase(
    inject('engine') === 'postgres'
      ? { url, connectionsMax, connectTimeoutMs: 10_000 }
      : { pglite: { snapshot: await openAsBlob(inject('pglite').migrated) } },
  );
  onTestFinished(() => handle.close());
  return handle;
}

const scopeOf = (tenant_id: string): TenantScope => ({ tenant_id, project_id: null });

const tenantIds = async (db: Db) =>
  (await db.selectFrom('tenants').select('id').orderBy('id').execute()).map(({ id }) => id);

const projectSlugs = async (db: Db, tenantId: string) =>
  (await db.selectFrom('tenant_projects').select('slug').where('tenant_id', '=', tenantId).execute()).map(
    ({ slug }) => slug,
  );

interface Identity {
  readonly role: string;
  readonly tenant: string;
  readonly project: string;
}

async function identity(db: Db): Promise<Identity | undefined> {
  const { rows } = await sql<Identity>`
    select case current_user when session_user then 'owner' else current_user::text end as role,
      coalesce(current_setting('app.tenant_id', true), '') as tenant,
      coalesce(current_setting('app.project_id', true), '') as project`.execute(db);
  return rows[0];
}

const owner: Identity = { role: 'owner', tenant: '', project: '' };
const tenantOnly = (tenant: string): Identity => ({ role: 'tenant_registry_tenant', tenant, project: '' });

describe('a tenant-scoped handle', () => {
  test('has only the rows of its tenant, for a statement by itself and in a transaction', async () => {
    const { db, forTenant } = await open();
    const [mine, others] = [await newTenant(db), await newTenant(db)];
    const scoped = forTenant(scopeOf(mine));
    expect(await tenantIds(scoped)).toEqual([mine]);
    expect(await scoped.transaction().execute(tenantIds)).toEqual([mine]);
    expect(await tenantIds(db)).toEqual(expect.arrayContaining([mine, others]));
  });

  test('works as the role of tenants, with its tenant and its project', async () => {
    const { forTenant } = await open();
    const [tenant, project] = [randomUUID(), randomUUID()];
    expect(await identity(forTenant(scopeOf(tenant)))).toEqual(tenantOnly(tenant));
    const bound = forTenant({ tenant_id: tenant, project_id: project });
    expect(await bound.transaction().execute(identity)).toEqual({ ...tenantOnly(tenant), project });
  });

  test('commits what a statement by itself wrote', async () => {
    const { db, forTenant } = await open();
    const tenant_id = await newTenant(db);
    await forTenant(scopeOf(tenant_id))
      .insertInto('tenant_projects')
      .values({ tenant_id, slug: 'web', name: 'Web' })
      .execute();
    expect(await projectSlugs(db, tenant_id)).toEqual(['web']);
  });

  test('rolls back a transaction that fails, and a savepoint alone when asked', async () => {
    const { db, forTenant } = await open();
    const tenant_id = await newTenant(db);
    const scoped = forTenant(scopeOf(tenant_id));
    const project = (slug: string) => ({ tenant_id, slug, name: slug });
    const failed = scoped.transaction().execute(async (tx) => {
      await tx.insertInto('tenant_projects').values(project('lost')).execute();
      throw new Error('the work failed');
    });
    await expect(failed).rejects.toThrow('the work failed');
    const tx = await scoped.startTransaction().execute();
    await tx.insertInto('tenant_projects').values(project('kept')).execute();
    const saved = await tx.savepoint('half').execute();
    await saved.insertInto('tenant_projects').values(project('undone')).execute();
    const back = await saved.rollbackToSavepoint('half').execute();
    expect(await identity(back)).toEqual(tenantOnly(tenant_id));
    await back.commit().execute();
    expect(await projectSlugs(db, tenant_id)).toEqual(['kept']);
  });

  // Kysely's driver for PGlite offers neither.
  test.runIf(inject('engine') === 'postgres')(
    'keeps the isolation level and the access mode that the caller asks for',
    async () => {
      const scoped = (await open()).forTenant(scopeOf(randomUUID()));
      const asked = scoped.transaction().setIsolationLevel('repeatable read').setAccessMode('read only');
      const { rows } = await asked.execute((tx) =>
        sql`select current_setting('transaction_isolation') as level, current_setting('transaction_read_only') as only`.execute(
          tx,
        ),
      );
      expect(rows).toEqual([{ level: 'repeatable read', only: 'on' }]);
    },
  );

  test.each([
    ['tenant', { tenant_id: "' or true --", project_id: null }],
    ['project', { tenant_id: randomUUID(), project_id: "'); reset role; --" }],
  ])('cannot be made for a %s that is no UUID', async (_, scope) => {
    const { forTenant } = await open();
    expect(() => forTenant(scope)).toThrow(TypeError);
  });

  test('asks before it takes a connection, and tells when the connection is free again, however its use ended', async () => {
    const { db, forTenant } = await open();
    const told: string[] = [];
    const scoped = forTenant(scopeOf(await newTenant(db)), async () => {
      told.push('asked');
      return () => told.push('left');
    });
    expect(await tenantIds(scoped)).toHaveLength(1);
    await scoped.transaction().execute(async (tx) => {
      await tenantIds(tx);
      expect(told.splice(0)).toEqual(['asked', 'left', 'asked']);
      await tenantIds(tx);
    });
    await expect(sql`select 1 / 0`.execute(scoped)).rejects.toThrow('division by zero');
    expect(told).toEqual(['left', 'asked', 'left']);
    const refused = forTenant(scopeOf(randomUUID()), () => Promise.reject(new Error('not now')));
    await expect(tenantIds(refused)).rejects.toThrow('not now');
  });

  test('gives back its right to a connection when there is none to take', async () => {
    const handle = await testDatabase();
    let taken = 0;
    const scoped = handle.forTenant(scopeOf(randomUUID()), async () => {
      taken += 1;
      return () => {
        taken -= 1;
      };
    });
    await handle.close();
    await expect(tenantIds(scoped)).rejects.toThrow('closed');
    expect(taken).toBe(0);
  });

  test('does not stream, because rows would come after the transaction', async () => {
    const scoped = (await open()).forTenant(scopeOf(randomUUID()));
    const rows = scoped.selectFrom('tenants').select('id').stream();
    await expect(rows.next()).rejects.toThrow('does not stream');
  });
});

describe('the next user of the connection has its own identity', () => {
  const uses: [string, (scoped: Db) => Promise<unknown>][] = [
    ['a statement', (scoped) => tenantIds(scoped)],
    ['a statement that is refused', (scoped) => refusal(scoped.deleteFrom('tenants').execute())],
    ['a statement that is wrong', (scoped) => refusal(sql`select 1 / 0`.execute(scoped))],
    ['a transaction', (scoped) => scoped.transaction().execute(tenantIds)],
    [
      'a transaction that is rolled back',
      (scoped) => refusal(scoped.transaction().execute(() => Promise.reject(new Error('given up')))),
    ],
    [
      'a transaction that catches an error, so that its commit fails',
      (scoped) => refusal(scoped.transaction().execute((tx) => refusal(sql`select 1 / 0`.execute(tx)))),
    ],
    ['a connection that is kept', (scoped) => scoped.connection().execute(tenantIds)],
  ];

  test.each(uses)('after %s', async (_, use) => {
    const { db, forTenant } = await open();
    const [tenant, next] = [await newTenant(db), await newTenant(db)];
    await use(forTenant(scopeOf(tenant)));
    expect(await identity(db)).toEqual(owner);
    expect(await tenantIds(db)).toEqual(expect.arrayContaining([tenant, next]));
    expect(await identity(forTenant(scopeOf(next)))).toEqual(tenantOnly(next));
    expect(await db.transaction().execute(identity)).toEqual(owner);
  });

  test('among many tenants and the owner at once', async () => {
    const { db, forTenant } = await open(3);
    const tenants = await Promise.all(Array.from({ length: 8 }, () => newTenant(db)));
    const work = Array.from({ length: 20 }, () => tenants)
      .flat()
      .map(async (id, index) => {
        const scoped = forTenant(scopeOf(id));
        if (index % 3 === 0) return { id, seen: await scoped.transaction().execute(tenantIds) };
        if (index % 3 === 1) return { id, seen: await tenantIds(scoped) };
        expect(await identity(db)).toEqual(owner);
        await refusal(scoped.deleteFrom('tenants').execute());
        return { id, seen: await tenantIds(scoped) };
      });
    const foreign = (await Promise.all(work)).filter(({ id, seen }) => seen.length !== 1 || seen[0] !== id);
    expect(foreign).toEqual([]);
  });

  test('during two statements at once on a connection that is kept', async () => {
    const { db, forTenant } = await open();
    const [tenant] = [await newTenant(db), await newTenant(db)];
    await forTenant(scopeOf(tenant))
      .connection()
      .execute(async (connection) => {
        const statements = Array.from({ length: 6 }, () => tenantIds(connection));
        const transaction = connection.transaction().execute(identity);
        expect(await Promise.all(statements)).toEqual(Array(6).fill([tenant]));
        expect(await transaction).toEqual(tenantOnly(tenant));
        expect(await identity(connection)).toEqual(tenantOnly(tenant));
      });
    expect(await identity(db)).toEqual(owner);
  });

  test('and a caller that kept a released connection is refused', async () => {
    const { db, forTenant } = await open();
    const kept: Db[] = [];
    await forTenant(scopeOf(await newTenant(db)))
      .connection()
      .execute(async (connection) => {
        kept.push(connection);
      });
    for (const connection of kept) await expect(tenantIds(connection)).rejects.toThrow('returned to the pool');
    expect(await identity(db)).toEqual(owner);
  });
});

describe('leaveTenant', () => {
  test('ends the scope for the rest of the transaction alone', async () => {
    const { db, forTenant } = await open();
    const [mine, others] = [await newTenant(db), await newTenant(db)];
    const scoped = forTenant(scopeOf(mine));
    await scoped.transaction().execute(async (tx) => {
      expect(await tenantIds(tx)).toEqual([mine]);
      await leaveTenant(tx);
      expect(await tenantIds(tx)).toEqual(expect.arrayContaining([mine, others]));
    });
    expect(await tenantIds(scoped)).toEqual([mine]);
    expect(await identity(db)).toEqual(owner);
  });
});

describe('closing', () => {
  test('a tenant-scoped handle closes nothing', async () => {
    const { db, forTenant } = await open();
    const tenant = await newTenant(db);
    const scoped = forTenant(scopeOf(tenant));
    await tenantIds(scoped);
    await scoped.destroy();
    expect(await tenantIds(db)).toContain(tenant);
  });

  test.runIf(inject('engine') === 'postgres')('the handle closes connections that only its tenants used', async () => {
    const { forTenant, close } = await open();
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(
      forTenant(scopeOf(randomUUID())),
    );
    await close();
    const gone = () => sql`select 1 from pg_stat_activity where pid = ${rows[0]?.pid}`.execute(database.db);
    await expect.poll(async () => (await gone()).rows).toEqual([]);
  });

  test('the handle closes those made from it, used or not', async () => {
    const { db, forTenant, close } = await open();
    const [used, unused] = [forTenant(scopeOf(await newTenant(db))), forTenant(scopeOf(randomUUID()))];
    await tenantIds(used);
    await close();
    for (const scoped of [used, unused, forTenant(scopeOf(randomUUID()))]) {
      await expect(tenantIds(scoped)).rejects.toThrow(/closed/);
    }
  });
});

test('errors keep their SQLSTATE and constraint', async () => {
  const { db, forTenant } = await open();
  const tenant_id = await newTenant(db);
  const scoped = forTenant(scopeOf(tenant_id));
  const project = scoped.insertInto('tenant_projects').values({ tenant_id, slug: 'web', name: 'Web' });
  await project.execute();
  expect(await refusal(project.execute())).toEqual({
    code: violated.unique,
    constraint: 'tenant_projects_tenant_id_slug_key',
  });
  expect(await refusal(scoped.deleteFrom('tenants').execute())).toMatchObject({ code: DENIED });
});
