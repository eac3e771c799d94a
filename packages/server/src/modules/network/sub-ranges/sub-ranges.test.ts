import { expect, test } from 'vitest';
import { newKey } from '../../../../test/support/api-keys.ts';
import { eventsAbout } from '../../../../test/support/events.ts';
import { freeRanges, holdAddresses, newNetwork, newSubRange, restAddresses } from '../../../../test/support/network.ts';
import { auditOf, newProject, tenantIn, testServer, UNKNOWN } from '../../../../test/support/server.ts';
import { systemContext } from '../../../kernel/system-context.ts';
import { transact } from '../../../kernel/transact.ts';
import { releaseSubRangesOf } from '../releasing/service.ts';

const server = testServer();

const set = (project: string, body: Record<string, unknown>, headers = {}) =>
  server.call(`PUT /v1/projects/${project}/sub-range`, { body, headers });
const get = (project: string) => server.call(`GET /v1/projects/${project}/sub-range`);
const remove = (project: string) => server.call(`DELETE /v1/projects/${project}/sub-range`);
const actionsOf = async (project: string) =>
  (await auditOf(server, project)).map(({ action }) => action).filter((action) => action.startsWith('network.'));

/** A tenant with a network in a space of its own, and two projects. */
async function world(cidr: string) {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const [{ id: project }, { id: other }] = [await newProject(server, tenant_id), await newProject(server, tenant_id)];
  await newNetwork(server, tenant_id, cidr, { space: `s-${tenant_id}` });
  return { tenant_id, project, other };
}

// proves C23, C26
test('a project gets a sub-range of its own, with its ETag, its audit row and its event', async () => {
  const { tenant_id, project } = await world('10.0.0.0/24');
  expect((await get(project)).body.code).toBe('not_found');
  const made = await set(project, { cidr: '10.0.0.32/27' });
  expect(made.status).toBe(200);
  expect(made.body).toMatchObject({ tenant_id, project_id: project, cidr: '10.0.0.32/27', strict: true });
  const read = await get(project);
  expect([read.body, read.headers.get('etag')]).toEqual([made.body, made.headers.get('etag')]);
  expect((await set(project, { cidr: '10.0.0.32/27', strict: true })).body).toEqual(made.body);
  expect((await set(project, { prefix_length: 27 })).body).toEqual(made.body);
  const [row, ...more] = (await auditOf(server, project)).filter(({ target_type }) => target_type === 'sub_range');
  expect(more).toEqual([]);
  expect(row).toMatchObject({
    action: 'network.sub_range_reserved',
    tenant_id,
    project_id: project,
    target_name: '10.0.0.32/27',
    metadata: made.body,
  });
  const events = (await eventsAbout(server, project)).filter(({ event_type }) => event_type.startsWith('network.'));
  expect(events.map(({ id }) => id)).toEqual([row?.id]);
  expect(await freeRanges(server, tenant_id)).toEqual([
    '10.0.0.1-10.0.0.31',
    '10.0.0.33-10.0.0.62',
    '10.0.0.64-10.0.0.254',
  ]);
});

test('whether a sub-range is strict can change alone: it stays where it is, since when it was', async () => {
  const { project } = await world('10.0.0.0/24');
  const made = await newSubRange(server, project, { prefix_length: 28 });
  const { body } = await set(project, { prefix_length: 28, strict: false });
  expect(body).toEqual({ ...made, strict: false });
  const moved = await newSubRange(server, project, { cidr: '10.0.0.64/28' });
  expect(moved).toMatchObject({ cidr: '10.0.0.64/28', strict: false });
  expect(await actionsOf(project)).toEqual(Array(3).fill('network.sub_range_reserved'));
});

