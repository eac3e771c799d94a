/**
 * Checks that the database itself keeps tenants apart: its set-up, and its answers to statements without any filter.
 */
import { type RawBuilder, sql } from 'kysely';
import type { DatabaseHandle } from '../src/database.ts';
import type { Db } from '../src/handles.ts';
import type { TenantScope } from '../src/tenant-scope.ts';
import { grants, tenantTables } from './tenant-tables.ts';

const projectColumns: Readonly<Record<string, string | undefined>> = Object.fromEntries(
  tenantTables.map(({ table, projectColumn }) => [table, projectColumn]),
);

/** SQLSTATE of a row that a policy refuses, and of a right that was not granted. */
const DENIED = '42501';
/** SQLSTATE of a row that is inserted again, where no policy refuses it. */
const UNIQUE = '23505';

/** Lists every table of tenants from the catalogue, with the column that holds the id of the tenant. */
export async function listTenantTables(db: Db): Promise<{ table: string; column: string }[]> {
  const { rows } = await sql<{ table: string; column: string }>`
    select relname as table, attname as column from pg_class join pg_attribute on attrelid = pg_class.oid
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not attisdropped
      and (attname = 'tenant_id' or (relname = 'tenants' and attname = 'id'))
    order by relname`.execute(db);
  return rows;
}

interface Policy {
  readonly name: string;
  readonly command: string;
  readonly roles: readonly string[];
  readonly rows: string;
  readonly check: string;
}

/** Resolves to the mistakes of the set-up: one line per table, policy and grant. */
export async function setupFailures(db: Db): Promise<string[]> {
  const { rows } = await sql<{ table: string; column: string; forced: boolean; owner: string; policies: Policy[] }>`
    select relname as table, attname as column, relrowsecurity and relforcerowsecurity as forced,
      relowner::regrole::text as owner, (
        select coalesce(jsonb_agg(jsonb_build_object('name', policyname, 'command', cmd || ' ' || permissive,
          'roles', roles, 'rows', qual, 'check', with_check) order by policyname), '[]')
        from pg_policies where schemaname = 'public' and tablename = relname
      ) as policies
    from pg_class join pg_attribute on attrelid = pg_class.oid
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not attisdropped
      and (attname = 'tenant_id' or (relname = 'tenants' and attname = 'id'))`.execute(db);
  const tables = rows.flatMap(({ table, column, forced, owner, policies }) => {
    const wanted = [
      { name: 'platform', command: 'ALL PERMISSIVE', roles: [owner], rows: 'true', check: 'true' },
      policyOfTenants(table, column),
    ];
    return [
      ...(forced ? [] : [`${table}: row-level security is not forced`]),
      ...(asText(policies).join() === asText(wanted).join() ? [] : [`${table}: its policies are others`]),
    ];
  });
  return [...tables, ...difference(await grantsOfTenants(db), grants)];
}

function policyOfTenants(table: string, column: string): Policy {
  const setting = (name: string) => `(NULLIF(current_setting('app.${name}'::text, true), ''::text))::uuid`;
  const tenant = `(${column} = ${setting('tenant_id')})`;
  const project = setting('project_id');
  const bound = projectColumns[table];
  const inProject = `CASE WHEN (${project} IS NULL) THEN true ELSE (${bound} = ${project}) END`;
  const rows = bound === undefined ? tenant : `(${tenant} AND ${inProject})`;
  return { name: 'tenant_isolation', command: 'ALL PERMISSIVE', roles: ['tenant_registry_tenant'], rows, check: rows };
}

/** The engine prints a case over several lines. */
const asText = (policies: readonly Policy[]) =>
  policies.map(({ name, command, roles, rows, check }) =>
    [name, command, ...roles, rows, check].join(' ').replace(/\s+/g, ' '),
  );

/** Lists all rights of all roles but the owner, in the words of `grants`. */
async function grantsOfTenants(db: Db): Promise<string[]> {
  const { rows } = await sql<{ right: string }>`
    with acl as (
      select relname as name, relowner as owner, null as column, relacl as acl
      from pg_class where relnamespace = 'public'::regnamespace
      union all
      select relname, relowner, attname, attacl from pg_attribute join pg_class on pg_class.oid = attrelid
      where relnamespace = 'public'::regnamespace and attacl is not null
    )
    select concat(case when grantee <> coalesce(to_regrole('tenant_registry_tenant')::oid, 0) then grantee || ': ' end,
      name, ' ', lower(privilege_type), ' (' || "column" || ')', case when is_grantable then ' to grant' end) as right
    from acl, aclexplode(acl) where grantee <> owner order by 1`.execute(db);
  return rows.map(({ right }) => right);
}

