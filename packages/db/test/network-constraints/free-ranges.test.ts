import { randomUUID } from 'node:crypto';
import type { Insertable } from 'kysely';
import { afterAll, describe, expect, test } from 'vitest';
import type { Db } from '../../src/handles.ts';
import type { MeshFreeRanges } from '../../src/schema.ts';
import { testDatabase } from '../../src/testing.ts';
import { newTenant, refusal, violated } from '../support.ts';
import { handleOf, newNetwork, writers } from './rows.ts';

const database = await testDatabase();
const { db } = database;
afterAll(() => database.close());

const insert = (handle: Db, row: Insertable<MeshFreeRanges>) =>
  handle.insertInto('mesh_free_ranges').values(row).execute();

describe.each(writers)('a free range that %s writes', (writer) => {
  const world = async () => {
    const network = await newNetwork(db, '10.20.0.0/16');
    return { ...network, handle: handleOf(database, writer, network) };
  };

  test.each([
    ['10.20.0.9', '10.20.0.1'],
    ['10.20.0.1', 'fd00::1'],
    ['10.20.0.1/24', '10.20.0.9/24'],
    ['10.20.0.1', '10.20.0.9/24'],
    ['fd00::1/64', 'fd00::9/64'],
    ['fd00::9', 'fd00::1'],
  ])('is in order, of one family, of hosts: not from %s to %s', async (first, last) => {
    const { tenant_id, handle } = await world();
    expect(await refusal(insert(handle, { tenant_id, first, last }))).toEqual({
      code: violated.check,
      constraint: 'mesh_free_ranges_order_check',
    });
    await insert(handle, { tenant_id, first: '10.20.0.1', last: '10.20.0.1' });
    await insert(handle, { tenant_id, first: 'fd00::1', last: 'fd00::9' });
  });

  test('rests as one address', async () => {
    const { tenant_id, project_id, handle } = await world();
    const not_before = new Date();
    const two = { tenant_id, project_id, first: '10.20.0.1', last: '10.20.0.2', not_before };
    expect(await refusal(insert(handle, two))).toEqual({
      code: violated.check,
      constraint: 'mesh_free_ranges_rest_check',
    });
    await insert(handle, { ...two, last: '10.20.0.1' });
  });

  test('begins alone at its address, in its tenant', async () => {
    const { tenant_id, project_id, handle } = await world();
    const row = { first: '10.20.0.1', last: '10.20.0.9' };
    await insert(handle, { tenant_id, ...row });
    expect(await refusal(insert(handle, { tenant_id, project_id, ...row }))).toEqual({
      code: violated.unique,
      constraint: 'mesh_free_ranges_pkey',
    });
    await insert(db, { tenant_id: await newTenant(db), ...row });
  });
});

test('a free range is of a tenant, and goes with it', async () => {
  const row = { first: '10.20.0.1', last: '10.20.0.9' };
  expect(await refusal(insert(db, { tenant_id: randomUUID(), ...row }))).toEqual({
    code: violated.foreignKey,
    constraint: 'mesh_free_ranges_tenant_id_fkey',
  });
  const [gone, stays] = [await newTenant(db), await newTenant(db)];
  for (const tenant_id of [gone, stays]) await insert(db, { tenant_id, ...row });
  await db.deleteFrom('tenants').where('id', '=', gone).execute();
  const left = db.selectFrom('mesh_free_ranges').select('tenant_id').where('tenant_id', 'in', [gone, stays]);
  expect(await left.execute()).toEqual([{ tenant_id: stays }]);
});
