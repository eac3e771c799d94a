import { sql } from 'kysely';
import { afterAll, describe, expect, test } from 'vitest';
import { testDatabase } from '../../src/testing.ts';
import { identityTables, insertRow, makersOf, worldOf } from '../identities.ts';
import { deleteIdentities } from '../populated-tenant.ts';
import { newTenant, refusal, violated } from '../support.ts';

const database = await testDatabase();
const { db } = database;
afterAll(() => database.close());
const make = makersOf(db);

const newWorld = async () => worldOf(db, await newTenant(db));

const counted = [...identityTables, 'tenant_projects', 'api_keys', 'tenant_idp_config'] as const;
type Counts = Partial<Record<(typeof counted)[number], number>>;

/** Resolves to the number of the tenant's rows in each table that has any. */
async function holdings(tenant: string): Promise<Counts> {
  const counts = counted.map(
    (table) =>
      sql`(select nullif(count(*), 0) from ${sql.table(table)} where tenant_id = ${tenant}) as ${sql.ref(table)}`,
  );
  const { rows } = await sql<Counts>`select ${sql.join(counts)}`.execute(db);
  return Object.fromEntries(Object.entries(rows[0] ?? {}).filter(([, count]) => count !== null));
}

/** What `worldOf` makes. */
const alone: Counts = {
  users: 1,
  service_identities: 1,
  groups: 2,
  tenant_projects: 1,
  tenant_idp_config: 1,
};

const remove = (
  table: 'users' | 'groups' | 'service_identities' | 'tenant_projects' | 'tenant_idp_config',
  id: string,
) => db.deleteFrom(table).where('id', '=', id).execute();

/** SQLSTATE of a deletion that a foreign key restricts: 23503 until PostgreSQL 18, then 23001. */
const restricted = [violated.foreignKey, violated.restrict];

async function expectRestricted(deletion: Promise<unknown>, constraint: string): Promise<void> {
  const answer = await refusal(deletion);
  expect(answer.constraint).toBe(constraint);
  expect(restricted).toContain(answer.code);
}

describe('the deletion of a user', () => {
  // proves B26
  test('takes sessions, link, keys, memberships and role bindings of the user along, and nobody else their own', async () => {
    const world = await newWorld();
    const { tenant, user, group, project } = world;
    const other = await make.user(tenant);
    for (const user_id of [user, other]) {
      await make.session(tenant, { user_id });
      await make.link(tenant, { user_id });
      await make.key(tenant, { user_id });
      await make.membership(tenant, { group_id: group, principal_user_id: user_id });
      await make.binding(tenant, { project_id: project, user_id });
    }
    await remove('users', user);
    const kept = { user_sessions: 1, password_links: 1, api_keys: 1, group_memberships: 1, role_bindings: 1 };
    expect(await holdings(tenant)).toEqual({ ...alone, ...kept });
  });

  // proves B26
  test('takes the projects that the user owns along, with the keys, programs and role bindings in them', async () => {
    const { tenant, user, group, project: kept } = await newWorld();
    const owned = await make.project(tenant, { owner_user_id: user });
    for (const project_id of [owned, kept]) {
      await make.key(tenant, { project_id });
      const service = await make.service(tenant, { project_id });
      await make.key(tenant, { service_identity_id: service });
      await make.membership(tenant, { group_id: group, principal_service_identity_id: service });
      await make.binding(tenant, { project_id, group_id: group });
    }
    await remove('users', user);
    const left = { users: undefined, service_identities: 2, api_keys: 2, group_memberships: 1, role_bindings: 1 };
    expect(await holdings(tenant)).toEqual({ ...alone, ...left });
    expect(await db.selectFrom('tenant_projects').select('id').where('tenant_id', '=', tenant).execute()).toEqual([
      { id: kept },
    ]);
  });
});

test('the deletion of a service identity takes its keys, memberships and role bindings along', async () => {
  const { tenant, service, group, project } = await newWorld();
  await make.key(tenant, { service_identity_id: service });
  await make.key(tenant);
  await make.membership(tenant, { group_id: group, principal_service_identity_id: service });
  await make.binding(tenant, { project_id: project, service_identity_id: service });
  await remove('service_identities', service);
  expect(await holdings(tenant)).toEqual({ ...alone, service_identities: undefined, api_keys: 1 });
});