function difference(actual: readonly string[], wanted: readonly string[]): string[] {
  return [
    ...actual.filter((right) => !wanted.includes(right)).map((right) => `granted, but in no list: ${right}`),
    ...wanted.filter((right) => !actual.includes(right)).map((right) => `in a list, but not granted: ${right}`),
  ];
}

type Row = Readonly<Record<string, unknown>>;

/**
 * Resolves to the rows that a scope reaches beyond its own, and to the effects that it lacks on its own: select,
 * insert, update and delete on every table, or on the named one alone, with no filter in any statement. Changes
 * nothing: each statement is rolled back.
 */
export async function isolationFailures(handle: DatabaseHandle, scope: TenantScope, only?: string): Promise<string[]> {
  const failures: string[] = [];
  for (const place of await listTenantTables(handle.db)) {
    if (only !== undefined && place.table !== only) continue;
    const all = await allRows(handle.db, place.table);
    const mine = all.filter((row) => belongs(row, place, scope));
    const foreign = all.filter((row) => !mine.includes(row));
    const check = { ...place, mine, foreign, columns: Object.keys(all[0] ?? {}) };
    if (mine.length === 0 || foreign.length === 0) failures.push(`${place.table}: the test has no rows for it`);
    const found = await tableFailures(handle.forTenant(scope), check);
    failures.push(...found.map((failure) => `${place.table}: ${failure}`));
  }
  return failures;
}

function belongs(row: Row, { table, column }: { table: string; column: string }, scope: TenantScope): boolean {
  const project = projectColumns[table];
  if (row[column] !== scope.tenant_id) return false;
  return scope.project_id === null || project === undefined || row[project] === scope.project_id;
}

interface TableCheck {
  readonly table: string;
  readonly column: string;
  readonly mine: readonly Row[];
  readonly foreign: readonly Row[];
  /** All that the table has. */
  readonly columns: readonly string[];
}

async function tableFailures(scoped: Db, check: TableCheck): Promise<string[]> {
  const failures: string[] = [];
  const { table, mine, columns } = check;
  const [shown, deleted] = [grantedColumns(table, 'select', columns), grantedColumns(table, 'delete', columns)];
  const letGo = (tx: Db) => withoutKeepers(tx, table);
  for (const [what, statement, wanted] of expectations(check)) {
    const answer = await attempt(scoped, statement, what === 'delete' && deleted.length > 0 ? letGo : undefined);
    if (answer !== wanted) failures.push(`${what} answers ${answer} instead of ${wanted}`);
  }
  if (!areAmong(mine, await shownRows(scoped, table, shown), shown)) failures.push('shows foreign rows');
  if (deleted.length > 0 && !areAmong(mine, await deletedRows(scoped, table))) failures.push('deletes foreign rows');
  return failures;
}

/** What a statement is, the statement, and the answer that it must have. */
type Expectation = readonly [string, RawBuilder<unknown>, string];

function expectations({ table, column, mine, foreign, columns }: TableCheck): Expectation[] {
  const [target, key] = [sql.table(table), sql.ref(column)];
  const on = (right: string) => grantedColumns(table, right, columns);
  const withheld = (granted: readonly string[]) =>
    granted.length === 0 ? [] : columns.filter((name) => !granted.includes(name));
  const [shown, inserted] = [on('select'), on('insert')];
  const updated = sql.ref(on('update')[0] ?? column);
  const select = (names: readonly string[]) =>
    sql`select ${sql.join(names.map((name) => sql.ref(name)))} from ${target}`;
  return [
    [
      'select of all columns',
      sql`select * from ${target}`,
      shown.length > 0 && withheld(shown).length === 0 ? `${mine.length} rows` : DENIED,
    ],
    ...(shown.length > 0 ? [['select', select(shown), `${mine.length} rows`] as const] : []),
    ...withheld(shown).map((name) => [`select of ${name}`, select([name]), DENIED] as const),
    [
      'update',
      sql`update ${target} set ${updated} = ${updated}`,
      on('update').length > 0 ? `${mine.length} changed` : DENIED,
    ],
    ['update into another tenant', sql`update ${target} set ${key} = gen_random_uuid()`, DENIED],
    ['delete', sql`delete from ${target}`, on('delete').length > 0 ? `${mine.length} changed` : DENIED],
    ...mine.map(
      (row) => ['insert of an own row', insert(table, row, inserted), inserted.length > 0 ? UNIQUE : DENIED] as const,
    ),
    ...foreign.map((row) => ['insert of a foreign row', insert(table, row, inserted), DENIED] as const),
    ...mine
      .slice(0, 1)
      .flatMap((row) =>
        withheld(inserted).map(
          (name) => [`insert with ${name}`, insert(table, row, [...inserted, name]), DENIED] as const,
        ),
      ),
  ];
}

