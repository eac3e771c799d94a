/**
 * The target `spicedb`: the role and the schema that a SpiceDB needs in a PostgreSQL database of its own, made with a
 * superuser's URL. SpiceDB makes its tables itself, as that role.
 */
import { sql } from 'kysely';
import type { Db, Tx } from './handles.ts';
import { type MigrationStatus, migrateDown, migrateUp, migrationStatus, newestApplied, newestOf } from './migrate.ts';
import { scramVerifier } from './scram.ts';
import { checkRolePassword, checkSpicedbUrl } from './spicedb/checks.ts';
import { SPICEDB_ROLE } from './spicedb/names.ts';
import { dropRole, findOwnRole, findRole, listUses, type SpicedbRole, setPassword, setRole } from './spicedb/role.ts';
import { acceptsAnyPassword, inSession } from './spicedb/session.ts';
import {
  dropEmptyBooks,
  findOtherPlaces,
  findOtherRoles,
  openSchema,
  requireEmptySchema,
  requireOwnSchemas,
  spicedbTree,
} from './spicedb/tree.ts';

export { checkSpicedbTarget } from './spicedb/checks.ts';
export { SpicedbError, type SpicedbErrorCode } from './spicedb/errors.ts';
export { SPICEDB_ROLE, SPICEDB_SCHEMA } from './spicedb/names.ts';
export type { SpicedbRole } from './spicedb/role.ts';

interface Place {
  /** `postgres://superuser:password@host:port/spicedb`. */
  readonly url: string;
  /** Receives a line for each thing that was done. Default: nothing is said. */
  readonly log?: (message: string) => void;
}

export interface BootstrapOptions extends Place {
  /** Printable ASCII. */
  readonly rolePassword: string;
}

export interface Bootstrapped {
  /** The migrations that this call applied. */
  readonly applied: readonly string[];
  readonly role: { readonly name: string; readonly created: boolean };
  readonly warnings: readonly string[];
}

/**
 * Resolves when SpiceDB can migrate and run as the role with this password, and with no earlier one. It may be repeated: that
 * changes the password of the role and nothing else. The password never goes to the server, which gets a SCRAM verifier.
 * Otherwise nothing has changed, and it throws `SpicedbError`. Before it connects: `url_unusable`, `wrong_target`,
 * `superuser_password_missing`, `role_password_missing`, `role_password_unusable`. After that: `wrong_target`,
 * `superuser_needed`, `role_taken`, `schema_taken`, `failed`.
 */
export async function bootstrapSpicedb({ url, rolePassword, log = () => {} }: BootstrapOptions): Promise<Bootstrapped> {
  const password = checkSpicedbUrl(url);
  checkRolePassword(rolePassword);
  const verifier = await scramVerifier(rolePassword);
  const secrets = [password, rolePassword, verifier];
  const { applied, created, warnings } = await inSession({ url, secrets, writes: true }, async (tx) => {
    const before = await findOwnRole(tx);
    await requireOwnSchemas(tx, { claim: true });
    await setRole(tx, { exists: before !== undefined });
    const applied = await migrateUp(tx, undefined, spicedbTree);
    await openSchema(tx);
    const warnings = [...powersTaken(before), ...(await warningsOf(tx))];
    await setPassword(tx, verifier);
    return { applied, created: before === undefined, warnings };
  });
  if (await acceptsAnyPassword(url)) {
    warnings.push(`the server lets ${SPICEDB_ROLE} in with any password: see trust in its pg_hba.conf`);
  }
  for (const name of applied) log(`applied ${name}`);
  if (applied.length === 0) log('nothing to do: the schema is current');
  log(`role ${SPICEDB_ROLE}: ${created ? 'made' : 'has the password of this call from now on'}`);
  return { applied, role: { name: SPICEDB_ROLE, created }, warnings };
}

function powersTaken(before: SpicedbRole | undefined): string[] {
  return (before?.powers ?? []).map((power) => `role ${SPICEDB_ROLE} could ${power}, and cannot any more`);
}

