import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Db } from '../src/handles.ts';
import { appendAuditEvent } from '../src/queries/audit.ts';
import { lockTenantShared } from '../src/queries/tenants.ts';
import type { TenantScope } from '../src/tenant-scope.ts';
import { testDatabase } from '../src/testing.ts';
import { isolationFailures, listTenantTables, setupFailures } from './isolation.ts';
import { deleteIdentities, populatedTenant } from './populated-tenant.ts';
import { refusal } from './support.ts';
import { grants, tenantTables } from './tenant-tables.ts';

const database = await testDatabase();
const { db, forTenant } = database;
afterAll(() => database.close());

/** The tables with rows of tenants that no statement of theirs reaches. */
const withoutGrants: readonly string[] = tenantTables
  .filter(({ grants }) => grants.length === 0)
  .map(({ table }) => table);

/**
 * The event that tells of a tenant's deletion is still to be told: it stays in the queue and in the log, and so do its
 * deliveries and their attempts, until all of them are pruned by age.
 */
const outliving: readonly string[] = [
  'outbox_events',
  'events',
  'webhook_deliveries',
  'webhook_attempts',
  // The audit log of a tenant outlives it, with all that says what became of the log.
  ...tenantTables.map(({ table }) => table).filter((table) => /^audit_(?!log$)/.test(table)),
];

interface World {
  readonly tenant: TenantScope;
  readonly project: TenantScope;
}

/** Makes two tenants with rows in every table, in two projects and in none, and returns the scopes of the first. */
async function world(): Promise<World> {
  const [tenant] = [await populatedTenant(db), await populatedTenant(db)];
  return {
    tenant: { tenant_id: tenant.id, project_id: null },
    project: { tenant_id: tenant.id, project_id: tenant.project },
  };
}

let scopes: World;
beforeAll(async () => {
  scopes = await world();
});

describe('the set-up', () => {
  test('every table of tenants has forced row-level security, both policies, and no grant but those of the list', async () => {
    expect((await listTenantTables(db)).length).toBeGreaterThanOrEqual(18);
    expect(await setupFailures(db)).toEqual([]);
  });

  test('a table of tenants that a later migration adds without policies is noticed', async () => {
    await sql`create table later (id uuid primary key, tenant_id uuid not null)`.execute(db);
    try {
      expect(await setupFailures(db)).toEqual([
        'later: row-level security is not forced',
        'later: its policies are others',
      ]);
      expect(await isolationFailures(database, scopes.tenant)).toContain('later: the test has no rows for it');
      await sql`grant select on later to public`.execute(db);
      expect(await setupFailures(db)).toContain('granted, but in no list: 0: later select');
    } finally {
      await sql`drop table later`.execute(db);
    }
  });

  test.each([
    ['select (password_hash)', 'select of password_hash answers 1 rows instead of 42501'],
    ['insert (password_hash)', 'insert with password_hash answers 23505 instead of 42501'],
    ['delete', 'delete answers 1 changed instead of 42501'],
  ])('the right to %s of users, which is in no list, is noticed by its effect too', async (right, failure) => {
    await sql`grant ${sql.raw(right)} on users to tenant_registry_tenant`.execute(db);
    try {
      expect(await setupFailures(db)).toEqual([`granted, but in no list: users ${right}`]);
      expect(await isolationFailures(database, scopes.tenant)).toContain(`users: ${failure}`);
    } finally {
      await sql`revoke ${sql.raw(right)} on users from tenant_registry_tenant`.execute(db);
    }
  });

  test('the role of tenants cannot log in, has no power, is a member of no role and owns nothing', async () => {
    const { rows } = await sql`
      select rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication,
        (select count(*) from pg_auth_members where member = r.oid) as memberships,
        (select count(*) from pg_shdepend where refobjid = r.oid and deptype = 'o') as owned
      from pg_roles as r where rolname = 'tenant_registry_tenant'`.execute(db);
    const no = { rolcanlogin: false, rolsuper: false, rolbypassrls: false, rolcreaterole: false, rolcreatedb: false };
    expect(rows).toEqual([{ ...no, rolreplication: false, memberships: 0, owned: 0 }]);
  });

  test('without a tenant the role reaches no row', async () => {
    const seen = await db.transaction().execute(async (tx) => {
      await sql`select set_config('role', 'tenant_registry_tenant', true)`.execute(tx);
      return tx.selectFrom('tenants').select('id').execute();
    });
    expect(seen).toEqual([]);
  });
});

