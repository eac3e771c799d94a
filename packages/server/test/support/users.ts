/** Users as the API makes them, and what belongs to them alone. */
import { createHash, randomUUID } from 'node:crypto';
import { passwordLinks } from '@tenant-registry/db';
import { own } from './role-holders.ts';
import { DAY_MS, madeIn, type TestServer } from './server.ts';

/** Creates a user through the API, with a password of its own to set, and returns it. */
export function createUser(server: TestServer, tenant_id: string, fields: Record<string, unknown> = {}) {
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
  await own(server, key.id, { user_id: id });
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

/** Makes the user one of a provider: of an issuer, or one that is provisioned over SCIM. */
export async function becomes(
  { app }: TestServer,
  { id }: Named,
  values: { readonly external_subject: string; readonly provisioned_by?: 'sign_in' | 'scim' },
): Promise<void> {
  await app.deps.db.updateTable('users').set(values).where('id', '=', id).execute();
}
