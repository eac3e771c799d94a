import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { testDatabase } from '../../src/testing.ts';
import { refusal, violated } from '../support.ts';
import {
  deleteProject,
  handleOf,
  insertSubRange,
  newAddress,
  newNetwork,
  newProject,
  otherOf,
  updateSubRange,
  writers,
} from './rows.ts';

const database = await testDatabase();
const { db } = database;
afterAll(() => database.close());

const outside = { code: violated.check, constraint: 'project_mesh_ip_reservations_inside_check' };
const inUse = { code: violated.check, constraint: 'project_mesh_ip_reservations_in_use_check' };
const overlap = { code: '23P01', constraint: 'project_mesh_ip_reservations_sub_range_excl' };

describe.each(writers)('a sub-range that %s writes', (writer) => {
  const world = async (range: string | null = '10.20.0.0/16') => {
    const network = await newNetwork(db, range);
    return { network, handle: handleOf(database, writer, network) };
  };

  // proves C25
  test.each([
    ['10.20.0.0/16', '10.21.0.0/24'],
    ['10.20.0.0/16', '10.0.0.0/8'],
    ['10.20.0.0/16', '10.20.0.0/15'],
    ['10.20.0.0/16', 'fd00::/64'],
    ['fd00::/64', 'fd00::/63'],
    ['fd00::/64', 'fd00:0:0:1::/80'],
    [null, '10.20.0.0/24'],
  ])('lies inside of the range: in %s not %s', async (range, sub_range) => {
    const { network, handle } = await world(range);
    expect(await refusal(insertSubRange(handle, network, sub_range))).toEqual(outside);
    if (range === null) return;
    await insertSubRange(handle, network, range);
    expect(await refusal(updateSubRange(handle, network, sub_range))).toEqual(outside);
  });

  // proves C25
  test.each(['10.20.4.0/24', '10.20.4.64/26', '10.20.0.0/16'])(
    'overlaps with no other of the tenant: %s',
    async (sub_range) => {
      const { network, handle } = await world();
      await insertSubRange(db, otherOf(network), '10.20.4.0/24');
      expect(await refusal(insertSubRange(handle, network, sub_range))).toEqual(overlap);
      await insertSubRange(handle, network, '10.20.5.0/24');
      expect(await refusal(updateSubRange(handle, network, sub_range))).toEqual(overlap);
      await insertSubRange(db, await newNetwork(db, '10.20.0.0/16'), sub_range);
    },
  );

  // proves C25
  test('has no address of another project in it, at its ends neither', async () => {
    const { network, handle } = await world();
    for (const ip of ['10.20.4.0', '10.20.5.255', '10.20.6.7']) await newAddress(db, otherOf(network), ip);
    await newAddress(db, network, '10.20.7.7');
    await newAddress(db, await newNetwork(db, '10.20.0.0/16'), '10.20.8.8');
    const taken = ['10.20.4.0/24', '10.20.5.0/24', '10.20.6.0/29'];
    for (const sub_range of taken)
      expect(await refusal(insertSubRange(handle, network, sub_range)), sub_range).toEqual(inUse);
    await insertSubRange(handle, network, '10.20.7.0/24');
    for (const sub_range of taken)
      expect(await refusal(updateSubRange(handle, network, sub_range)), sub_range).toEqual(inUse);
    await updateSubRange(handle, network, '10.20.8.0/24');
  });

  // proves C23
  test('is one for a project, and strict when nothing else is said', async () => {
    const { network, handle } = await world();
    await insertSubRange(handle, network, '10.20.4.0/24');
    const rows = handle.selectFrom('project_mesh_ip_reservations').selectAll();
    expect(await rows.where('tenant_id', '=', network.tenant_id).execute()).toMatchObject([
      { project_id: network.project_id, sub_range: '10.20.4.0/24', strict: true },
    ]);
    expect(await refusal(insertSubRange(handle, network, '10.20.5.0/24'))).toEqual({
      code: violated.unique,
      constraint: 'project_mesh_ip_reservations_pkey',
    });
  });
});

// proves C23
test('a sub-range is of a project of its tenant, and goes with it', async () => {
  const network = await newNetwork(db, '10.20.0.0/16');
  const foreign = (await newNetwork(db, null)).project_id;
  for (const handle of [db, database.forTenant({ tenant_id: network.tenant_id, project_id: null })])
    for (const project_id of [foreign, randomUUID()])
      expect(await refusal(insertSubRange(handle, { ...network, project_id }, '10.20.4.0/24'))).toEqual({
        code: violated.foreignKey,
        constraint: 'project_mesh_ip_reservations_tenant_id_project_id_fkey',
      });
  const project_id = await newProject(db, network.tenant_id);
  await insertSubRange(db, { ...network, project_id }, '10.20.4.0/24');
  await insertSubRange(db, network, '10.20.5.0/24');
  await deleteProject(db, project_id);
  const left = db.selectFrom('project_mesh_ip_reservations').select('project_id');
  expect(await left.where('tenant_id', '=', network.tenant_id).execute()).toEqual([{ project_id: network.project_id }]);
});