describe('the answers', () => {
  // proves A65
  test('a tenant reaches its own rows and no others, on every table, with statements that filter nothing', async () => {
    expect(await isolationFailures(database, scopes.tenant)).toEqual([]);
  });

  // proves A65, B30
  test('a scope bound to a project reaches only that project, its keys and its audit events', async () => {
    expect(await isolationFailures(database, scopes.project)).toEqual([]);
  });

  test('a tenant that does not exist reaches nothing', async () => {
    const unknown = forTenant({ tenant_id: randomUUID(), project_id: null });
    for (const { table } of tenantTables.filter(({ grants }) => grants.join().includes('select'))) {
      expect((await sql`select from ${sql.table(table)}`.execute(unknown)).rows, table).toEqual([]);
    }
  });

  const closed = [...withoutGrants, 'idempotency_keys', 'signing_keys', 'kysely_migration'];
  test.each(closed)('%s is closed to tenants', async (table) => {
    const scoped = forTenant(scopes.tenant);
    expect(await refusal(sql`select * from ${sql.table(table)}`.execute(scoped))).toMatchObject({ code: '42501' });
  });
});

interface Policy {
  readonly table: string;
  readonly name: string;
  readonly role: string;
  readonly rows: string;
}

const policies: Policy[] = (
  await sql<Policy>`
    select tablename as table, policyname as name, roles[1] as role, qual as rows from pg_policies
    where schemaname = 'public' order by tablename, policyname`.execute(db)
).rows;
const ofTenants = policies.filter(({ name }) => name === 'tenant_isolation');
// Without a grant the answers are refusals whatever the policies say: these are tried with a grant, below.
const reached = ofTenants.filter(({ table }) => !withoutGrants.includes(table));
const ofProjects = ofTenants.filter(({ rows }) => rows.includes('app.project_id'));

/** Runs the checks of isolation: of the set-up all, of the answers all or those of one table. */
async function failures(table?: string): Promise<{ setup: string[]; answers: string[] }> {
  const answers = [scopes.tenant, scopes.project].map((scope) => isolationFailures(database, scope, table));
  return { setup: await setupFailures(db), answers: (await Promise.all(answers)).flat() };
}

/** Resolves to the failures that the checks find, in the answers of its table, while the policy is changed; restores it. */
async function whileChanged(
  policy: Policy,
  change: (db: Db) => Promise<unknown>,
): Promise<Awaited<ReturnType<typeof failures>>> {
  const table = sql.table(policy.table);
  await change(db);
  try {
    return await failures(policy.table);
  } finally {
    await sql`alter table ${table} enable row level security`.execute(db);
    await sql`drop policy if exists ${sql.id(policy.name)} on ${table}`.execute(db);
    await sql`
      create policy ${sql.id(policy.name)} on ${table} to ${sql.id(policy.role)}
      using (${sql.raw(policy.rows)}) with check (${sql.raw(policy.rows)})`.execute(db);
  }
}

/** The checks are those of both engines, so one shows that they are sharp. */
describe.runIf(inject('engine') === 'postgres')('each part is needed: the checks go red without it', () => {
  test('there are two policies for every table', async () => {
    expect(policies.length).toBe(2 * (await listTenantTables(db)).length);
  });

  test.each(policies)('$name on $table', async (policy) => {
    const found = await whileChanged(policy, (db) =>
      sql`drop policy ${sql.id(policy.name)} on ${sql.table(policy.table)}`.execute(db),
    );
    expect(found.setup).toEqual([`${policy.table}: its policies are others`]);
    // The owner is a superuser here, whom no policy binds: owners.test.ts shows an owner without "platform".
    if (reached.includes(policy)) expect(found.answers.join()).toContain(`${policy.table}: `);
  });

  test.each(ofTenants)('row-level security on $table', async (policy) => {
    const found = await whileChanged(policy, (db) =>
      sql`alter table ${sql.table(policy.table)} disable row level security`.execute(db),
    );
    expect(found.setup).toEqual([`${policy.table}: row-level security is not forced`]);
    if (reached.includes(policy))
      expect(found.answers.join()).toMatch(new RegExp(`${policy.table}: (shows foreign rows|insert of a foreign row)`));
  });

  test.each(reached)('the tenant in the policy of $table', async (policy) => {
    const found = await whileChanged(policy, (db) =>
      sql`alter policy tenant_isolation on ${sql.table(policy.table)} using (true) with check (true)`.execute(db),
    );
    if (grants.includes(`${policy.table} delete`)) {
      expect(found.answers.join()).toContain(`${policy.table}: deletes foreign rows`);
    }
    expect(found.answers.join()).toMatch(new RegExp(`${policy.table}: (shows foreign rows|insert of a foreign row)`));
  });

  test.each(ofTenants)('the check of new rows on $table', async (policy) => {
    const writable = grants.some((grant) => grant.startsWith(`${policy.table} insert`));
    const found = await whileChanged(policy, (db) =>
      sql`alter policy tenant_isolation on ${sql.table(policy.table)} with check (true)`.execute(db),
    );
    expect(found.setup).toEqual([`${policy.table}: its policies are others`]);
    if (writable) expect(found.answers.join()).toContain(`${policy.table}: insert of a foreign row answers 23505`);
  });

  test.each(ofProjects)('the project in the policy of $table', async (policy) => {
    const tenant = sql`tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid`;
    const found = await whileChanged(policy, (db) =>
      sql`alter policy tenant_isolation on ${sql.table(policy.table)} using (${tenant}) with check (${tenant})`.execute(
        db,
      ),
    );
    expect(found.answers.join()).toContain(`${policy.table}: shows foreign rows`);
  });

  test('the checks are green again when every policy is restored', async () => {
    expect(await failures()).toEqual({ setup: [], answers: [] });
  });
});

