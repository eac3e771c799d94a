import { expect, test } from 'vitest';
import { newKey } from '../../../../test/support/api-keys.ts';
import { holdAddresses, newNetwork, newSubRange, restAddresses } from '../../../../test/support/network.ts';
import { newProject, tenantIn, testServer } from '../../../../test/support/server.ts';

const server = testServer();
const MANY = Number.MAX_SAFE_INTEGER;

const usageOf = async (tenant_id: string) => (await server.call(`GET /v1/tenants/${tenant_id}/network/usage`)).body;

async function world(cidr: string) {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const [{ id: project }, { id: other }] = [await newProject(server, tenant_id), await newProject(server, tenant_id)];
  await newNetwork(server, tenant_id, cidr, { space: `s-${tenant_id}` });
  return { tenant_id, project, other };
}

// proves C26
test('usage counts the range, what lies outside of all sub-ranges, and each sub-range', async () => {
  const { tenant_id, project, other } = await world('10.0.0.0/24');
  const empty = { capacity: 254, used: 0, free: 254, resting: 0, fragments: 1, largest_prefix: 24 };
  expect(await usageOf(tenant_id)).toEqual({ range: empty, pool: empty, sub_ranges: [] });
  const theirs = await newSubRange(server, other, { cidr: '10.0.0.128/26', strict: false });
  const own = await newSubRange(server, project, { cidr: '10.0.0.64/28' });
  await restAddresses(server, tenant_id, ['10.0.0.7', '10.0.0.130']);
  const ips = ['10.0.0.1', '10.0.0.65', '10.0.0.68'];
  await holdAddresses(server, { tenant_id, project_id: project, ips });
  const pool = { capacity: 174, used: 1, free: 172, resting: 1, fragments: 4, largest_prefix: 26 };
  const parts = [
    { used: 2, free: 12, resting: 0, fragments: 2, capacity: 14, largest_prefix: 30, cidr: own.cidr, strict: true },
    { used: 0, free: 61, resting: 1, fragments: 2, capacity: 62, largest_prefix: 28, cidr: theirs.cidr, strict: false },
  ];
  expect(await usageOf(tenant_id)).toEqual({
    range: { capacity: 250, used: 3, free: 245, resting: 2, fragments: 8, largest_prefix: 26 },
    pool,
    sub_ranges: [
      { project_id: project, ...parts[0] },
      { project_id: other, ...parts[1] },
    ],
  });
});

test('a caller that is bound to a project gets all sums, and its own sub-range alone', async () => {
  const { tenant_id, project, other } = await world('10.0.0.0/24');
  await newSubRange(server, other, { cidr: '10.0.0.128/26' });
  await newSubRange(server, project, { cidr: '10.0.0.64/28' });
  await holdAddresses(server, { tenant_id, project_id: other, ips: ['10.0.0.1', '10.0.0.129'] });
  const { key: token } = await newKey(server, { tenant_id, project_id: project, scopes: ['registry:network:read'] });
  const { body } = await server.call(`GET /v1/tenants/${tenant_id}/network/usage`, { token });
  const whole = await usageOf(tenant_id);
  expect(body).toEqual({ ...whole, sub_ranges: whole.sub_ranges.slice(0, 1) });
  expect(body.sub_ranges).toMatchObject([{ project_id: project }]);
  expect(body.range.used).toBe(2);
});

test('more addresses than a number holds are told as the largest one', async () => {
  const { tenant_id, project } = await world('fd00::/48');
  await newSubRange(server, project, { cidr: 'fd00::/64' });
  await holdAddresses(server, { tenant_id, project_id: project, ips: ['fd00::1', 'fd00:0:0:8000::'] });
  const huge = { capacity: MANY, used: 1, free: MANY, resting: 0 };
  expect(await usageOf(tenant_id)).toMatchObject({
    range: { ...huge, used: 2, fragments: 3, largest_prefix: 50 },
    pool: { ...huge, fragments: 2, largest_prefix: 50 },
    sub_ranges: [{ ...huge, fragments: 1, largest_prefix: 65 }],
  });
  const small = await world('fd00:1::/75');
  expect((await usageOf(small.tenant_id)).pool).toMatchObject({ capacity: 2 ** 53 - 1, fragments: 1 });
  const smaller = await world('fd00:2::/112');
  expect((await usageOf(smaller.tenant_id)).pool).toMatchObject({
    capacity: 65_535,
    free: 65_535,
    largest_prefix: 112,
  });
});

test('the largest prefix is the shortest length that a project gets, and null when it gets none', async () => {
  for (const held of [[1], [8], [7, 8], [16], [1, 5, 9, 13, 17, 21, 25, 29], [4, 12, 20], [3, 9, 24]]) {
    const { tenant_id, project, other } = await world('10.0.0.0/27');
    const ips = held.map((host) => `10.0.0.${host}`);
    await holdAddresses(server, { tenant_id, project_id: other, ips });
    const { largest_prefix } = (await usageOf(tenant_id)).pool;
    const ask = async (prefix_length: number) =>
      (await server.call(`PUT /v1/projects/${project}/sub-range`, { body: { prefix_length } })).status;
    if (largest_prefix === null) expect([held, await ask(30)]).toEqual([held, 409]);
    else expect([held, await ask(largest_prefix - 1), await ask(largest_prefix)]).toEqual([held, 409, 200]);
  }
});

test('a network that is not there has no usage, over tRPC as over REST', async () => {
  const { id } = await tenantIn(server, 'active');
  const { status, body } = await server.call(`GET /v1/tenants/${id}/network/usage`);
  expect([status, body.code]).toEqual([404, 'not_found']);
  await newNetwork(server, id);
  const input = encodeURIComponent(JSON.stringify({ id }));
  const read = await server.call(`GET /trpc/network.usage?input=${input}`);
  expect(read.body.result.data).toEqual(await usageOf(id));
});
