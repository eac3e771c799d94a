/**
 * Moves a schema between versions, along a tree of migrations with bookkeeping of its own. Every change runs in one transaction under an advisory lock, so several replicas
 * may call it at once: one works, the others wait and find nothing to do. The bookkeeping has kysely-ctl's form.
 */
import { sql } from 'kysely';
import { DEFAULT_MIGRATION_TABLE, type Migration, type MigrationResultSet, Migrator } from 'kysely/migration';
import type { Db } from './handles.ts';
import { migrations } from './migrations.ts';
import { safeMessage } from './redact.ts';

/** Migrations that follow each other, and the table that says which of them are applied. */
export interface MigrationTree {
  /** By name: `0001_init`. */
  readonly migrations: Readonly<Record<string, Migration>>;
  /** The schema of the table, made when it is missing; null: the first one of the search path. */
  readonly schema: string | null;
  readonly table: string;
}

/** The registry's own database. */
export const coreMigrations: MigrationTree = { migrations, schema: null, table: DEFAULT_MIGRATION_TABLE };

const SERVER_MAJOR_MIN = 16;

export interface MigrationStatus {
  /** `0001_init`. */
  readonly name: string;
  /** RFC 3339, or null while pending. */
  readonly applied_at: string | null;
}

/** Thrown when a version does not exist or a migration fails; the database is then as it was before the call. */
export class MigrationError extends Error {
  readonly code = 'migration';
}

function migrator(db: Db, { migrations, schema, table }: MigrationTree): Migrator {
  return new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...migrations }) },
    migrationTableName: table,
    migrationLockTableName: `${table}_lock`,
    ...(schema !== null && { migrationTableSchema: schema }),
  });
}

/**
 * Applies the next `steps` migrations (all when absent) and returns their names; nothing pending is no error. Throws
 * `MigrationError` for a database that a newer program has migrated.
 */
export async function migrateUp(db: Db, steps?: number, tree: MigrationTree = coreMigrations): Promise<string[]> {
  await requireServerVersion(db);
  await requireKnownMigrations(db, tree);
  if (steps === undefined) return finish(await migrator(db, tree).migrateToLatest());
  // One step at a time: migrating to a named version would go down again when another process has got further
  // meanwhile.
  return repeat(steps, () => migrator(db, tree).migrateUp());
}

/** Reverts the last `steps` migrations and returns their names, last first. Throws as `migrateUp` does. */
export async function migrateDown(db: Db, steps: number, tree: MigrationTree = coreMigrations): Promise<string[]> {
  await requireKnownMigrations(db, tree);
  return repeat(steps, () => migrator(db, tree).migrateDown());
}

async function repeat(steps: number, once: () => Promise<MigrationResultSet>): Promise<string[]> {
  const done: string[] = [];
  for (let step = 0; step < steps; step++) {
    const names = finish(await once());
    if (names.length === 0) break;
    done.push(...names);
  }
  return done;
}

/** Lists every known migration in order, and when it was applied. Creates nothing. */
export async function migrationStatus(db: Db, tree: MigrationTree = coreMigrations): Promise<MigrationStatus[]> {
  const infos = await migrator(db, tree).getMigrations();
  return infos.map(({ name, executedAt }) => ({ name, applied_at: executedAt?.toISOString() ?? null }));
}

/** Lists the applied migrations that this program does not know, in their order: a newer one has migrated the database. Creates nothing. */
export async function unknownMigrations(db: Db, tree: MigrationTree = coreMigrations): Promise<MigrationStatus[]> {
  const place = tree.schema === null ? tree.table : `${tree.schema}.${tree.table}`;
  const { rows: found } = await sql`select where to_regclass(${place}) is not null`.execute(db);
  if (found.length === 0) return [];
  const { rows } = await sql<{ name: string; applied_at: string }>`
    select name, timestamp as applied_at from ${sql.table(place)} order by name`.execute(db);
  return rows.filter(({ name }) => !Object.hasOwn(tree.migrations, name));
}

