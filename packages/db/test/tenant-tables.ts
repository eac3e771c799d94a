/**
 * The rights and the sample rows of each table of tenants, for the tests of isolation. They stand beside the tests of
 * its queries, in `queries/<file>.table.ts`, and every such file is found by its name: a new table adds its own and
 * edits no list.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { sql } from 'kysely';
import type { Db } from '../src/handles.ts';
import type { DB } from '../src/schema.ts';

/** The tenant that rows are made for. */
export interface Owner {
  readonly tenant_id: string;
  readonly projects: readonly [string, string];
}

export interface TenantTable {
  readonly table: keyof DB;
  /** All that the role of tenants may do with it: a right, with its columns where it is not all of them. */
  readonly grants: readonly string[];
  /** The column that says which project a row belongs to, where a scope can be bound to one. */
  readonly projectColumn?: string;
  /** Inserts rows of the tenant; with a project column some in each project and, where that may be, in none. */
  insertRows(db: Db, owner: Owner): Promise<unknown>;
}

const folder = join(import.meta.dirname, 'queries');
const files = readdirSync(folder).filter((name) => name.endsWith('.table.ts'));

/** All tables of tenants, by name. */
export const tenantTables: readonly TenantTable[] = (
  await Promise.all(files.map((name) => import(pathToFileURL(join(folder, name)).href)))
)
  .flatMap((module) => Object.values<TenantTable>(module))
  .sort((a, b) => (a.table < b.table ? -1 : 1));

/** `api_keys insert`: the rights of tenants on all tables, sorted. */
export const grants: readonly string[] = tenantTables
  .flatMap(({ table, grants }) => grants.map((right) => `${table} ${right}`))
  .sort();

/** Resolves to the tables in an order in which each comes after those that its foreign keys refer to. */
export async function inOrderOfForeignKeys(db: Db): Promise<TenantTable[]> {
  const { rows } = await sql<{ table: string; target: string }>`
    select conrelid::regclass::text as table, confrelid::regclass::text as target
    from pg_constraint where contype = 'f' and conrelid <> confrelid`.execute(db);
  const ordered = new Set<TenantTable>();
  const add = (entry: TenantTable) => {
    for (const { target } of rows.filter(({ table }) => table === entry.table)) {
      const needed = tenantTables.find(({ table }) => table === target);
      if (needed !== undefined && !ordered.has(needed)) add(needed);
    }
    ordered.add(entry);
  };
  tenantTables.forEach(add);
  return [...ordered];
}
