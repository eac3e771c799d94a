/** The statements by which a person that a provider proved becomes a user of the tenant, or is found to be one. */
import { sql } from 'kysely';
import type { Db, Tx } from '../handles.ts';
import type { TenantRole } from '../types.ts';

/** What decides about a sign-in. */
export interface SignInUser {
  readonly id: string;
  readonly tenant_id: string;
  readonly external_subject: string;
  readonly display_name: string;
  readonly roles: readonly TenantRole[];
  readonly disabled_at: string | null;
  readonly deleted_at: string | null;
}

const shown = ['id', 'tenant_id', 'external_subject', 'display_name', 'roles', 'disabled_at', 'deleted_at'] as const;

// The check users_roles_check lets no other role in.
const row = <Row extends { roles: string[] }>(found: Row) => found as Omit<Row, 'roles'> & { roles: TenantRole[] };

interface Subject {
  readonly tenant_id: string;
  readonly external_subject: string;
}

export async function findUserOfSubject(db: Db, subject: Subject): Promise<SignInUser | undefined> {
  const found = await ofSubject(db, subject).executeTakeFirst();
  return found && row(found);
}

/** Like `findUserOfSubject`, and holds the user until the transaction ends: sign-ins of one user come one after another. */
export async function lockUserOfSubject(tx: Tx, subject: Subject): Promise<SignInUser | undefined> {
  const found = await ofSubject(tx, subject).forUpdate().executeTakeFirst();
  return found && row(found);
}

function ofSubject(db: Db, { tenant_id, external_subject }: Subject) {
  return db
    .selectFrom('users')
    .select(shown)
    .where('tenant_id', '=', tenant_id)
    .where('external_subject', '=', external_subject);
}

interface Provisioned {
  readonly tenant_id: string;
  readonly name: string;
}

/**
 * The provisioned users that have not signed in yet and that the provider could mean by this name: of their external id,
 * or, where none has that, of their user name in any case. Two at most are returned, the deleted ones last.
 */
export async function listUnlinkedUsers(db: Db, { tenant_id, name }: Provisioned): Promise<SignInUser[]> {
  const unlinked = db
    .selectFrom('users')
    .select(shown)
    .where('tenant_id', '=', tenant_id)
    .where('external_subject', 'like', 'scim:%')
    .orderBy(sql`deleted_at is not null`)
    .orderBy('id')
    .limit(2);
  const byId = await unlinked.where('external_id', '=', name).execute();
  const found =
    byId.length > 0 ? byId : await unlinked.where(sql`lower(user_name)`, '=', sql`lower(${name})`).execute();
  return found.map(row);
}

export interface FirstSignIn extends Subject {
  readonly id: string;
  readonly email: string | null;
  readonly display_name: string;
  readonly roles: readonly TenantRole[];
  readonly created_at: Date;
}

/** Makes the user of a subject that has none. It resolves to false, and changes nothing, when another sign-in was faster. */
export async function insertUserOfSubject(tx: Tx, { roles, ...user }: FirstSignIn): Promise<boolean> {
  const made = await tx
    .insertInto('users')
    .values({ ...user, roles: [...roles], provisioned_by: 'sign_in', updated_at: user.created_at })
    .onConflict((conflict) => conflict.columns(['tenant_id', 'external_subject']).doNothing())
    .returning('id')
    .executeTakeFirst();
  return made !== undefined;
}

/** Gives a provisioned user the subject that its provider knows it by; false when it has one already. */
export async function updateUserSubject(tx: Tx, id: string, external_subject: string): Promise<boolean> {
  const linked = await tx
    .updateTable('users')
    .set({ external_subject })
    .where('id', '=', id)
    .where('external_subject', 'like', 'scim:%')
    .returning('id')
    .executeTakeFirst();
  return linked !== undefined;
}

export async function updateUserRoles(tx: Tx, id: string, roles: readonly TenantRole[]): Promise<void> {
  await tx
    .updateTable('users')
    .set({ roles: [...roles] })
    .where('id', '=', id)
    .execute();
}

/** Tells whether a user of the tenant has the address, in any case. */
export async function findEmailTaken(
  db: Db,
  { tenant_id, email }: { readonly tenant_id: string; readonly email: string },
): Promise<boolean> {
  const found = await db
    .selectFrom('users')
    .select('id')
    .where('tenant_id', '=', tenant_id)
    .where(sql`lower(email)`, '=', sql`lower(${email})`)
    .executeTakeFirst();
  return found !== undefined;
}