test.each([
  ['/cidr', {}],
  ['/cidr', { cidr: '10.0.0.0/28', prefix_length: 28 }],
  ['/cidr', { cidr: '10.0.0.1/28' }],
  ['/cidr', { cidr: '10.0.0.0/31' }],
  ['/cidr', { cidr: '::ffff:10.0.0.0/126' }],
  ['/prefix_length', { prefix_length: 31 }],
  ['/prefix_length', { prefix_length: 7 }],
  ['/prefix_length', { prefix_length: 127 }],
  ['/prefix_length', { prefix_length: 27.5 }],
  ['/strict', { prefix_length: 28, strict: 'no' }],
])('a wrong %s is named: %j', async (pointer, wrong) => {
  const { project } = await world('10.0.0.0/24');
  const { status, body } = await set(project, wrong);
  expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'invalid_input', pointer]);
  expect(await actionsOf(project)).toEqual([]);
});

test('a network of IPv6 has sub-ranges from /48 to /126, and none of the other family', async () => {
  const { tenant_id, project, other } = await world('fd00:1::/48');
  expect((await set(project, { prefix_length: 30 })).body.errors[0].pointer).toBe('/prefix_length');
  expect((await set(project, { cidr: '10.0.0.0/28' })).body.code).toBe('sub_range_outside_range');
  expect((await set(project, { cidr: 'FD00:1:0::/64' })).body.cidr).toBe('fd00:1::/64');
  expect((await set(project, { cidr: 'fd00:1::/64' })).status).toBe(200);
  expect(await actionsOf(project)).toHaveLength(1);
  expect((await set(other, { prefix_length: 49 })).body.cidr).toBe('fd00:1:0:8000::/49');
  expect((await set(other, { prefix_length: 126 })).body.cidr).toBe('fd00:1:0:1::/126');
  expect(await freeRanges(server, tenant_id)).toEqual([
    'fd00:1::1-fd00:1::ffff:ffff:ffff:ffff',
    'fd00:1:0:1::1-fd00:1:0:1::3',
    'fd00:1:0:1::4-fd00:1:0:ffff:ffff:ffff:ffff:ffff',
  ]);
});

// proves C25
test('sub-ranges lie inside the range, beside each other, and where no other project has an address', async () => {
  const { tenant_id, project, other } = await world('10.0.0.0/24');
  await newSubRange(server, other, { cidr: '10.0.0.64/26' });
  await holdAddresses(server, { tenant_id, project_id: other, ips: ['10.0.0.70', '10.0.0.200'] });
  await holdAddresses(server, { tenant_id, project_id: project, ips: ['10.0.0.20'] });
  const codeOf = async (cidr: string) => (await set(project, { cidr })).body.code;
  expect(await codeOf('10.0.0.64/28')).toBe('sub_range_overlaps');
  expect(await codeOf('10.0.0.0/25')).toBe('sub_range_overlaps');
  expect(await codeOf('10.0.1.0/28')).toBe('sub_range_outside_range');
  expect(await codeOf('10.0.0.0/23')).toBe('sub_range_overlaps');
  expect(await codeOf('10.0.0.192/28')).toBe('sub_range_in_use');
  expect((await get(project)).body.code).toBe('not_found');
  expect((await set(project, { cidr: '10.0.0.16/28' })).status).toBe(200);
  expect(await freeRanges(server, tenant_id)).toContain('10.0.0.17-10.0.0.19');
});

// proves C26
test('by length a project gets the lowest place inside one free range, and else the lowest that nobody uses', async () => {
  const { tenant_id, project, other } = await world('10.0.0.0/26');
  await holdAddresses(server, { tenant_id, project_id: other, ips: ['10.0.0.20'] });
  // The first sixteen hold the address of the network, and the second an address of a node.
  expect((await set(project, { prefix_length: 28 })).body.cidr).toBe('10.0.0.32/28');
  expect((await set(other, { prefix_length: 28 })).body.cidr).toBe('10.0.0.0/28');
  const third = await newProject(server, tenant_id);
  expect((await set(third.id, { prefix_length: 28 })).body.cidr).toBe('10.0.0.48/28');
  const fourth = await newProject(server, tenant_id);
  const { status, body } = await set(fourth.id, { prefix_length: 28 });
  expect([status, body.code, body.errors[0].pointer]).toEqual([409, 'no_sub_range_fits', '/prefix_length']);
  expect((await set(fourth.id, { prefix_length: 8 })).body.code).toBe('no_sub_range_fits');
  expect((await set(fourth.id, { prefix_length: 29 })).body.cidr).toBe('10.0.0.24/29');
});

