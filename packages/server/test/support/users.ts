/** Users of a tenant with what belongs to them, for tests: what no operation makes is written straight into the tables. */
import { createHash, randomUUID } from 'node:crypto';
import { passwordLinks } from '@tenant-registry/db';
import { DAY_MS, madeIn, type TestServer } from './server.ts';

/** Creates a user with a password of its own to set. */
export function newUser(server: TestServer, tenant_id: string, fields: Record<string, unknown> = {}) {
  return madeIn(server, tenant_id, 'users', {
    email: `${randomUUID()}@example.com`,
    display_name: 'Jane Doe',
    ...fields,
  });
}

interface Named {
  readonly id: string;
  readonly tenant_id: string;
}

/** Creates an API key that the user owns. */
export async function newOwnedKey(server: TestServer, { id, tenant_id }: Named, fields: Record<string, unknown> = {}) {
  const key = await madeIn(server, tenant_id, 'api-keys', { name: 'own', ...fields });
  const { db } = server.app.deps;
  await db.updateTable('api_keys').set({ user_id: id }).where('id', '=', key.id).execute();
  return key;
}

/** Makes a link of the user to set a password. */
export async function newLink({ app }: TestServer, { id: user_id, tenant_id }: Named): Promise<void> {
  const { db, clock } = app.deps;
  const created_at = clock();
  const expires_at = new Date(created_at.getTime() + DAY_MS);
  const token_hash = createHash('sha256').update(randomUUID()).digest();
  await db
    .transaction()
    .execute((tx) => passwordLinks.insertPasswordLink(tx, { tenant_id, user_id, token_hash, created_at, expires_at }));
}

/** Makes a group of the tenant and returns its id. */
export async function newGroup(
  { app }: TestServer,
  tenant_id: string,
  fields: { readonly slug?: string; readonly tenant_role?: 'admin' | 'billing' | 'member' } = {},
): Promise<string> {
  const id = randomUUID();
  const values = { id, tenant_id, slug: `g-${id}`, display_name: 'Staff', ...fields };
  await app.deps.db.insertInto('groups').values(values).execute();
  return id;
}

/** Puts a user or a group into a group. */
export async function addMember(
  { app }: TestServer,
  tenant_id: string,
  edge: { readonly group_id: string; readonly principal_user_id?: string; readonly principal_group_id?: string },
): Promise<void> {
  await app.deps.db
    .insertInto('group_memberships')
    .values({ tenant_id, ...edge })
    .execute();
}

/** Gives a user or a group a level in a project. */
export async function bind(
  { app }: TestServer,
  tenant_id: string,
  binding: {
    readonly project_id: string;
    readonly user_id?: string;
    readonly group_id?: string;
    readonly level: 'viewer' | 'editor' | 'admin';
  },
): Promise<void> {
  await app.deps.db
    .insertInto('role_bindings')
    .values({ tenant_id, ...binding })
    .execute();
}

/** Makes the user one of a provider: of an issuer, or one that is provisioned over SCIM. */
export async function becomes(
  { app }: TestServer,
  { id }: Named,
  values: { readonly external_subject: string; readonly provisioned_by?: 'sign_in' | 'scim' },
): Promise<void> {
  await app.deps.db.updateTable('users').set(values).where('id', '=', id).execute();
}
