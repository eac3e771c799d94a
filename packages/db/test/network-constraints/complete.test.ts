import { expect, test } from 'vitest';
import { testDatabase } from '../../src/testing.ts';
import { listConstraints, unnamedIn } from '../constraint-names.ts';
import { closedAfterTest } from '../support.ts';

/** The target of composite foreign keys, whose last column is unique by itself: no statement violates it alone. */
const notReachable = ['nodes_tenant_id_project_id_id_key', 'resources_tenant_id_project_id_id_key'];

test('every constraint, unique index and trigger of networks is named by a test of this folder', async () => {
  const { db } = await closedAfterTest(testDatabase());
  const ofTenants = (await listConstraints(db, ['tenants'])).filter((name) => /^tenants_(mesh|region)/.test(name));
  const names = await listConstraints(db, [
    ...['resources', 'nodes', 'project_mesh_ip_reservations', 'domain_mesh_ip_allocations', 'mesh_free_ranges'],
  ]);
  expect([ofTenants.length, names.length]).toEqual([6, 26]);
  const missing = unnamedIn(import.meta.dirname, [...ofTenants, ...names]);
  expect(missing).toEqual(notReachable);
});
