import { testDatabase } from '@tenant-registry/db/testing';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { collectConstraints } from '../src/kernel/errors/constraints.ts';
import { defineError } from '../src/kernel/errors.ts';
import { errorSets } from '../src/modules.ts';

// proves A57, C47
test('every error names a constraint that exists, and every unique or exclusion constraint has its error', async () => {
  const database = await testDatabase();
  const { rows } = await sql<{ name: string; kind: string }>`
    select conname as name, contype::text as kind from pg_constraint where connamespace = 'public'::regnamespace
    union
    select c.relname, 'u' from pg_index i join pg_class c on c.oid = i.indexrelid
    where i.indisunique and not i.indisprimary and c.relnamespace = 'public'::regnamespace
    union
    select (regexp_match(prosrc, 'constraint = ''(\\w+)'''))[1], 'raised' from pg_proc
    where pronamespace = 'public'::regnamespace and prosrc ~ 'constraint = '''`.execute(database.db);
  await database.close();
  const declared = collectConstraints(errorSets);
  const names = new Set(rows.map(({ name }) => name));
  expect([...declared.keys()].filter((name) => !names.has(name))).toEqual([]);
  const unique = rows.filter(({ kind }) => kind === 'u' || kind === 'x').map(({ name }) => name);
  expect(unique.filter((name) => !declared.has(name) && !NOT_REACHABLE.includes(name)).sort()).toEqual([]);
});

const NOT_REACHABLE = [
  // The target of composite keys, whose second column is unique by itself.
  'tenant_projects_tenant_id_id_key',
  'tenant_idp_config_tenant_id_id_key',
  'api_keys_tenant_id_id_key',
  'users_tenant_id_id_key',
  'service_identities_tenant_id_id_key',
  // A level is set by one statement that inserts the binding or changes it.
  'role_bindings_project_id_user_id_key',
  'role_bindings_project_id_service_identity_id_key',
  'role_bindings_project_id_group_id_key',
  'groups_tenant_id_id_key',
  // Who adds what is there already adds nothing, and gets no error.
  'group_memberships_unique_edge',
  // The writers of a project come one after another, and its versions and revisions are counted by the registry.
  'config_revisions_project_id_config_key_version_key',
  'config_revisions_project_id_revision_config_key_key',
  'config_schemas_tenant_id_id_key',
  'config_schema_versions_tenant_id_schema_id_version_key',
  'databases_tenant_id_id_key',
  'resources_tenant_id_project_id_id_key',
  'nodes_tenant_id_project_id_id_key',
  // A node gets an address only while its row is locked, and when it has none.
  'domain_mesh_ip_allocations_node_id_key',
  'groups_tenant_id_id_slug_key',
  // The name of a cluster ends with the random bits of the id of its database.
  'databases_provisioner_namespace_cluster_name_key',
  // As of composite keys above.
  'nodes_tenant_id_project_id_id_key',
  'resources_tenant_id_project_id_id_key',
  // A node that has an address gets no other.
  'domain_mesh_ip_allocations_node_id_key',
  // The ids of events and their order are the registry's own.
  'events_id_key',
  'audit_leaves_event_id_key',
  'audit_checkpoints_registry_index_key',
  // A rule is set by one statement that inserts it or changes it.
  'audit_retention_tenant_id_product_key',
  'outbox_events_seq_key',
];

// proves A70
test('two errors may claim neither one constraint nor one code', () => {
  const error = (code: string, constraint: string) => defineError({ code, status: 'CONFLICT', detail: '', constraint });
  expect(() => collectConstraints([{ a: error('a', 'x') }, { b: error('b', 'x') }])).toThrow('constraint x');
  expect(() => collectConstraints([{ a: error('a', 'x') }, { b: error('a', 'y') }])).toThrow('code a');
});
