/** Groups as the API makes them. */
import { madeIn, type TestServer, uniqueSlug } from './server.ts';

/** Creates a group through the API and returns it. */
export function createGroup(server: TestServer, tenant_id: string, fields: Record<string, unknown> = {}) {
  return madeIn(server, tenant_id, 'groups', { slug: uniqueSlug(), display_name: 'Operators', ...fields });
}

/** A key of the tenant that may change groups, and nothing else unless told. */
export async function groupsKey(server: TestServer, tenant_id: string, ...more: string[]): Promise<string> {
  const scopes = ['groups:read', 'groups:write', ...more].map((permission) => `registry:${permission}`);
  return (await madeIn(server, tenant_id, 'api-keys', { name: 'machine', scopes })).key;
}
