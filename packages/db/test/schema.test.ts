import { randomUUID } from 'node:crypto';
import { type Insertable, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { migrateUp } from '../src/migrate.ts';
import type { ApiKeysHashAlgo, TenantIdpConfig, TenantIdpConfigStatus } from '../src/schema.ts';
import { emptyDatabase, testDatabase } from '../src/testing.ts';
import { json } from '../src/types.ts';
import { catalogue, ofKind } from './catalogue.ts';
import { newTenant, refusal, unique, violated } from './support.ts';

const database = await testDatabase();
const { db } = database;
afterAll(() => database.close());

/** Columns of the first migration; `?` marks those that may be null. */
const sixTables: Readonly<Record<string, string>> = {
  tenants: `id uuid, slug text, name text, status tenant_status, kind tenant_kind, plan text?, erp_id text?,
    stripe_id text?, trial_ends_at timestamptz?, contract_starts_on date?, contract_ends_on date?, sales_owner text?,
    frozen_at timestamptz?, archived_at timestamptz?, created_at timestamptz, updated_at timestamptz`,
  tenant_projects: `id uuid, tenant_id uuid, slug text, name text, description text?, status tenant_project_status,
    created_at timestamptz, updated_at timestamptz`,
  tenant_products: `tenant_id uuid, product text, source text, config jsonb, starts_at timestamptz,
    ends_at timestamptz?, created_at timestamptz, updated_at timestamptz`,
  tenant_idp_config: `id uuid, tenant_id uuid, kind idp_kind, alias text, issuer text, client_id text?,
    client_secret_ref text?, metadata jsonb, claim_mappings jsonb, required_acr text[], required_amr text[],
    jit_policy text, status text, verified_at timestamptz?, version integer, created_at timestamptz,
    updated_at timestamptz`,
  api_keys: `id uuid, tenant_id uuid, project_id uuid?, name text, prefix text, hash text, hash_algo text,
    scopes text[], expires_at timestamptz?, last_used_at timestamptz?, revoked_at timestamptz?, created_at timestamptz`,
  audit_log: `id uuid, tenant_id uuid?, tenant_slug text?, product text?, project_id uuid?, actor_type text,
    actor_id text, actor_name text?, action text, target_type text?, target_id text?, target_name text?,
    description text?, metadata jsonb, source_ip inet?, request_id text?, is_failure boolean,
    occurred_at timestamptz, created_at timestamptz`,
};

const withUpdatedAt = ['tenant_idp_config', 'tenant_products', 'tenant_projects', 'tenants'];

describe('the first migration', () => {
  let lines: string[] = [];
  beforeAll(async () => {
    const empty = await emptyDatabase();
    await migrateUp(empty.db, 1);
    lines = await catalogue(empty.db);
    await empty.close();
  });

  // proves A1, A4, A9, A25
  test('makes exactly six tables, with the documented columns', () => {
    const tables = ofKind(lines, 'table').map((line) => line.split(' ')[0]);
    expect(tables).toEqual(Object.keys(sixTables).sort());
    for (const [table, columns] of Object.entries(sixTables)) {
      expect(columnsOf(lines, table), table).toEqual(columns.split(/,\s+/).sort());
    }
  });

  // proves A5
  test('makes exactly four enums, with their values in order', () => {
    expect(ofKind(lines, 'enum')).toEqual([
      'idp_kind (oidc, saml)',
      'tenant_kind (customer, demo)',
      'tenant_project_status (active, archived)',
      'tenant_status (demo, trial, active, frozen, archived)',
    ]);
  });

  // proves A15, B24, C30
  test('makes the named and partial indexes, as documented', () => {
    const indexes = ofKind(lines, 'index').filter((line) => !/_(pkey|key) /.test(line) || line.includes(' WHERE '));
    expect(indexes.map((line) => line.replace(/^\S+ /, '').replace(/ ON public\.| USING btree/g, ' '))).toEqual([
      'CREATE INDEX api_keys_prefix_idx api_keys  (prefix) WHERE (revoked_at IS NULL)',
      'CREATE INDEX audit_log_actor_id_created_at_idx audit_log  (actor_id, created_at DESC)',
      'CREATE INDEX audit_log_product_created_at_idx audit_log  (product, created_at DESC)',
      'CREATE INDEX audit_log_tenant_id_created_at_id_idx audit_log  (tenant_id, created_at DESC, id DESC)',
      "CREATE UNIQUE INDEX tenant_idp_config_tenant_id_issuer_key tenant_idp_config  (tenant_id, issuer) WHERE (status = 'active'::text)",
      'CREATE INDEX tenants_status_idx tenants  (status)',
    ]);
  });

  // proves A16
  test('keeps updated_at by a trigger on exactly four tables', () => {
    const triggers = ofKind(lines, 'trigger').filter((line) => line.includes('set_updated_at()'));
    expect(triggers.map((line) => line.split(' ')[0])).toEqual(withUpdatedAt.map((table) => `${table}_set_updated_at`));
  });
});

/** `name type`, sorted, in the spelling of `sixTables`. */
function columnsOf(lines: readonly string[], table: string): string[] {
  return ofKind(lines, 'column')
    .filter((line) => line.startsWith(`${table}.`))
    .map((line) => {
      const [, name, type, rest = ''] = /^\w+\.(\w+) (timestamp with time zone|\S+)(.*)$/.exec(line) ?? [];
      return `${name} ${type?.replace('timestamp with time zone', 'timestamptz')}${/ not null/.test(rest) ? '' : '?'}`;
    });
}

describe('the whole schema', () => {
  // proves A10, A11
  test('still has everything that the first migration made', async () => {
    const lines = await catalogue(db);
    for (const [table, columns] of Object.entries(sixTables)) {
      expect(columnsOf(lines, table)).toEqual(expect.arrayContaining(columns.split(/,\s+/)));
    }
  });

  test('has one enum beyond those of the first migration, whose order counts: any other fixed set of values is text with a check', async () => {
    const enums = ofKind(await catalogue(db), 'enum').map((line) => line.split(' ')[0]);
    expect(enums).toEqual(['idp_kind', 'role_level', 'tenant_kind', 'tenant_project_status', 'tenant_status']);
  });

  // Names that the capability register fixes, and one made like them, that do not follow the pattern.
  const givenNames = [
    'config_revisions_author_user_id_fkey',
    'config_schemas_created_by_user_id_fkey',
    'configs_updated_by_user_id_fkey',
    'group_memberships_no_self_member',
    'group_memberships_principal_xor',
    'group_memberships_unique_edge',
    'group_parents_no_self_parent',
    'groups_domain_slug_uq',
    'groups_source_idp_requires_binding',
    'idx_databases_name_active',
  ];

  // proves C47
  test('names every constraint and unique index after its table, and its columns or its rule', async () => {
    const { rows } = await sql<{ table: string; name: string; kind: string; columns: string[] }>`
      select conrelid::regclass::text as table, conname as name, contype::text as kind, ${columnNames('conrelid', 'conkey')}
      from pg_constraint
      where connamespace = 'public'::regnamespace and contype not in ('n', 't')
      union all
      select indrelid::regclass::text, indexrelid::regclass::text, 'unique index', ${columnNames('indrelid', 'indkey')}
      from pg_index join pg_class on pg_class.oid = indrelid
      where relnamespace = 'public'::regnamespace and indisunique
        and not exists (select from pg_constraint where conindid = indexrelid)`.execute(db);
    expect(rows.length).toBeGreaterThan(20);
    const misnamed = rows.filter(({ table, name, kind, columns }) => {
      const isOurs = !table.startsWith('kysely_migration') && !givenNames.includes(name);
      return isOurs && !pattern(kind, table, columns).test(name);
    });
    expect(misnamed).toEqual([]);
  });

  // Without one, the deletion of a row that others refer to reads all of their table, all other tenants' too.
  test('has an index for every foreign key, which begins with a column of it', async () => {
    const { rows } = await sql<{ name: string }>`
      select conname as name from pg_constraint
      where contype = 'f' and connamespace = 'public'::regnamespace and not exists (
        select from pg_index where indrelid = conrelid and indkey[0] = any (conkey) and (indpred is null or (
          cardinality(conkey) > 1 and pg_get_expr(indpred, indrelid) ~ '^\\(\\w+ IS NOT NULL\\)$'
        )))`.execute(db);
    expect(rows.map(({ name }) => name)).toEqual([]);
  });

  // proves A16
  test('has a trigger for every column named updated_at, which every column moves that says what the row is', async () => {
    const lines = await catalogue(db);
    const tables = ofKind(lines, 'column').flatMap((line) => /^(\w+)\.updated_at /.exec(line)?.[1] ?? []);
    expect(tables).toEqual(expect.arrayContaining([...withUpdatedAt, ...Object.keys(unmoved)]));
    for (const table of tables.filter((each) => !writtenOutside.includes(each))) {
      const name = `${table}_set_updated_at`;
      const trigger = ofKind(lines, 'trigger').find((line) => line.startsWith(`${name} `)) ?? '';
      const [, moving = ''] = / BEFORE UPDATE OF ([\w, ]+) ON /.exec(trigger) ?? [];
      expect(trigger.replace(` OF ${moving}`, '')).toBe(
        `${name} O CREATE TRIGGER ${name} BEFORE UPDATE ON public.${table} FOR EACH ROW EXECUTE FUNCTION set_updated_at()`,
      );
      expect(moving.split(', ').sort(), table).toEqual(movingColumns(lines, table));
    }
  });
});

/** A configuration can be written in another store first, which then says when that was. */
const writtenOutside = ['configs'];

/**
 * Columns whose changes leave updated_at, and with it the ETag, as they are: what identifies the row, and the place of
 * an endpoint in the queue of deliveries.
 */
const unmoved: Readonly<Record<string, readonly string[]>> = {
  webhook_endpoints: [
    ...['id', 'tenant_id', 'created_at', 'updated_at'],
    ...['failures', 'failing_since', 'last_ok_ms', 'next_at', 'lease_id', 'lease_until'],
    ...['given_up', 'given_up_since', 'given_up_told_at'],
  ],
};

/** Returns the names of the columns that move updated_at, sorted; one empty name where any change does. */
function movingColumns(lines: readonly string[], table: string): string[] {
  const still = unmoved[table];
  if (still === undefined) return [''];
  const names = columnsOf(lines, table).map((line) => line.split(' ')[0] ?? '');
  expect(names).toEqual(expect.arrayContaining([...still]));
  return names.filter((name) => !still.includes(name)).sort();
}

function columnNames(table: string, keys: string) {
  return sql`array(
    select attname::text from unnest(${sql.ref(keys)}) with ordinality as key (num, place)
    join pg_attribute on attrelid = ${sql.ref(table)} and attnum = num order by place) as columns`;
}

function pattern(kind: string, table: string, columns: string[]): RegExp {
  const named = `${table}_${columns.join('_')}`;
  switch (kind) {
    case 'p':
      return new RegExp(`^${table}_pkey$`);
    case 'f':
      return new RegExp(`^${named}_fkey$`);
    case 'c':
      return new RegExp(`^${table}_[a-z0-9_]+_check$`);
    case 'x':
      return new RegExp(`^${table}_[a-z0-9_]+_excl$`);
    case 'unique index':
      return new RegExp(`^${named}(_\\w+)?_key$`); // an expression may add to the columns
    default:
      return new RegExp(`^${named}_key$`);
  }
}

describe('a slug', () => {
  // proves A12, A21, A34
  test.each([
    ['empty', ''],
    ['two characters', 'ab'],
    ['41 characters', 'a'.repeat(41)],
    ['a dash first', '-acme'],
    ['a dash last', 'acme-'],
    ['upper case', 'Acme'],
    ['upper case last', 'acmE'],
    ['an underscore', 'ac_me'],
    ['a dot', 'ac.me'],
    ['a space', 'ac me'],
    ['a slash', 'ac/me'],
    ['a letter with an accent', 'acmé'],
    ['a line break at the end', 'acme\n'],
    ['a line break with a good slug behind it', 'A\nacme'],
  ])('with %s is refused', async (_, slug) => {
    expect(await refusal(newTenant(db, { slug }))).toEqual({ code: violated.check, constraint: 'tenants_slug_check' });
  });

  // proves A12
  test.each([
    ['three characters', 'abc'],
    ['40 characters', `a${'-'.repeat(38)}b`],
    ['digits only', '007'],
    ['dashes inside', 'a-1--b'],
  ])('of %s is accepted', async (_, slug) => {
    await expect(newTenant(db, { slug })).resolves.toBeTypeOf('string');
  });

  test('belongs to one tenant', async () => {
    const slug = unique('t');
    await newTenant(db, { slug });
    expect(await refusal(newTenant(db, { slug }))).toEqual({ code: violated.unique, constraint: 'tenants_slug_key' });
  });
});

test.each([
  [{ contract_starts_on: '2026-02-01', contract_ends_on: '2026-01-31' }, false],
  [{ contract_starts_on: '2026-02-01', contract_ends_on: '2026-02-01' }, true],
  [{ contract_starts_on: '2026-02-01', contract_ends_on: null }, true],
  [{ contract_starts_on: null, contract_ends_on: '2026-01-31' }, true],
])('a contract never ends before it starts: %o is accepted: %s', async (dates, accepted) => {
  const inserted = newTenant(db, dates);
  if (accepted) return expect(inserted).resolves.toBeTypeOf('string');
  expect(await refusal(inserted)).toEqual({ code: violated.check, constraint: 'tenants_contract_dates_check' });
});

async function newProject(tenantId: string, slug = 'web'): Promise<string> {
  const project = { tenant_id: tenantId, slug, name: 'Web' };
  const { id } = await db.insertInto('tenant_projects').values(project).returning('id').executeTakeFirstOrThrow();
  return id;
}

async function newProduct(tenantId: string, product = 'analytics'): Promise<void> {
  await db.insertInto('tenant_products').values({ tenant_id: tenantId, product }).execute();
}

async function newIdpConfig(
  tenantId: string,
  values: Partial<Pick<Insertable<TenantIdpConfig>, 'issuer' | 'status'>> = {},
): Promise<string> {
  const { issuer = 'https://login.acme.example', status = 'active' } = values;
  const config = { tenant_id: tenantId, kind: 'oidc' as const, alias: 'main', issuer, status };
  const { id } = await db.insertInto('tenant_idp_config').values(config).returning('id').executeTakeFirstOrThrow();
  return id;
}

interface KeyValues {
  project_id?: string;
  hash?: string;
  hash_algo?: ApiKeysHashAlgo;
}

async function newKey(tenantId: string, values: KeyValues = {}): Promise<void> {
  const key = { tenant_id: tenantId, name: 'ci', prefix: 'trk_live_abc', hash: randomUUID(), ...values };
  await db.insertInto('api_keys').values(key).execute();
}

async function newAuditRow(tenantId: string, tenantSlug = 'acme'): Promise<string> {
  const event = {
    actor_type: 'user',
    actor_id: randomUUID(),
    action: 'tenant.created',
    metadata: json({ a: [1, 'ü'] }),
  };
  const row = { ...event, tenant_id: tenantId, tenant_slug: tenantSlug, source_ip: '10.0.0.1' };
  const { id } = await db.insertInto('audit_log').values(row).returning('id').executeTakeFirstOrThrow();
  return id;
}

function auditRow(id: string) {
  return db.selectFrom('audit_log').selectAll().where('id', '=', id).executeTakeFirst();
}

type Owned = 'tenant_projects' | 'tenant_products' | 'tenant_idp_config' | 'api_keys';

async function countOwned(table: Owned, tenantId: string): Promise<number> {
  const rows = await db.selectFrom(table).select('tenant_id').where('tenant_id', '=', tenantId).execute();
  return rows.length;
}

describe('deleting a tenant', () => {
  // proves A14, A31, A33
  test('takes its rows along and leaves its audit rows, which still name it', async () => {
    const slug = unique('t');
    const [tenant, other] = [await newTenant(db, { slug }), await newTenant(db)];
    for (const owner of [tenant, other]) {
      const project_id = await newProject(owner);
      await newProduct(owner);
      await newIdpConfig(owner);
      await newKey(owner);
      await newKey(owner, { project_id });
    }
    const audit = await newAuditRow(tenant, slug);
    const before = await auditRow(audit);

    await db.deleteFrom('tenants').where('id', '=', tenant).execute();

    for (const [table, rows] of [
      ['tenant_projects', 1],
      ['tenant_products', 1],
      ['tenant_idp_config', 1],
      ['api_keys', 2],
    ] as const) {
      expect(await countOwned(table, tenant), table).toBe(0);
      expect(await countOwned(table, other), `another tenant's ${table}`).toBe(rows);
    }
    expect(await auditRow(audit)).toEqual({ ...before, tenant_id: null });
    expect(before).toMatchObject({ tenant_id: tenant, tenant_slug: slug });
  });

  // proves B23
  test('is undone as a whole when its transaction is', async () => {
    const tenant = await newTenant(db);
    await newProject(tenant);
    const audit = await newAuditRow(tenant);
    const undone = db.transaction().execute(async (tx) => {
      await tx.deleteFrom('tenants').where('id', '=', tenant).execute();
      throw new Error('changed my mind');
    });
    await expect(undone).rejects.toThrow('changed my mind');
    expect(await countOwned('tenant_projects', tenant)).toBe(1);
    expect((await auditRow(audit))?.tenant_id).toBe(tenant);
  });
});

test('deleting a project takes the keys bound to it along, and no others', async () => {
  const tenant = await newTenant(db);
  const project_id = await newProject(tenant);
  await newKey(tenant);
  await newKey(tenant, { project_id });
  await db.deleteFrom('tenant_projects').where('id', '=', project_id).execute();
  expect(await countOwned('api_keys', tenant)).toBe(1);
});

// proves C29
test.each([
  ['tenant_projects', newProject],
  ['tenant_products', newProduct],
  ['tenant_idp_config', newIdpConfig],
  ['api_keys', newKey],
] as const)('a row of %s without its tenant is refused', async (table, insert) => {
  const constraint = `${table}_tenant_id_fkey`;
  expect(await refusal(insert(randomUUID()))).toEqual({ code: violated.foreignKey, constraint });
});

// proves A13
test('a tenant has a product once, and several products', async () => {
  const [tenant, other] = [await newTenant(db), await newTenant(db)];
  await newProduct(tenant, 'analytics');
  await newProduct(tenant, 'billing');
  await newProduct(other, 'analytics');
  const again = await refusal(newProduct(tenant, 'analytics'));
  expect(again).toEqual({ code: violated.unique, constraint: 'tenant_products_pkey' });
});

test('a project slug is unique in its tenant, and free in every other', async () => {
  const [tenant, other] = [await newTenant(db), await newTenant(db)];
  await newProject(tenant, 'web');
  await newProject(other, 'web');
  const again = await refusal(newProject(tenant, 'web'));
  expect(again).toEqual({ code: violated.unique, constraint: 'tenant_projects_tenant_id_slug_key' });
});

describe('identity providers', () => {
  const constraint = 'tenant_idp_config_tenant_id_issuer_key';
  const setStatus = (id: string, status: TenantIdpConfigStatus) =>
    db.updateTable('tenant_idp_config').set({ status }).where('id', '=', id).execute();

  // proves C30
  test('only one is active for a tenant and an issuer; the history stays', async () => {
    const tenant = await newTenant(db);
    const first = await newIdpConfig(tenant);
    expect(await refusal(newIdpConfig(tenant))).toEqual({ code: violated.unique, constraint });

    await setStatus(first, 'deactivated');
    await newIdpConfig(tenant, { status: 'deactivated' });
    await newIdpConfig(tenant, { status: 'degraded' });
    await newIdpConfig(tenant);
    expect(await countOwned('tenant_idp_config', tenant)).toBe(4);
    expect(await refusal(setStatus(first, 'active'))).toEqual({ code: violated.unique, constraint });
  });

  // proves C30
  test('another issuer and another tenant may be active beside it', async () => {
    const [tenant, other] = [await newTenant(db), await newTenant(db)];
    await newIdpConfig(tenant);
    await newIdpConfig(tenant, { issuer: 'https://login.other.example' });
    await newIdpConfig(other);
    expect(await countOwned('tenant_idp_config', tenant)).toBe(2);
  });

  test.each([
    ['status', 'unknown'],
    ['jit_policy', 'maybe'],
    ['version', 0],
  ])('%s is never %s', async (column, value) => {
    const id = await newIdpConfig(await newTenant(db));
    const update = sql`update tenant_idp_config set ${sql.ref(column)} = ${sql.lit(value)} where id = ${id}`.execute(
      db,
    );
    expect(await refusal(update)).toEqual({ code: violated.check, constraint: `tenant_idp_config_${column}_check` });
  });
});

describe('API keys', () => {
  // proves C35
  test.each(['bcrypt', 'sha256', 'argon2i', ''])('a hash made with "%s" is refused', async (name) => {
    const hash_algo = name as ApiKeysHashAlgo; // the types refuse it before the database does
    const refused = await refusal(newKey(await newTenant(db), { hash_algo }));
    expect(refused).toEqual({ code: violated.check, constraint: 'api_keys_hash_algo_check' });
  });

  // proves C36
  test('no two keys have one hash, not even in two tenants', async () => {
    const hash = randomUUID();
    await newKey(await newTenant(db), { hash });
    const refused = await refusal(newKey(await newTenant(db), { hash }));
    expect(refused).toEqual({ code: violated.unique, constraint: 'api_keys_hash_key' });
  });

  // proves B30
  test('a key is bound to a project of its own tenant or to none', async () => {
    const [tenant, other] = [await newTenant(db), await newTenant(db)];
    const project_id = await newProject(other);
    const constraint = 'api_keys_tenant_id_project_id_fkey';
    expect(await refusal(newKey(tenant, { project_id }))).toEqual({ code: violated.foreignKey, constraint });
    await newKey(other, { project_id });
    const moved = db.updateTable('api_keys').set({ tenant_id: tenant }).where('tenant_id', '=', other).execute();
    expect(await refusal(moved)).toEqual({ code: violated.foreignKey, constraint });
  });
});

describe('updated_at', () => {
  const rows: Readonly<Record<string, (tenantId: string) => Promise<unknown>>> = {
    tenants: async () => {},
    tenant_projects: (tenantId) => newProject(tenantId),
    tenant_products: (tenantId) => newProduct(tenantId),
    tenant_idp_config: (tenantId) => newIdpConfig(tenantId),
  };

  // proves A16
  test.each(withUpdatedAt)('of %s is the time of the update, also when the update sets another', async (table) => {
    const tenant = await newTenant(db);
    await rows[table]?.(tenant);
    const update = (changes: string) =>
      sql`
      update ${sql.table(table)} set ${sql.raw(changes)} where ${sql.ref(table === 'tenants' ? 'id' : 'tenant_id')} = ${tenant}
      returning updated_at between now() and clock_timestamp() as is_now`.execute(db);
    for (const changes of ['created_at = created_at', "updated_at = '2000-01-01'", "updated_at = '2100-01-01'"]) {
      expect((await update(changes)).rows, changes).toEqual([{ is_now: true }]);
    }
    expect((await update('updated_at = null')).rows).toEqual([{ is_now: true }]);
  });

  // proves A16
  test('moves within one transaction, and with an insert that turns into an update', async () => {
    const tenant = await newTenant(db);
    await newProduct(tenant);
    await db.transaction().execute(async (tx) => {
      // PGlite's clock moves once a millisecond.
      await sql`do $$ begin while clock_timestamp() <= now() loop end loop; end $$`.execute(tx);
      const upserted = await sql`
        insert into tenant_products (tenant_id, product, updated_at) values (${tenant}, 'analytics', '2000-01-01')
        on conflict on constraint tenant_products_pkey do update set updated_at = excluded.updated_at
        returning updated_at > now() as moved`.execute(tx);
      expect(upserted.rows).toEqual([{ moved: true }]);
    });
  });
});

describe('the audit log', () => {
  const constraint = 'audit_log_append_only';
  const append = async () => newAuditRow(await newTenant(db));

  test.each([
    ['a correction', (id: string) => sql`update audit_log set action = 'nothing' where id = ${id}`],
    ['an update that changes nothing', (id: string) => sql`update audit_log set action = action where id = ${id}`],
    ['forgetting the tenant by hand', (id: string) => sql`update audit_log set tenant_id = null where id = ${id}`],
    ['a deletion', (id: string) => sql`delete from audit_log where id = ${id}`],
    ['a truncation', () => sql`truncate audit_log`],
    ['a truncation of the tenants', () => sql`truncate tenants cascade`],
    [
      'an insert that turns into an update',
      (id: string) => sql`insert into audit_log (id, actor_type, actor_id, action) values (${id}, 'user', '1', 'x')
        on conflict (id) do update set action = excluded.action`,
    ],
  ])('refuses %s', async (_, statement) => {
    const id = await append();
    const before = await auditRow(id);
    expect(await refusal(statement(id).execute(db))).toEqual({ code: violated.restrict, constraint });
    expect(await auditRow(id)).toEqual(before);
  });

  test('refuses a change that hides inside another trigger', async () => {
    const id = await append();
    const hidden = db.transaction().execute(async (tx) => {
      await sql`create table bait (id int)`.execute(tx);
      await sql`
        create function tamper() returns trigger language plpgsql as $$
        begin update audit_log set tenant_id = null, action = 'nothing'; return new; end $$`.execute(tx);
      await sql`create trigger tamper after insert on bait for each row execute function tamper()`.execute(tx);
      await sql`insert into bait values (1)`.execute(tx);
    });
    expect(await refusal(hidden)).toEqual({ code: violated.restrict, constraint });
    expect((await auditRow(id))?.action).toBe('tenant.created');
  });
});
