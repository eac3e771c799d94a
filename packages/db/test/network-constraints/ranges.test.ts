import { afterAll, describe, expect, test } from 'vitest';
import { testDatabase } from '../../src/testing.ts';
import { newTenant, refusal, unique, violated } from '../support.ts';
import { insertSubRange, newAddress, newNetwork, setRange } from './rows.ts';

const database = await testDatabase();
const { db } = database;
afterAll(() => database.close());

const check = (constraint: string) => ({ code: violated.check, constraint });
const rangeOf = async (id: string) =>
  (await db.selectFrom('tenants').select('mesh_cidr').where('id', '=', id).executeTakeFirstOrThrow()).mesh_cidr;

describe('the range of a tenant', () => {
  // proves C23
  test('is absent when nothing else is said, in the space that all share, and its addresses do not rest', async () => {
    const id = await newTenant(db);
    const row = await db.selectFrom('tenants').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    expect(row).toMatchObject({ region: null, mesh_cidr: null, mesh_space: 'shared', mesh_rest_seconds: 0 });
  });

  // proves C23
  test.each([
    ...['10.0.0.0/8', '10.20.0.0/30', '192.168.0.0/16', '100.64.0.0/10', '169.253.0.0/16', '128.0.0.0/8'],
    ...['fd00::/48', 'fd00::/120', '2001:db8::/64', '100::/48', 'fec0::/48'],
  ])('can be %s', async (mesh_cidr) => {
    const { tenant_id } = await newNetwork(db, mesh_cidr);
    expect(await rangeOf(tenant_id)).toBe(mesh_cidr);
  });

  // proves C23
  test.each([
    ['short of /8', '10.0.0.0/7'],
    ['with two addresses', '10.20.0.0/31'],
    ['with one address', '10.20.0.1/32'],
    ['short of /48', 'fd00::/47'],
    ['past /120', 'fd00::/121'],
    ['with one address of IPv6', 'fd00::1/128'],
    ['of this host', '0.0.0.0/8'],
    ['inside of this host', '0.1.0.0/16'],
    ['of loopback', '127.0.0.0/8'],
    ['inside of loopback', '127.1.0.0/16'],
    ['of link-local', '169.254.0.0/16'],
    ['inside of link-local', '169.254.3.0/24'],
    ['around link-local', '169.0.0.0/8'],
    ['of multicast', '224.0.0.0/8'],
    ['at the end of multicast', '239.255.0.0/16'],
    ['of no host', '::/48'],
    ['of mapped IPv4', '::ffff:0:0/96'],
    ['of loopback of IPv6', '::/120'],
    ['of link-local of IPv6', 'fe80::/64'],
    ['at the end of link-local of IPv6', 'febf:ffff:ffff::/48'],
    ['of multicast of IPv6', 'ff02::/64'],
  ])('%s is refused', async (_, mesh_cidr) => {
    const refused = check('tenants_mesh_cidr_check');
    expect(await refusal(newNetwork(db, mesh_cidr))).toEqual(refused);
    const network = await newNetwork(db, null);
    expect(await refusal(setRange(db, network, mesh_cidr))).toEqual(refused);
  });

  // proves C23, C25
  test.each([
    ['the same', '10.20.0.0/16', '10.20.0.0/16'],
    ['inside', '10.20.0.0/16', '10.20.4.0/24'],
    ['around', '10.20.4.0/24', '10.20.0.0/16'],
    ['of IPv6', 'fd00:20::/48', 'fd00:20:0:1::/64'],
  ])('overlaps with none of the same space: %s', async (_, taken, asked) => {
    const mesh_space = unique('s');
    const values = (mesh_cidr: string, space = mesh_space) => ({ mesh_cidr, mesh_space: space });
    await newTenant(db, values(taken));
    const refused = { code: '23P01', constraint: 'tenants_mesh_cidr_excl' };
    expect(await refusal(newTenant(db, values(asked)))).toEqual(refused);
    const id = await newTenant(db, values(asked, unique('s')));
    expect(await refusal(db.updateTable('tenants').set({ mesh_space }).where('id', '=', id).execute())).toEqual(
      refused,
    );
    await newTenant(db, values('10.21.0.0/16'));
  });

  test.each([
    ['region', ['EU', '-eu', 'eu-', '', 'a'.repeat(64), 'eu_1', 'eu\n'], 'tenants_region_check'],
    ['mesh_space', ['Plant', '-a', 'a-', '', 'a'.repeat(64), 'a.b'], 'tenants_mesh_space_check'],
    ['mesh_rest_seconds', [-1, 604_801], 'tenants_mesh_rest_seconds_check'],
  ] as const)('%s has its limits', async (column, values, constraint) => {
    for (const value of values)
      expect(await refusal(newTenant(db, { [column]: value })), String(value)).toEqual(check(constraint));
    for (const value of column === 'mesh_rest_seconds' ? [0, 604_800] : ['a', 'eu-central-1', 'a'.repeat(63)])
      await newTenant(db, { [column]: value });
  });

  test('is not changed by the role of the tenant', async () => {
    const network = await newNetwork(db, '10.20.0.0/16');
    const scope = database.forTenant({ tenant_id: network.tenant_id, project_id: null });
    expect((await refusal(setRange(scope, network, '10.21.0.0/16'))).code).toBe('42501');
  });
});

