import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, describe, expect, test } from 'vitest';
import { testDatabase } from '../../src/testing.ts';
import { identityTables, insertRow, makersOf, type World, worldOf } from '../identities.ts';
import { newTenant, refusal, violated } from '../support.ts';

const database = await testDatabase();
const { db } = database;
afterAll(() => database.close());
const make = makersOf(db);

const newWorld = async () => worldOf(db, await newTenant(db));

/** Inserts a row of one tenant that refers to a row of a world, its own or another. */
type Insert = (mine: World, target: World) => Promise<unknown>;

const references: Readonly<Record<string, Insert>> = {
  api_keys_tenant_id_service_identity_id_fkey: ({ tenant }, { service }) =>
    make.key(tenant, { service_identity_id: service }),
  api_keys_tenant_id_user_id_fkey: ({ tenant }, { user }) => make.key(tenant, { user_id: user }),
  group_memberships_tenant_id_group_id_fkey: ({ tenant, user }, { group }) =>
    make.membership(tenant, { group_id: group, principal_user_id: user }),
  group_memberships_tenant_id_principal_group_id_fkey: ({ tenant, group }, { child }) =>
    make.membership(tenant, { group_id: group, principal_group_id: child }),
  group_memberships_tenant_id_principal_service_identity_id_fkey: ({ tenant, group }, { service }) =>
    make.membership(tenant, { group_id: group, principal_service_identity_id: service }),
  group_memberships_tenant_id_principal_user_id_fkey: ({ tenant, group }, { user }) =>
    make.membership(tenant, { group_id: group, principal_user_id: user }),
  group_parents_tenant_id_child_id_fkey: ({ tenant, group }, { child }) =>
    make.parent(tenant, { parent_id: group, child_id: child }),
  group_parents_tenant_id_parent_id_fkey: ({ tenant, child }, { group }) =>
    make.parent(tenant, { parent_id: group, child_id: child }),
  groups_tenant_id_idp_config_id_fkey: ({ tenant }, { config }) =>
    make.group(tenant, { source: 'idp', idp_config_id: config, idp_claim_value: 'staff' }),
  password_links_tenant_id_user_id_fkey: ({ tenant }, { user }) => make.link(tenant, { user_id: user }),
  role_bindings_tenant_id_group_id_fkey: ({ tenant, project }, { group }) =>
    make.binding(tenant, { project_id: project, group_id: group }),
  role_bindings_tenant_id_project_id_fkey: ({ tenant, user }, { project }) =>
    make.binding(tenant, { project_id: project, user_id: user }),
  role_bindings_tenant_id_service_identity_id_fkey: ({ tenant, project }, { service }) =>
    make.binding(tenant, { project_id: project, service_identity_id: service }),
  role_bindings_tenant_id_user_id_fkey: ({ tenant, project }, { user }) =>
    make.binding(tenant, { project_id: project, user_id: user }),
  service_identities_tenant_id_idp_config_id_fkey: ({ tenant }, { config }) =>
    make.service(tenant, { federation_kind: 'oidc_cc', audience: 'registry', idp_config_id: config }),
  service_identities_tenant_id_project_id_fkey: ({ tenant }, { project }) =>
    make.service(tenant, { project_id: project }),
  sign_in_flows_tenant_id_idp_config_id_fkey: ({ tenant }, { config }) => make.flow(tenant, { idp_config_id: config }),
  tenant_projects_tenant_id_owner_user_id_fkey: ({ tenant }, { user }) => make.project(tenant, { owner_user_id: user }),
  user_sessions_tenant_id_idp_config_id_fkey: ({ tenant, user }, { config }) =>
    make.session(tenant, { user_id: user, idp_config_id: config }),
  user_sessions_tenant_id_user_id_fkey: ({ tenant }, { user }) => make.session(tenant, { user_id: user }),
};

describe('a reference', () => {
  test('between rows of tenants is tried below, each of those that concern identity', async () => {
    const tables = sql.join(identityTables.map((table) => sql.lit(table)));
    const { rows } = await sql<{ name: string }>`
      select conname as name from pg_constraint
      where contype = 'f' and cardinality(conkey) > 1
        -- Those of configurations and of databases are tried with them (config-constraints, database-constraints).
        and conrelid::regclass::text !~ '^(config|database)'
        and (conrelid::regclass::text in (${tables}) or confrelid::regclass::text in (${tables}))
      order by conname collate "C"`.execute(db);
    expect(rows.map(({ name }) => name)).toEqual(Object.keys(references).sort());
  });

  // proves C28, C29
  test.each(Object.entries(references))('%s refuses a row of another tenant', async (constraint, insert) => {
    const [mine, other] = [await newWorld(), await newWorld()];
    expect(await refusal(insert(mine, other))).toEqual({ code: violated.foreignKey, constraint });
    await insert(mine, mine);
  });

  test.each(Object.entries(references))('%s refuses a row that is not there', async (constraint, insert) => {
    const id = randomUUID();
    const nothing: World = { tenant: id, user: id, service: id, group: id, child: id, project: id, config: id };
    expect(await refusal(insert(await newWorld(), nothing))).toEqual({ code: violated.foreignKey, constraint });
  });
});

describe('the tenant of', () => {
  // proves C28, C29
  test.each(identityTables)('a row of %s has to exist', async (table) => {
    const unknown = insertRow(db, table, { ...(await newWorld()), tenant: randomUUID() });
    const constraint = `${table}_tenant_id_fkey`;
    expect(await refusal(unknown)).toEqual({ code: violated.foreignKey, constraint });
  });
});

test.each(identityTables.filter((table) => !['password_links', 'sign_in_flows', 'group_parents'].includes(table)))(
  'an id is one row of %s',
  async (table) => {
    await insertRow(db, table, await newWorld());
    const again = sql`insert into ${sql.table(table)} select * from ${sql.table(table)} limit 1`.execute(db);
    expect(await refusal(again)).toEqual({ code: violated.unique, constraint: `${table}_pkey` });
  },
);
