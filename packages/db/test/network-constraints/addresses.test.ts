import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, describe, expect, test } from 'vitest';
import { testDatabase } from '../../src/testing.ts';
import { refusal, violated } from '../support.ts';
import {
  handleOf,
  insertAddress,
  insertSubRange,
  newAddress,
  newNetwork,
  newNode,
  otherOf,
  setRange,
  writers,
} from './rows.ts';

const database = await testDatabase();
const { db } = database;
afterAll(() => database.close());

const check = (constraint: string) => ({ code: violated.check, constraint });
const outside = check('domain_mesh_ip_allocations_inside_check');

describe.each(writers)('an address that %s gives', (writer) => {
  const world = async (range: string | null = '10.20.0.0/24') => {
    const network = await newNetwork(db, range);
    const node_id = await newNode(db, network);
    const handle = handleOf(database, writer, network);
    return { network, handle, node_id, give: (ip: string) => insertAddress(handle, network, { node_id, ip }) };
  };

  // proves C25
  test.each([
    ['outside of the range', '10.20.0.0/24', '10.20.1.1'],
    ['of the network itself', '10.20.0.0/24', '10.20.0.0'],
    ['of broadcasts', '10.20.0.0/24', '10.20.0.255'],
    ['of the other family', '10.20.0.0/24', 'fd00::1'],
    ['outside of the range of IPv6', 'fd00::/120', 'fd00::1:1'],
    ['of no host of IPv6', 'fd00::/120', 'fd00::'],
    ['in a tenant without a range', null, '10.20.0.1'],
  ])('%s is refused: in %s', async (_, range, ip) => {
    const { network, give } = await world(range);
    expect(await refusal(give(ip))).toEqual(outside);
    if (range === null) await setRange(db, network, '10.20.0.0/24');
    await give(range === 'fd00::/120' ? 'fd00::ff' : '10.20.0.254');
  });

  test.each(['10.20.0.5/24', '10.20.0.5/31', 'fd00::5/64'])('is one host: not %s', async (ip) => {
    const { give } = await world(ip.startsWith('fd') ? 'fd00::/64' : undefined);
    expect(await refusal(give(ip))).toEqual(check('domain_mesh_ip_allocations_ip_check'));
  });

  // proves C25
  test('lies in no sub-range of another project, at its ends neither, and may lie in the own one', async () => {
    const { network, give } = await world();
    await insertSubRange(db, otherOf(network), '10.20.0.64/27');
    for (const ip of ['10.20.0.64', '10.20.0.70', '10.20.0.95'])
      expect(await refusal(give(ip)), ip).toEqual(check('domain_mesh_ip_allocations_sub_range_check'));
    await insertSubRange(db, network, '10.20.0.32/27');
    await give('10.20.0.33');
    await newAddress(db, network, '10.20.0.96');
  });

  test('is held against the sub-ranges that there are, also when a temporary table has their name', async () => {
    const { network, handle, node_id } = await world();
    await insertSubRange(db, otherOf(network), '10.20.0.64/27');
    const shadowed = handle.transaction().execute(async (tx) => {
      await sql`
        create temporary table project_mesh_ip_reservations (tenant_id uuid, project_id uuid, sub_range cidr)
        on commit drop`.execute(tx);
      await insertAddress(tx, network, { node_id, ip: '10.20.0.70' });
    });
    expect(await refusal(shadowed)).toEqual(check('domain_mesh_ip_allocations_sub_range_check'));
  });

  // proves C25
  test('is of one node of the tenant, and a node has one', async () => {
    const { network, handle, node_id, give } = await world();
    await newAddress(db, otherOf(network), '10.20.0.5');
    expect(await refusal(give('10.20.0.5'))).toEqual({
      code: violated.unique,
      constraint: 'domain_mesh_ip_allocations_pkey',
    });
    await give('10.20.0.6');
    expect(await refusal(insertAddress(handle, network, { node_id, ip: '10.20.0.7' }))).toEqual({
      code: violated.unique,
      constraint: 'domain_mesh_ip_allocations_node_id_key',
    });
    await newAddress(db, await newNetwork(db, '10.20.0.0/24'), '10.20.0.5');
  });

  // proves C23
  test('is of a node of its own project and tenant', async () => {
    const { network, handle } = await world();
    const foreign = await newNetwork(db, '10.20.0.0/24');
    for (const node_id of [await newNode(db, otherOf(network)), await newNode(db, foreign), randomUUID()])
      expect(await refusal(insertAddress(handle, network, { node_id, ip: '10.20.0.9' }))).toEqual({
        code: violated.foreignKey,
        constraint: 'domain_mesh_ip_allocations_tenant_id_project_id_node_id_fkey',
      });
  });

  // proves C23
  test('goes with its node', async () => {
    const { network, handle, node_id, give } = await world();
    await give('10.20.0.6');
    await newAddress(db, network, '10.20.0.7');
    await handle.deleteFrom('nodes').where('id', '=', node_id).execute();
    const left = db.selectFrom('domain_mesh_ip_allocations').select('ip').where('tenant_id', '=', network.tenant_id);
    expect(await left.execute()).toEqual([{ ip: '10.20.0.7' }]);
  });
});

test('the owner moves no address to where none may be', async () => {
  const network = await newNetwork(db, '10.20.0.0/24');
  await insertSubRange(db, otherOf(network), '10.20.0.64/27');
  const node_id = await newAddress(db, network, '10.20.0.6');
  const move = (ip: string) =>
    db.updateTable('domain_mesh_ip_allocations').set({ ip }).where('node_id', '=', node_id).execute();
  expect(await refusal(move('10.20.0.255'))).toEqual(outside);
  expect(await refusal(move('10.20.0.65'))).toEqual(check('domain_mesh_ip_allocations_sub_range_check'));
  await move('10.20.0.63');
});
