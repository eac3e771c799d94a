import { expect, test } from 'vitest';
import { testDatabase } from '../../src/testing.ts';
import { listConstraints, unnamedIn } from '../constraint-names.ts';
import { identityTables } from '../identities.ts';
import { closedAfterTest } from '../support.ts';

/** The target of composite foreign keys, whose second column is unique by itself: no statement violates it alone. */
const notReachable = [
  'groups_tenant_id_id_key',
  'groups_tenant_id_id_slug_key',
  'service_identities_tenant_id_id_key',
  'users_tenant_id_id_key',
];

/** Tests of this folder go through all of `identityTables` for these. */
const ofEachTable = [
  ...identityTables.map((table) => `${table}_tenant_id_fkey`),
  ...[
    'group_memberships',
    'groups',
    'role_bindings',
    'service_identities',
    'spiffe_trust_bundles',
    'user_sessions',
  ].map((table) => `${table}_pkey`),
  'users_pkey',
];

// proves C47
test('every constraint, unique index and trigger of the identity tables is named by a test of this folder', async () => {
  const { db } = await closedAfterTest(testDatabase());
  const names = await listConstraints(db, identityTables);
  expect(names.length).toBeGreaterThan(60);
  const missing = unnamedIn(import.meta.dirname, names);
  expect(missing.filter((name) => !notReachable.includes(name) && !ofEachTable.includes(name))).toEqual([]);
});