test('resting addresses are avoided while there is another place', async () => {
  const { tenant_id, project, other } = await world('10.0.0.0/26');
  await restAddresses(server, tenant_id, ['10.0.0.17', '10.0.0.33']);
  expect((await set(project, { prefix_length: 28 })).body.cidr).toBe('10.0.0.0/28');
  expect((await set(other, { prefix_length: 28 })).body.cidr).toBe('10.0.0.16/28');
  expect(await freeRanges(server, tenant_id)).toEqual([
    '10.0.0.1-10.0.0.14',
    '~10.0.0.17-10.0.0.17',
    '10.0.0.18-10.0.0.30',
    '10.0.0.32-10.0.0.32',
    '~10.0.0.33-10.0.0.33',
    '10.0.0.34-10.0.0.62',
  ]);
});

test('a network can be one sub-range, and one of the last addresses that there are', async () => {
  const { project } = await world('10.0.0.0/24');
  expect((await set(project, { prefix_length: 24 })).body.cidr).toBe('10.0.0.0/24');
  const last = await world('255.255.255.224/27');
  expect((await set(last.project, { prefix_length: 28 })).body.cidr).toBe('255.255.255.224/28');
  expect((await set(last.other, { prefix_length: 28 })).body.cidr).toBe('255.255.255.240/28');
});

test('the place of a sub-range is free for the one that replaces it', async () => {
  const { tenant_id, project, other } = await world('10.0.0.0/26');
  await newSubRange(server, other, { cidr: '10.0.0.32/27' });
  await newSubRange(server, project, { cidr: '10.0.0.16/28' });
  await holdAddresses(server, { tenant_id, project_id: project, ips: ['10.0.0.30'] });
  expect((await set(project, { prefix_length: 29 })).body.cidr).toBe('10.0.0.8/29');
  expect((await set(project, { cidr: '10.0.0.0/27' })).body.cidr).toBe('10.0.0.0/27');
  expect((await set(project, { prefix_length: 25 })).body.code).toBe('no_sub_range_fits');
  expect((await get(project)).body.cidr).toBe('10.0.0.0/27');
  expect(await freeRanges(server, tenant_id)).toEqual(['10.0.0.1-10.0.0.29', '10.0.0.33-10.0.0.62']);
});

test('a sub-range that is taken away leaves its addresses, also of an archived project', async () => {
  const { tenant_id, project } = await world('10.0.0.0/26');
  await newSubRange(server, project, { cidr: '10.0.0.16/28' });
  await holdAddresses(server, { tenant_id, project_id: project, ips: ['10.0.0.20'] });
  await server.call(`POST /v1/projects/${project}/archive`);
  expect((await set(project, { prefix_length: 29 })).body.code).toBe('project_archived');
  expect((await get(project)).status).toBe(200);
  expect((await remove(project)).status).toBe(204);
  expect((await remove(project)).body.code).toBe('not_found');
  expect((await get(project)).body.code).toBe('not_found');
  expect(await freeRanges(server, tenant_id)).toEqual(['10.0.0.1-10.0.0.19', '10.0.0.21-10.0.0.62']);
  expect(await actionsOf(project)).toEqual(['network.sub_range_reserved', 'network.sub_range_released']);
});