test.each(withoutGrants)(
  '%s would show a tenant its own rows alone if the right to read were granted',
  async (table) => {
    const count = async (db: Db) => (await sql`select from ${sql.table(table)}`.execute(db)).rows.length;
    const { rows: mine } = await sql`
    select from ${sql.table(table)} where tenant_id = ${scopes.tenant.tenant_id}`.execute(db);
    await sql`grant select on ${sql.table(table)} to tenant_registry_tenant`.execute(db);
    try {
      expect(await count(forTenant(scopes.tenant))).toBe(mine.length);
      expect(await count(db)).toBeGreaterThan(mine.length);
    } finally {
      await sql`revoke select on ${sql.table(table)} from tenant_registry_tenant`.execute(db);
    }
  },
);

describe('under row-level security', () => {
  test('triggers work for the role: an update moves updated_at, an audit row gets the slug, and neither changes nor goes', async () => {
    const { tenant_id } = scopes.tenant;
    const scoped = forTenant(scopes.tenant);
    const before = await scoped.selectFrom('tenant_products').select('updated_at').executeTakeFirstOrThrow();
    await scoped.updateTable('tenant_products').set({ source: 'trial' }).execute();
    const after = await scoped.selectFrom('tenant_products').select('updated_at').executeTakeFirstOrThrow();
    expect(after.updated_at > before.updated_at).toBe(true);
    const { slug } = await db
      .selectFrom('tenants')
      .select('slug')
      .where('id', '=', tenant_id)
      .executeTakeFirstOrThrow();
    const event = { tenant_id, actor_type: 'user', actor_id: '1', action: 'x', metadata: {} };
    expect(await appendAuditEvent(scoped, { ...event, origin: 'registry' })).toMatchObject({ tenant_slug: slug });
    expect(await refusal(scoped.updateTable('audit_log').set({ action: 'y' }).execute())).toMatchObject({
      code: '42501',
    });
    expect(await refusal(scoped.deleteFrom('audit_log').execute())).toMatchObject({ code: '42501' });
  });

  test('the lock that keeps a tenant from being frozen meanwhile can be taken by the tenant itself', async () => {
    const { tenant_id } = scopes.tenant;
    const locked = await forTenant(scopes.tenant)
      .transaction()
      .execute((tx) => lockTenantShared(tx, tenant_id));
    expect(locked).toMatchObject({ id: tenant_id });
  });

  test('a tenant without people, programs and groups takes its rows along when it is deleted, and the audit log keeps its name', async () => {
    const { id } = await populatedTenant(db);
    await deleteIdentities(db, id);
    const { slug } = await db.selectFrom('tenants').select('slug').where('id', '=', id).executeTakeFirstOrThrow();
    await db.deleteFrom('tenants').where('id', '=', id).execute();
    for (const { table, column } of (await listTenantTables(db)).filter(({ table }) => !outliving.includes(table))) {
      const { rows } = await sql`select from ${sql.table(table)} where ${sql.ref(column)} = ${id}`.execute(db);
      expect(rows, table).toEqual([]);
    }
    for (const table of outliving) {
      const { rows } = await sql`select from ${sql.table(table)} where tenant_id = ${id}`.execute(db);
      expect(rows.length, table).toBeGreaterThan(0);
    }
    const kept = await db.selectFrom('audit_log').select('tenant_id').where('tenant_slug', '=', slug).execute();
    expect(kept).toEqual(Array(3).fill({ tenant_id: null }));
  });
});