async function warningsOf(tx: Tx): Promise<string[]> {
  const places = await findOtherPlaces(tx, SPICEDB_ROLE);
  const roles = await findOtherRoles(tx, SPICEDB_ROLE);
  const others = (await listUses(tx)).filter(({ here }) => !here);
  return [
    ...places.map((place) => `role ${SPICEDB_ROLE} can also create in ${place}, as PUBLIC, by a grant or as owner`),
    ...roles.map((name) => `role ${name} can act as ${SPICEDB_ROLE}, or create in its schema, by a grant`),
    ...others.map(({ name }) => `${name} uses role ${SPICEDB_ROLE} too, with the same password`),
    ...((await tracksCommits(tx)) ? [] : [NO_COMMIT_TIMES]),
  ];
}

const NO_COMMIT_TIMES =
  "track_commit_timestamp is off: SpiceDB's Watch needs it on, which takes a restart of the server";

async function tracksCommits(db: Db): Promise<boolean> {
  const { rows } = await sql<{ value: string }>`
    select current_setting('track_commit_timestamp') as value`.execute(db);
  return rows[0]?.value === 'on';
}

export interface Reverted {
  /** The migrations that this call reverted. */
  readonly reverted: readonly string[];
  readonly role: 'absent' | 'dropped' | 'kept';
  readonly warnings: readonly string[];
}

/**
 * Resolves when the last migration is reverted: with the first one go the schema, the books, and the role, which is kept
 * while another database of the server needs it. Otherwise nothing has changed, and it throws `SpicedbError`: as
 * `bootstrapSpicedb` but for the role's password, or `schema_not_empty` while SpiceDB's tables are there.
 */
export async function revertSpicedb({ url, log = () => {} }: Place): Promise<Reverted> {
  const secrets = [checkSpicedbUrl(url)];
  const answer = await inSession({ url, secrets, writes: true }, async (tx): Promise<Reverted> => {
    const role = await findOwnRole(tx);
    await requireOwnSchemas(tx, { claim: true });
    await requireEmptySchema(tx);
    const reverted = await migrateDown(tx, 1, spicedbTree);
    await dropEmptyBooks(tx);
    if (role === undefined) return { reverted, role: 'absent', warnings: [] };
    const uses = await listUses(tx);
    if (uses.length > 0 || reverted.length === 0) {
      const warnings = uses.map(({ name }) => `role ${SPICEDB_ROLE} stays: ${name} needs it`);
      return { reverted, role: 'kept', warnings };
    }
    await dropRole(tx);
    return { reverted, role: 'dropped', warnings: [] };
  });
  for (const name of answer.reverted) log(`reverted ${name}`);
  if (answer.reverted.length === 0) log('nothing to revert');
  log(`role ${SPICEDB_ROLE}: ${answer.role}`);
  return answer;
}

export interface SpicedbStatus {
  readonly migrations: readonly MigrationStatus[];
  /** The number of the newest migration: the applied one, 0 without one, and the one that this program knows. */
  readonly version: { readonly database: number; readonly program: number };
  /** null while there is none. */
  readonly role: SpicedbRole | null;
  /** The setting of the server. */
  readonly track_commit_timestamp: boolean;
  readonly warnings: readonly string[];
}

/**
 * Resolves to what is there, and changes nothing. Throws `SpicedbError`: `url_unusable`, `wrong_target`,
 * `superuser_password_missing`, `schema_taken`, `failed`.
 */
export async function spicedbStatus({ url }: Pick<Place, 'url'>): Promise<SpicedbStatus> {
  const secrets = [checkSpicedbUrl(url)];
  return inSession({ url, secrets, writes: false }, async (tx) => {
    await requireOwnSchemas(tx, { claim: false });
    const migrations = await migrationStatus(tx, spicedbTree);
    const found = await findRole(tx);
    const tracks = await tracksCommits(tx);
    return {
      migrations,
      version: { database: newestApplied(migrations), program: newestOf(spicedbTree) },
      role: found === undefined ? null : { can_login: found.can_login, powers: found.powers },
      track_commit_timestamp: tracks,
      warnings: tracks ? [] : [NO_COMMIT_TIMES],
    };
  });
}
