/** Users and service identities, straight into their tables, for tests of what they are in. */
import { randomUUID } from 'node:crypto';
import { madeIn, type TestServer, uniqueSlug } from './server.ts';

export async function newUser({ app }: TestServer, tenant_id: string, display_name = 'Ada Lovelace'): Promise<string> {
  const user = { id: randomUUID(), tenant_id, external_subject: `https://idp.example|${randomUUID()}`, display_name };
  await app.deps.db.insertInto('users').values(user).execute();
  return user.id;
}

export async function newServiceIdentity(
  { app }: TestServer,
  tenant_id: string,
  display_name = 'Nightly export',
): Promise<string> {
  const id = randomUUID();
  const identity = { id, tenant_id, display_name, subject: id, federation_kind: 'api_token' as const };
  await app.deps.db.insertInto('service_identities').values(identity).execute();
  return id;
}

/** Creates a group through the API and returns it. */
export function newGroup(server: TestServer, tenant_id: string, fields: Record<string, unknown> = {}) {
  return madeIn(server, tenant_id, 'groups', { slug: uniqueSlug(), display_name: 'Operators', ...fields });
}

/** A key of the tenant that may change groups, and nothing else unless told. */
export async function groupsKey(server: TestServer, tenant_id: string, ...more: string[]): Promise<string> {
  const scopes = ['groups:read', 'groups:write', ...more].map((permission) => `registry:${permission}`);
  return (await madeIn(server, tenant_id, 'api-keys', { name: 'machine', scopes })).key;
}