test('without a network there is no sub-range, and a frozen tenant keeps what it has', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const { id: project } = await newProject(server, tenant_id);
  expect((await set(project, { prefix_length: 28 })).body.code).toBe('network_not_set');
  await newNetwork(server, tenant_id);
  const { cidr } = await newSubRange(server, project);
  for (const [step, status] of [
    ['cancel', 'frozen'],
    ['archive', 'archived'],
  ]) {
    await server.call(`POST /v1/tenants/${tenant_id}/${step}`);
    expect((await set(project, { prefix_length: 29 })).body.code).toBe(`tenant_${status}`);
    expect((await remove(project)).body.code).toBe(`tenant_${status}`);
    const read = await get(project);
    expect(read.body.cidr ?? read.body.code).toBe(status === 'frozen' ? cidr : 'tenant_archived');
  }
});

test('If-Match holds for the sub-range as it was read, and for none while there is none', async () => {
  const { project } = await world('10.0.0.0/24');
  const body = { prefix_length: 28 };
  expect((await set(project, body, { 'if-match': '*' })).body.code).toBe('precondition_failed');
  const tag = (await set(project, body)).headers.get('etag');
  expect((await set(project, { prefix_length: 29 }, { 'if-match': tag })).status).toBe(200);
  expect((await set(project, { prefix_length: 30 }, { 'if-match': tag })).body.code).toBe('precondition_failed');
});

test('a key of a project reads its sub-range alone, and changes none', async () => {
  const { tenant_id, project, other } = await world('10.0.0.0/24');
  for (const each of [project, other]) await newSubRange(server, each);
  const { key: token } = await newKey(server, { tenant_id, project_id: project, scopes: ['registry:network:read'] });
  expect((await server.call(`GET /v1/projects/${project}/sub-range`, { token })).status).toBe(200);
  expect((await server.call(`GET /v1/projects/${other}/sub-range`, { token })).body.code).toBe('not_found');
  const body = { prefix_length: 29 };
  const refused = await server.call(`PUT /v1/projects/${project}/sub-range`, { token, body });
  expect([refused.status, refused.body.permission]).toEqual([403, 'network:write']);
  const foreign = await world('10.0.0.0/24');
  const writer = await newKey(server, { tenant_id, scopes: ['registry:network:write'] });
  const elsewhere = `/v1/projects/${foreign.project}/sub-range`;
  expect((await server.call(`PUT ${elsewhere}`, { token: writer.key, body })).body.code).toBe('not_found');
  expect((await server.call(`DELETE ${elsewhere}`, { token: writer.key })).body.code).toBe('not_found');
  const own = `/v1/projects/${project}/sub-range`;
  expect((await server.call(`PUT ${own}`, { token: writer.key, body })).status).toBe(200);
});

test('an unknown project has no sub-range and gets none, over tRPC as over REST', async () => {
  for (const answer of [await set(UNKNOWN, { prefix_length: 28 }), await get(UNKNOWN), await remove(UNKNOWN)])
    expect(answer.body.code).toBe('not_found');
  const { project: id } = await world('10.0.0.0/24');
  const made = await server.call('POST /trpc/network.setSubRange', { body: { id, prefix_length: 28 } });
  const input = encodeURIComponent(JSON.stringify({ id }));
  const read = await server.call(`GET /trpc/network.getSubRange?input=${input}`);
  expect(read.body.result.data).toEqual(made.body.result.data);
  expect((await server.call('POST /trpc/network.removeSubRange', { body: { id } })).status).toBe(200);
  expect((await get(id)).body.code).toBe('not_found');
});

test('the sub-ranges of projects that end are released in the same transaction, and told of one by one', async () => {
  const { tenant_id, project, other } = await world('10.0.0.0/26');
  const without = await newProject(server, tenant_id);
  for (const id of [project, other]) await newSubRange(server, id);
  const ctx = systemContext(server.app.deps, { name: 'test' });
  await transact(ctx, (tx, record) =>
    releaseSubRangesOf(ctx, { tx, record }, { tenant_id, projects: [other, project, without.id] }),
  );
  expect(await freeRanges(server, tenant_id)).toEqual(['10.0.0.1-10.0.0.62']);
  for (const id of [project, other])
    expect(await actionsOf(id)).toEqual(['network.sub_range_reserved', 'network.sub_range_released']);
  expect(await actionsOf(without.id)).toEqual([]);
});