// proves C59
test('the deletion of a group takes its memberships, its edges in both directions and its role bindings along', async () => {
  const { tenant, user, group, child, project } = await newWorld();
  const third = await make.group(tenant);
  await make.membership(tenant, { group_id: group, principal_user_id: user });
  await make.membership(tenant, { group_id: group, principal_group_id: child });
  await make.membership(tenant, { group_id: third, principal_group_id: group });
  await make.membership(tenant, { group_id: third, principal_user_id: user });
  await make.parent(tenant, { parent_id: group, child_id: child });
  await make.parent(tenant, { parent_id: third, child_id: group });
  await make.parent(tenant, { parent_id: third, child_id: child });
  await make.binding(tenant, { project_id: project, group_id: group });
  await make.binding(tenant, { project_id: project, group_id: third });
  await remove('groups', group);
  const kept = { group_memberships: 1, group_parents: 1, role_bindings: 1 };
  expect(await holdings(tenant)).toEqual({ ...alone, ...kept });
});

test('the deletion of a project takes its role bindings and the service identities bound to it along', async () => {
  const { tenant, user, project } = await newWorld();
  await make.service(tenant, { project_id: project });
  await make.binding(tenant, { project_id: project, user_id: user });
  await remove('tenant_projects', project);
  expect(await holdings(tenant)).toEqual({ ...alone, tenant_projects: undefined });
});

describe('the deletion of the configuration of an identity provider', () => {
  test('takes the sessions that began through it and the sign-ins under way along', async () => {
    const { tenant, user, config } = await newWorld();
    await make.session(tenant, { user_id: user, idp_config_id: config });
    await make.session(tenant, { user_id: user });
    await make.flow(tenant, { idp_config_id: config });
    await remove('tenant_idp_config', config);
    expect(await holdings(tenant)).toEqual({ ...alone, tenant_idp_config: undefined, user_sessions: 1 });
  });

  test('is refused while a group mirrors it', async () => {
    const { tenant, config } = await newWorld();
    await make.group(tenant, { source: 'idp', idp_config_id: config, idp_claim_value: 'staff' });
    await expectRestricted(remove('tenant_idp_config', config), 'groups_tenant_id_idp_config_id_fkey');
  });

  test('is refused while it vouches for a service identity', async () => {
    const { tenant, config } = await newWorld();
    await make.service(tenant, { federation_kind: 'oidc_cc', audience: 'registry', idp_config_id: config });
    const constraint = 'service_identities_tenant_id_idp_config_id_fkey';
    await expectRestricted(remove('tenant_idp_config', config), constraint);
  });
});

describe('the deletion of a tenant', () => {
  const removeTenant = (id: string) => db.deleteFrom('tenants').where('id', '=', id).execute();

  // proves C29
  test.each(identityTables)('is refused while it has a row of %s, and changes nothing', async (table) => {
    const world = await newWorld();
    await insertRow(db, table, world);
    const before = await holdings(world.tenant);
    const { code, constraint } = await refusal(removeTenant(world.tenant));
    expect(restricted).toContain(code);
    expect(identityTables.map((name) => `${name}_tenant_id_fkey`)).toContain(constraint);
    expect(await holdings(world.tenant)).toEqual(before);
  });

  // proves C29
  test.each(identityTables)('is refused by %s alone, without the foreign keys of the other tables', async (table) => {
    const world = await newWorld();
    await insertRow(db, table, world);
    const removed = db.transaction().execute(async (tx) => {
      for (const other of identityTables.filter((name) => name !== table)) {
        await sql`alter table ${sql.table(other)} drop constraint ${sql.id(`${other}_tenant_id_fkey`)}`.execute(tx);
      }
      await tx.deleteFrom('tenants').where('id', '=', world.tenant).execute();
    });
    await expectRestricted(removed, `${table}_tenant_id_fkey`);
  });

  test('goes through when its people, programs and groups were deleted', async () => {
    const { tenant } = await newWorld();
    await deleteIdentities(db, tenant);
    await removeTenant(tenant);
    expect(await holdings(tenant)).toEqual({});
  });
});
