/** Whether the schema is this program's, and what the user may do with it. */
import {
  latestVersion,
  requireAllRows,
  requireTenantRole,
  safeMessage,
  schemaVersion,
  serverFacts,
  unknownMigrations,
} from '@tenant-registry/db';
import type { Config } from '../../config.ts';
import type { Reached } from './reach.ts';
import { failed, ok, type Verdict, warning } from './verdict.ts';

export interface SchemaVersions {
  readonly database: number;
  readonly program: number;
  /** Names of migrations that this program does not know. */
  readonly unknown: readonly string[];
}

export async function findVersions({ database }: Reached): Promise<SchemaVersions> {
  const unknown = (await unknownMigrations(database.db)).map(({ name }) => name);
  return { database: await schemaVersion(database.db), program: latestVersion, unknown };
}

type SchemaConfig = Pick<Config, 'migrateOnStart' | 'acceptsNewerSchema'>;

export function schemaVerdict(
  { database, program, unknown }: SchemaVersions,
  { migrateOnStart, acceptsNewerSchema }: SchemaConfig,
): Verdict {
  if (unknown.length > 0) {
    const newer = `the schema is newer than this program: ${unknown.join(', ')}, and this one ends with version ${program}`;
    if (acceptsNewerSchema)
      return warning(newer, 'serve the newer release as soon as it can be: SCHEMA_NEWER=accept is for an update');
    return failed(newer, 'run the release that migrated it or a later one; SCHEMA_NEWER=accept serves it for a while');
  }
  if (database === program) return ok(`the schema is at version ${database}, as this program`);
  const older =
    database === 0
      ? 'there is no schema yet'
      : `the schema is at version ${database}, and this program needs ${program}`;
  if (migrateOnStart) return warning(older, 'nothing: the start brings it up, by MIGRATE_ON_START');
  return failed(older, 'back up, then run "tenant-registry migrate up"');
}

/** Null: they could not be read. */
type Known = SchemaVersions | null;

/** Whether the user may serve: take on the role of tenants, and reach the rows of all tables. */
export async function servingVerdict({ database: { db }, facts }: Reached, versions: Known): Promise<Verdict> {
  if (versions?.database === 0) return ok('there are no tables yet: the user that migrates will own them');
  const [lack, ...more] = (await serverFacts.listTableLacks(db)).filter(({ may_write }) => !may_write);
  if (lack !== undefined)
    return failed(
      `${facts.user} may not read and write ${counted(more.length + 1)}, for instance ${lack.table}`,
      'serve as the owner of the tables',
    );
  try {
    await requireAllRows(db);
    await requireTenantRole(db);
    return ok(`${facts.user} may read and write every row, and take on the role of tenants`);
  } catch (error) {
    return refused(safeMessage(error));
  }
}

/** Makes two of a message: what was found, and what to do, which stands behind it or in lines of its own. */
function refused(message: string): Verdict {
  const [found = '', ...statements] = message.split('\n');
  if (statements.length === 0) return failed(found, 'docs/operations.md, "The database\'s user"');
  return failed(
    found.replace(/\. As .*$/, ''),
    `as an administrator: ${statements.map((each) => each.trim()).join(' ')}`,
  );
}

/** Whether the user may migrate. A user that only serves need not, so its lacks are no failure once the schema is there. */
export async function migratingVerdict({ database: { db }, facts }: Reached, versions: Known): Promise<Verdict> {
  const strangers = (await serverFacts.listTableLacks(db)).filter(({ is_owner }) => !is_owner);
  const lacks = [
    ...(facts.schema === null ? ['no schema is on the search path'] : []),
    ...(facts.may_create_tables ? [] : [`may not create tables in the schema ${facts.schema ?? 'public'}`]),
    ...(facts.may_create_extensions || facts.has_btree_gist ? [] : ['may not create the extension btree_gist']),
    ...(strangers.length > 0 ? [`does not own ${counted(strangers.length)}`] : []),
    ...(versions?.database === 0 && !facts.may_create_roles && !(await takesTenantRole(db))
      ? ['cannot make the role of tenants']
      : []),
  ];
  if (lacks.length === 0) return ok(`${facts.user} may migrate`);
  const found = `${facts.user} ${lacks.join(', ')}`;
  const advice =
    'migrate as the owner of the database; "tenant-registry migrate up" prints what an administrator has to run';
  return versions !== null && versions.database < versions.program ? failed(found, advice) : warning(found, advice);
}

async function takesTenantRole(db: Reached['database']['db']): Promise<boolean> {
  return requireTenantRole(db).then(
    () => true,
    () => false,
  );
}

function counted(tables: number): string {
  return tables === 1 ? 'one table' : `${tables} tables`;
}