/** Resolves to the number of the newest applied migration, be it known to this program or not; 0 for an empty database. */
export async function schemaVersion(db: Db): Promise<number> {
  const unknown = await unknownMigrations(db);
  return Math.max(newestApplied(await migrationStatus(db)), ...unknown.map(({ name }) => versionOf(name)));
}

/** Returns the number of the newest migration that is applied, 0 without one. */
export function newestApplied(status: readonly MigrationStatus[]): number {
  return versionOf(status.findLast(({ applied_at }) => applied_at !== null)?.name ?? '0');
}

/** Returns the number of the newest migration of the tree. */
export function newestOf({ migrations }: MigrationTree): number {
  return versionOf(Object.keys(migrations).sort().at(-1) ?? '0');
}

/** The number of the newest migration of the registry's own database that this program knows. */
export const latestVersion: number = newestOf(coreMigrations);

/**
 * Throws `MigrationError` when a migration that this program knows is missing. A newer schema passes: replicas of the
 * previous release work on while an update migrates.
 */
export async function requireCurrentSchema(db: Db): Promise<void> {
  const version = newestApplied(await migrationStatus(db));
  if (version < latestVersion) {
    throw new MigrationError(`the schema is at version ${version}, this program needs ${latestVersion}: run migrate`);
  }
}

/** Throws `MigrationError` for a schema that is older or newer than this program. */
export async function requireOwnSchema(db: Db): Promise<void> {
  await requireKnownMigrations(db, coreMigrations);
  await requireCurrentSchema(db);
}

async function requireKnownMigrations(db: Db, tree: MigrationTree): Promise<void> {
  const unknown = (await unknownMigrations(db, tree)).map(({ name }) => name);
  if (unknown.length === 0) return;
  throw new MigrationError(
    `the database has ${unknown.join(', ')}, and this program ends with version ${newestOf(tree)}: a newer release has migrated it. Run that one or a later one`,
  );
}

/** Throws `MigrationError` for a server before PostgreSQL 16: the program is tested on none of them. */
async function requireServerVersion(db: Db): Promise<void> {
  const { rows } = await sql<{ server_version: string }>`show server_version`.execute(db);
  const version = rows[0]?.server_version ?? '';
  if (Number.parseInt(version, 10) < SERVER_MAJOR_MIN) {
    throw new MigrationError(`the server is PostgreSQL ${version}, and ${SERVER_MAJOR_MIN} or newer is needed`);
  }
}

/** Tells whether a database can be at this version; 0 is an empty database. */
export function versionExists(version: number): boolean {
  return version === 0 || Object.keys(migrations).some((name) => versionOf(name) === version);
}

/**
 * Rewrites the bookkeeping so that exactly the migrations up to `version` count as applied, without running any. For
 * repairs: it leaves the schema untouched.
 */
export async function forceVersion(db: Db, version: number): Promise<void> {
  if (!versionExists(version)) {
    throw new MigrationError(`version ${version} does not exist: the newest is ${latestVersion}`);
  }
  const table = sql.table(coreMigrations.table);
  const names = Object.keys(migrations).sort();
  await db.transaction().execute(async (tx) => {
    await sql`create table if not exists ${table} (name varchar(255) primary key, timestamp varchar(255) not null)`.execute(
      tx,
    );
    await sql`delete from ${table}`.execute(tx);
    const start = Date.now();
    for (const [index, name] of names.filter((each) => versionOf(each) <= version).entries()) {
      await sql`insert into ${table} (name, timestamp) values (${name}, ${new Date(start + index).toISOString()})`.execute(
        tx,
      );
    }
  });
}

function versionOf(name: string): number {
  return Number(name.split('_')[0]);
}

function finish({ error, results = [] }: MigrationResultSet): string[] {
  if (error !== undefined) {
    const failed = results.find(({ status }) => status === 'Error')?.migrationName;
    const reason = safeMessage(error);
    throw new MigrationError(failed === undefined ? reason : `${failed}: ${reason}`, { cause: error });
  }
  return results.filter(({ status }) => status === 'Success').map(({ migrationName }) => migrationName);
}
