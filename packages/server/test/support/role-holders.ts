/** Users, service identities and groups, straight in the tables, and what they are in and may do. */
import { randomUUID } from 'node:crypto';
import type { TenantRole } from '../../src/kernel/permissions.ts';
import type { TestIssuer } from './oidc-provider.ts';
import { type TestServer, uniqueSlug } from './server.ts';

export interface TestUser {
  readonly id: string;
  readonly tenant_id: string;
  /** The subject at the issuer. */
  readonly sub: string;
}

/** Makes a user of the tenant, whom the issuer knows when it is given. */
export async function newUser(
  { app }: TestServer,
  tenant_id: string,
  { issuer, ...fields }: { issuer?: TestIssuer; roles?: string[]; disabled_at?: Date; display_name?: string } = {},
): Promise<TestUser> {
  const sub = randomUUID();
  const external_subject = issuer === undefined ? `local:${sub}` : `${issuer.url}|${sub}`;
  const row = { id: randomUUID(), tenant_id, external_subject, display_name: 'Jane Doe', ...fields };
  await app.deps.db.insertInto('users').values(row).execute();
  return { id: row.id, tenant_id, sub };
}

/** A token of the user, which carries no role. */
export function signedIn(issuer: TestIssuer, { sub, tenant_id }: TestUser): Promise<string> {
  return issuer.token({ sub, tenant_id, name: 'Jane Doe' });
}

/** Makes a service identity of the tenant, which acts by its keys. */
export async function newServiceIdentity(
  { app }: TestServer,
  tenant_id: string,
  fields: { project_id?: string | null; display_name?: string } = {},
): Promise<string> {
  const id = randomUUID();
  const row = {
    id,
    tenant_id,
    display_name: 'Exporter',
    federation_kind: 'api_token',
    subject: id,
    ...fields,
  } as const;
  await app.deps.db.insertInto('service_identities').values(row).execute();
  return id;
}

/** Makes a group of the tenant, which is kept by hand, and returns its id. */
export async function newGroup(
  { app }: TestServer,
  tenant_id: string,
  fields: { slug?: string; tenant_role?: TenantRole; display_name?: string } = {},
): Promise<string> {
  const id = randomUUID();
  await app.deps.db
    .insertInto('groups')
    .values({ id, tenant_id, slug: uniqueSlug(), display_name: 'Crew', ...fields })
    .execute();
  return id;
}

/** Puts a user, a service identity or a group into a group. */
export async function addMember(
  { app }: TestServer,
  { tenant_id, group_id, type, id }: { tenant_id: string; group_id: string; type: string; id: string },
): Promise<void> {
  await app.deps.db
    .insertInto('group_memberships')
    .values({ tenant_id, group_id, [`principal_${type}_id`]: id })
    .execute();
}

/** Gives a role of the tenant, by a group. */
export async function giveRole(
  server: TestServer,
  tenant_id: string,
  { type, id }: Bound,
  tenant_role: TenantRole,
): Promise<void> {
  const group_id = await newGroup(server, tenant_id, { tenant_role });
  await addMember(server, { tenant_id, group_id, type, id });
}

/** Puts a group into another one as its child. */
export async function addChild(
  { app }: TestServer,
  { tenant_id, parent_id, child_id }: { tenant_id: string; parent_id: string; child_id: string },
): Promise<void> {
  await app.deps.db.insertInto('group_parents').values({ tenant_id, parent_id, child_id }).execute();
}

export interface Bound {
  readonly type: 'user' | 'service_identity' | 'group';
  readonly id: string;
}

/** Gives a level in a project through the API. */
export async function bind(server: TestServer, project_id: string, principal: Bound, level: string): Promise<void> {
  const answer = await server.call(`PUT /v1/projects/${project_id}/role-bindings`, { body: { principal, level } });
  if (answer.status !== 200) throw new Error(`could not bind: ${JSON.stringify(answer.body)}`);
}

/** Gives an API key an owner: the API gives a key to whoever makes it. */
export async function own(
  { app }: TestServer,
  key_id: string,
  owner: { user_id: string } | { service_identity_id: string },
): Promise<void> {
  await app.deps.db.updateTable('api_keys').set(owner).where('id', '=', key_id).execute();
}