describe('a range in use', () => {
  const refused = check('tenants_mesh_cidr_in_use_check');

  // proves C23
  test.each([
    ['removed', '10.20.5.1', null],
    ['shrunk past the address', '10.20.5.1', '10.20.0.0/24'],
    ['shrunk to what follows the address', '10.20.5.1', '10.20.6.0/24'],
    ['moved', '10.20.5.1', '10.21.0.0/16'],
    ['of the other family', '10.20.5.1', 'fd00::/64'],
    ['one in which the address would be that of the network', '10.20.5.0', '10.20.5.0/24'],
    ['one in which the address would be that of broadcasts', '10.20.5.255', '10.20.5.0/24'],
  ])('is not %s', async (_, ip, next) => {
    const network = await newNetwork(db, '10.20.0.0/16');
    await newAddress(db, network, ip);
    expect(await refusal(setRange(db, network, next))).toEqual(refused);
    await setRange(db, network, '10.20.4.0/22');
    await setRange(db, network, '10.16.0.0/12');
    expect(await rangeOf(network.tenant_id)).toBe('10.16.0.0/12');
  });

  // proves C23
  test('of IPv6 keeps its all-zero host, and its last address may be used', async () => {
    const [first, last] = [await newNetwork(db, 'fd00::/64'), await newNetwork(db, 'fd00::/64')];
    await newAddress(db, first, 'fd00::5:0');
    await newAddress(db, last, 'fd00::5:ffff');
    for (const next of ['fd00::5:0/112', '10.20.0.0/16', null])
      expect(await refusal(setRange(db, first, next)), String(next)).toEqual(refused);
    await setRange(db, last, 'fd00::5:0/112');
  });

  // proves C23
  test.each([
    ['removed', null],
    ['shrunk past the sub-range', '10.20.0.0/24'],
    ['shrunk into the sub-range', '10.20.4.0/25'],
    ['of the other family', 'fd00::/64'],
  ])('by a sub-range is not %s', async (_, next) => {
    const network = await newNetwork(db, '10.20.0.0/16');
    await insertSubRange(db, network, '10.20.4.0/24');
    expect(await refusal(setRange(db, network, next))).toEqual(refused);
    await setRange(db, network, '10.20.4.0/24');
  });

  test('goes when nothing is in it, whatever other tenants have', async () => {
    const [network, other] = [await newNetwork(db, '10.20.0.0/16'), await newNetwork(db, '10.20.0.0/16')];
    await newAddress(db, other, '10.20.5.1');
    await setRange(db, network, '10.21.0.0/16');
    await setRange(db, network, null);
    expect(await rangeOf(network.tenant_id)).toBeNull();
  });
});
