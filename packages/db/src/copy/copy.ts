/** Copies a whole registry from one database into a fresh one: all of it, or nothing. */
import { sql } from 'kysely';
import type { DatabaseHandle } from '../database.ts';
import type { Db } from '../handles.ts';
import { listHiddenTables } from '../hidden-rows.ts';
import { latestVersion, migrateUp, schemaVersion } from '../migrate.ts';
import { fixTextForms, hasRows, insertRows, rowsOf, sumOf, type TableSum } from './rows.ts';
import {
  type CopiedTable,
  disableTrigger,
  inOrderOfKeys,
  listCopiedTables,
  listForeignKeys,
  listSequences,
  listTriggers,
  makeDeferred,
  makeImmediate,
  restoreTrigger,
  setSequence,
} from './tables.ts';

/** Tables in which migrations themselves put a row: those of the source take its place. A test compares the list. */
export const SEEDED: readonly string[] = ['audit_head', 'config_store', 'event_head'];

export interface CopyProgress {
  begin(table: string, rows: number): void;
  done(rows: number): void;
}

export interface CopyOptions {
  readonly dryRun: boolean;
  readonly progress: CopyProgress;
}

export interface Copied {
  readonly tables: readonly ({ readonly table: string } & TableSum)[];
  readonly rows: number;
  /** The target was empty: its schema was made, or would be. */
  readonly migrates: boolean;
}

/** The copy was refused, and nothing was changed. */
export class CopyRefusedError extends Error {
  readonly code = 'copy_refused';
}

/**
 * Resolves when the target has every row of the source, compared on both sides before the commit. Throws
 * `CopyRefusedError` for databases that do not fit; an empty target may then have got its schema, and never a row.
 */
export async function copyDatabase(from: DatabaseHandle, to: DatabaseHandle, options: CopyOptions): Promise<Copied> {
  await requireVersion(from.db, 'the source');
  await requireAllRows(from.db);
  const migrates = await isEmpty(to.db);
  if (!migrates) await requireVersion(to.db, 'the target');
  if ((await placeOf(from.db)) === (await placeOf(to.db)))
    throw new CopyRefusedError('the source and the target are the same database');
  if (migrates && !options.dryRun) await migrateUp(to.db);
  const read = from.db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only');
  return read.execute(async (source) => {
    await fixTextForms(source);
    const tables = await listCopiedTables(source);
    if (options.dryRun) {
      if (!migrates) await requireFresh(to.db, tables);
      return { ...(await sumsOf(source, tables)), migrates };
    }
    return to.db.transaction().execute(async (target) => {
      await fixTextForms(target);
      await requireSameTables(tables, await listCopiedTables(target));
      return { ...(await copyTables(source, target, { tables, progress: options.progress })), migrates };
    });
  });
}

async function requireVersion(db: Db, which: string): Promise<void> {
  const version = await schemaVersion(db);
  if (version === latestVersion) return;
  const advice =
    version > latestVersion ? 'use the program of its version' : 'run migrate on it, with the program of this version';
  throw new CopyRefusedError(
    `the schema of ${which} is at version ${version}, this program is at ${latestVersion}: ${advice}`,
  );
}

/** A user that no policy shows all rows would copy few of them, and find them equal. */
async function requireAllRows(db: Db): Promise<void> {
  const [hidden] = await listHiddenTables(db);
  if (hidden === undefined) return;
  throw new CopyRefusedError(
    `the user of the source does not see all rows of ${hidden}: take the one that ran the migrations, or a superuser`,
  );
}

async function isEmpty(db: Db): Promise<boolean> {
  const { rows } = await sql`
    select from pg_class where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') limit 1`.execute(
    db,
  );
  return rows.length === 0;
}

async function placeOf(db: Db): Promise<string> {
  const { rows } = await sql<{ place: string }>`
    select concat_ws('/', (select system_identifier from pg_control_system()), d.oid, current_schema()) as place
    from pg_database d where d.datname = current_database()`.execute(db);
  return rows[0]?.place ?? '';
}

async function requireFresh(db: Db, tables: readonly CopiedTable[]): Promise<void> {
  for (const table of tables)
    if (!SEEDED.includes(table.name) && (await hasRows(db, table)))
      throw new CopyRefusedError(`the target is not fresh: the table ${table.name} has rows. Nothing was changed`);
}

function requireSameTables(source: readonly CopiedTable[], target: readonly CopiedTable[]): void {
  const known = new Map(target.map(({ name, columns }) => [name, columns.join()]));
  const other = source.find(({ name, columns }) => known.get(name) !== columns.join());
  if (other !== undefined) throw new CopyRefusedError(`the table ${other.name} is not the same in the target`);
}

interface Work {
  readonly tables: readonly CopiedTable[];
  readonly progress: CopyProgress;
}

async function copyTables(source: Db, target: Db, { tables, progress }: Work): Promise<Omit<Copied, 'migrates'>> {
  const names = sql.join(tables.map(({ name }) => sql.table(name)));
  await sql`lock table ${names} in access exclusive mode`.execute(target);
  await requireFresh(target, tables);
  const ordered = inOrderOfKeys(tables, await listForeignKeys(target));
  const triggers = await listTriggers(target);
  for (const trigger of triggers) await disableTrigger(target, trigger);
  for (const key of ordered.late) await makeDeferred(target, key);
  for (const name of SEEDED) await sql`delete from ${sql.table(name)}`.execute(target);
  const sums = await sumsOf(source, tables);
  const rowsIn = new Map(sums.tables.map(({ table, rows }) => [table, rows]));
  for (const table of ordered.tables) {
    progress.begin(table.name, rowsIn.get(table.name) ?? 0);
    await copyTable(source, target, { table, progress });
  }
  // Checks the late keys, and leaves no event behind that would forbid the changes of tables.
  await sql`set constraints all immediate`.execute(target);
  for (const key of ordered.late) await makeImmediate(target, key);
  for (const trigger of triggers) await restoreTrigger(target, trigger);
  for (const sequence of await listSequences(source)) await setSequence(target, sequence);
  return compare(sums, await sumsOf(target, tables));
}

async function copyTable(
  source: Db,
  target: Db,
  { table, progress }: { readonly table: CopiedTable; readonly progress: CopyProgress },
): Promise<void> {
  for await (const batch of rowsOf(source, table)) {
    await insertRows(target, table, batch);
    progress.done(batch.length);
  }
}

type Sums = Omit<Copied, 'migrates'>;

async function sumsOf(db: Db, tables: readonly CopiedTable[]): Promise<Sums> {
  const sums: Sums['tables'][number][] = [];
  for (const table of tables) sums.push({ table: table.name, ...(await sumOf(db, table)) });
  return { tables: sums, rows: sums.reduce((all, { rows }) => all + rows, 0) };
}

function compare(source: Sums, target: Sums): Sums {
  const wrong = source.tables.filter(({ rows, hash }, at) => {
    const copy = target.tables[at];
    return copy?.rows !== rows || copy.hash !== hash;
  });
  if (wrong.length === 0) return target;
  const names = wrong.map(({ table }) => table).join(', ');
  throw new Error(`the copy is not what the source is, in ${names}: it was rolled back`);
}
