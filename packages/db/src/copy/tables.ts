/** What the catalogue says of the tables to be copied, so that a new table cannot be forgotten. */
import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../handles.ts';

/** The bookkeeping of migrations: it is compared, and never copied. */
const BOOKKEEPING = ['kysely_migration', 'kysely_migration_lock'] as const;

export interface CopiedTable {
  readonly name: string;
  /** `name type`, in their order. */
  readonly columns: readonly string[];
  /** The names of the columns that are written: all but those that the database computes. */
  readonly written: readonly string[];
}

export interface ForeignKey {
  readonly name: string;
  readonly table: string;
  readonly references: string;
}

/** Resolves to every table of the schema but those of extensions, parts of partitioned tables and the bookkeeping. */
export async function listCopiedTables(db: Db): Promise<CopiedTable[]> {
  const { rows } = await sql<CopiedTable>`
    select c.relname as name,
      array_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod) order by a.attnum) as columns,
      array_agg(a.attname::text order by a.attnum) filter (where a.attgenerated = '') as written
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and c.relname not in (${sql.join(BOOKKEEPING)})
      and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
    group by c.relname order by c.relname`.execute(db);
  return rows;
}

export async function listForeignKeys(db: Db): Promise<ForeignKey[]> {
  const { rows } = await sql<ForeignKey>`
    select k.conname as name, c.relname as table, r.relname as references
    from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_class r on r.oid = k.confrelid
    where k.contype = 'f' and k.connamespace = current_schema()::regnamespace and k.conparentid = 0
      and not k.condeferrable
    order by 2, 1`.execute(db);
  return rows;
}

export interface Ordered {
  readonly tables: readonly CopiedTable[];
  /** Keys that no order satisfies: they are checked when all rows are there. */
  readonly late: readonly ForeignKey[];
}

/** Puts tables behind those that they refer to. Of a circle some keys stay late. */
export function inOrderOfKeys(tables: readonly CopiedTable[], keys: readonly ForeignKey[]): Ordered {
  const placed = new Map<string, CopiedTable>();
  const waiting = new Map(tables.map((table) => [table.name, table]));
  while (waiting.size > 0) {
    const isFree = ({ name }: CopiedTable) =>
      keys.every((key) => key.table !== name || key.references === name || !waiting.has(key.references));
    const free = [...waiting.values()].filter(isFree);
    // Nothing is free: the rest has a circle, and its first table goes ahead.
    for (const table of free.length > 0 ? free : [...waiting.values()].slice(0, 1)) {
      placed.set(table.name, table);
      waiting.delete(table.name);
    }
  }
  const order = [...placed.keys()];
  const late = keys.filter(({ table, references }) => order.indexOf(references) >= order.indexOf(table));
  return { tables: [...placed.values()], late };
}

interface Trigger {
  readonly table: string;
  readonly name: string;
  /** As in pg_trigger: O, A, R or D. */
  readonly enabled: string;
}

export async function listTriggers(db: Db): Promise<Trigger[]> {
  const { rows } = await sql<Trigger>`
    select c.relname as table, t.tgname as name, t.tgenabled::text as enabled
    from pg_trigger t join pg_class c on c.oid = t.tgrelid
    where not t.tgisinternal and t.tgparentid = 0 and t.tgenabled <> 'D'
      and c.relnamespace = current_schema()::regnamespace
    order by 1, 2`.execute(db);
  return rows;
}

const SWITCHES: Readonly<Record<string, RawBuilder<unknown>>> = {
  O: sql`enable trigger`,
  A: sql`enable always trigger`,
  R: sql`enable replica trigger`,
};

/** Rows arrive as they are: what triggers wrote beside them comes as rows of its own. The owner may do this. */
export async function disableTrigger(db: Db, { table, name }: Trigger): Promise<void> {
  await sql`alter table ${sql.table(table)} disable trigger ${sql.id(name)}`.execute(db);
}

export async function restoreTrigger(db: Db, { table, name, enabled }: Trigger): Promise<void> {
  const how = SWITCHES[enabled];
  if (how === undefined) throw new Error(`the trigger ${name} has the unknown state ${enabled}`);
  await sql`alter table ${sql.table(table)} ${how} ${sql.id(name)}`.execute(db);
}

export async function makeDeferred(db: Db, { table, name }: ForeignKey): Promise<void> {
  await sql`alter table ${sql.table(table)} alter constraint ${sql.id(name)} deferrable initially deferred`.execute(db);
}

export async function makeImmediate(db: Db, { table, name }: ForeignKey): Promise<void> {
  await sql`alter table ${sql.table(table)} alter constraint ${sql.id(name)} not deferrable`.execute(db);
}

interface Sequence {
  readonly name: string;
  readonly last_value: string | null;
}

/** Resolves to the sequences of the schema; one that was never used has no last value. */
export async function listSequences(db: Db): Promise<Sequence[]> {
  const { rows } = await sql<Sequence>`
    select sequencename as name, last_value::text as last_value
    from pg_sequences where schemaname = current_schema() order by 1`.execute(db);
  return rows;
}

export async function setSequence(db: Db, { name, last_value }: Sequence): Promise<void> {
  if (last_value === null) return;
  await sql`select setval(format('%I.%I', current_schema(), ${name}::text)::regclass, ${last_value}::bigint)`.execute(
    db,
  );
}