/** Returns those of the columns on which tenants have the right; a right on the whole table is one on all of them. */
function grantedColumns(table: string, right: string, columns: readonly string[]): string[] {
  if (grants.includes(`${table} ${right}`)) return [...columns];
  return columns.filter((column) => grants.includes(`${table} ${right} (${column})`));
}

/** Inserts the named columns of the row, those that the database numbers too; all of them when none is named. */
function insert(table: string, row: Row, columns: readonly string[]): RawBuilder<unknown> {
  const names = sql.join((columns.length > 0 ? columns : Object.keys(row)).map((name) => sql.ref(name)));
  return sql`
    insert into ${sql.table(table)} (${names}) overriding system value
    select ${names} from jsonb_populate_record(null::${sql.table(table)}, ${JSON.stringify(row)}::jsonb)`;
}

/** Tells whether each row is one of the others, by its value in the columns. */
function areAmong(others: readonly Row[], rows: readonly Row[], columns?: readonly string[]): boolean {
  const inColumns = (row: Row) =>
    JSON.stringify(Object.entries(row).filter(([name]) => columns === undefined || columns.includes(name)));
  const known = new Set(others.map(inColumns));
  return rows.every((row) => known.has(inColumns(row)));
}

async function allRows(db: Db, table: string): Promise<Row[]> {
  const { rows } = await sql<{ row: Row }>`select to_jsonb(t) as row from ${sql.table(table)} as t`.execute(db);
  return rows.map(({ row }) => row);
}

/** Resolves to what a statement without a filter shows of the columns: nothing where none is named. */
async function shownRows(db: Db, table: string, columns: readonly string[]): Promise<Row[]> {
  if (columns.length === 0) return [];
  const names = sql.join(columns.map((name) => sql.ref(name)));
  const shown = sql`select ${names} from ${sql.table(table)}`;
  const { rows } = await sql<{ row: Row }>`select to_jsonb(t) as row from (${shown}) as t`.execute(db);
  return rows.map(({ row }) => row);
}

/** Resolves to the rows that a deletion without a filter takes, and brings them back. */
async function deletedRows(scoped: Db, table: string): Promise<Row[]> {
  const tx = await scoped.startTransaction().execute();
  try {
    await withoutKeepers(tx, table);
    const { rows } = await sql<{ row: Row }>`delete from ${sql.table(table)} as t returning to_jsonb(t) as row`.execute(
      tx,
    );
    return rows.map(({ row }) => row);
  } finally {
    await tx.rollback().execute();
  }
}

/**
 * Drops the foreign keys that keep rows of the table while others refer to them, for the rest of the transaction: a deletion
 * is about what the scope reaches, and their refusal would hide that.
 */
async function withoutKeepers(tx: Db, table: string): Promise<void> {
  const { rows } = await sql<{ holder: string; name: string }>`
    select conrelid::regclass::text as holder, conname as name from pg_constraint
    where contype = 'f' and confrelid = ${table}::regclass and confdeltype = 'r'`.execute(tx);
  await sql`select set_config('role', 'none', true)`.execute(tx);
  for (const { holder, name } of rows)
    await sql`alter table ${sql.table(holder)} drop constraint ${sql.id(name)}`.execute(tx);
  await sql`select set_config('role', 'tenant_registry_tenant', true)`.execute(tx);
}

/** Runs the statement, rolls it back, and resolves to its effect in one word. */
async function attempt(
  scoped: Db,
  statement: RawBuilder<unknown>,
  before: (tx: Db) => Promise<void> = async () => {},
): Promise<string> {
  const tx = await scoped.startTransaction().execute();
  try {
    await before(tx);
    const { rows, numAffectedRows } = await statement.execute(tx);
    return numAffectedRows === undefined || rows.length > 0 ? `${rows.length} rows` : `${numAffectedRows} changed`;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return String(error.code);
    throw error;
  } finally {
    await tx.rollback().execute();
  }
}
