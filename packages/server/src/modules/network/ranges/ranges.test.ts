import { expect, test } from 'vitest';
import { newKey } from '../../../../test/support/api-keys.ts';
import { eventsAbout } from '../../../../test/support/events.ts';
import { freeRanges, holdAddresses, newNetwork, newSubRange, nextRange } from '../../../../test/support/network.ts';
import { auditOf, newProject, tenantIn, testServer, UNKNOWN } from '../../../../test/support/server.ts';

const server = testServer();

const set = (id: string, body: Record<string, unknown>, headers = {}) =>
  server.call(`PUT /v1/tenants/${id}/network`, { body, headers });

const setEvents = async (id: string) =>
  (await auditOf(server, id)).filter(({ action }) => action.startsWith('network.')).map(({ action }) => action);

/** A tenant with a network in a space of its own, and a project. */
async function world(cidr: string) {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const { id: project_id } = await newProject(server, tenant_id);
  await newNetwork(server, tenant_id, cidr, { space: `s-${tenant_id}` });
  return { tenant_id, project_id };
}

// proves C23
test('a network is set once, read with its ETag, and told of by an audit row and an event', async () => {
  const { id } = await tenantIn(server, 'active');
  const missing = await server.call(`GET /v1/tenants/${id}/network`);
  expect([missing.status, missing.body.code]).toEqual([404, 'not_found']);
  const cidr = nextRange();
  const made = await set(id, { cidr });
  expect([made.status, made.body]).toEqual([200, { tenant_id: id, cidr, space: 'shared', rest_seconds: 0 }]);
  const read = await server.call(`GET /v1/tenants/${id}/network`);
  expect([read.body, read.headers.get('etag')]).toEqual([made.body, made.headers.get('etag')]);
  const again = await set(id, { cidr, rest_seconds: 0 });
  expect([again.status, again.body]).toEqual([200, made.body]);
  const [row, ...more] = (await auditOf(server, id)).filter(({ action }) => action === 'network.range_set');
  expect(more).toEqual([]);
  expect(row).toMatchObject({ tenant_id: id, target_type: 'network', target_name: cidr, metadata: made.body });
  const events = (await eventsAbout(server, id)).filter(({ event_type }) => event_type === 'network.range_set');
  expect(events.map((event) => event.id)).toEqual([row?.id]);
});

test('absent fields stay as they are, and a change of them alone leaves what is free', async () => {
  const { tenant_id } = await world('10.1.0.0/24');
  const { body: before } = await set(tenant_id, { cidr: '10.1.0.0/24', rest_seconds: 60 });
  expect(before).toMatchObject({ space: `s-${tenant_id}`, rest_seconds: 60 });
  const { body: after } = await set(tenant_id, { cidr: '10.1.0.0/24', space: `t-${tenant_id}` });
  expect(after).toMatchObject({ space: `t-${tenant_id}`, rest_seconds: 60 });
  expect(await freeRanges(server, tenant_id)).toEqual(['10.1.0.1-10.1.0.254']);
  expect(await setEvents(tenant_id)).toEqual(Array(3).fill('network.range_set'));
});

test.each([
  ['10.0.0.1/24', 'bits set after its prefix'],
  ['10.0.0.0/31', 'a prefix from /8 to /30'],
  ['10.0.0.0/7', 'a prefix from /8 to /30'],
  ['::ffff:10.0.0.0/120', 'must not be IPv4 written as IPv6'],
  ['fd00::/121', 'a prefix from /48 to /120'],
  ['127.0.0.0/24', 'loopback'],
  ['fe80::/64', 'link-local'],
  ['224.0.0.0/24', 'multicast'],
  ['10.0.0.0', 'must be a range'],
  [7, ''],
])('the range %s is refused: %s', async (cidr, reason) => {
  const { id } = await tenantIn(server, 'active');
  const { status, body } = await set(id, { cidr });
  expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'invalid_input', '/cidr']);
  expect(body.errors[0].message).toContain(reason);
  expect(await setEvents(id)).toEqual([]);
});

test.each([
  ['/space', { space: 'My Space' }],
  ['/space', { space: '' }],
  ['/rest_seconds', { rest_seconds: -1 }],
  ['/rest_seconds', { rest_seconds: 604_801 }],
  ['/cidr', { cidr: undefined }],
])('a wrong %s is named: %j', async (pointer, wrong) => {
  const { id } = await tenantIn(server, 'active');
  const { status, body } = await set(id, { cidr: '10.0.0.0/24', ...wrong });
  expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'invalid_input', pointer]);
});

// proves C25
test('ranges of two tenants overlap only in different spaces', async () => {
  const [mine, theirs] = [await tenantIn(server, 'active'), await tenantIn(server, 'active')];
  await newNetwork(server, mine.id, '10.2.0.0/24', { space: 'overlaps' });
  const refused = await set(theirs.id, { cidr: '10.2.0.128/25', space: 'overlaps' });
  expect([refused.status, refused.body.code]).toEqual([409, 'range_overlaps']);
  expect(refused.body.errors).toMatchObject([{ pointer: '/cidr' }]);
  expect((await set(theirs.id, { cidr: '10.2.0.128/25', space: 'elsewhere' })).status).toBe(200);
  expect((await set(theirs.id, { cidr: '10.2.0.128/25', space: 'overlaps' })).body.code).toBe('range_overlaps');
  expect((await server.call(`GET /v1/tenants/${theirs.id}/network`)).body.space).toBe('elsewhere');
});

// proves C26
test('a range that grows keeps every address and every sub-range', async () => {
  const { tenant_id, project_id } = await world('10.3.1.0/28');
  await newSubRange(server, project_id, { cidr: '10.3.1.8/29' });
  const { id: other } = await newProject(server, tenant_id);
  await holdAddresses(server, { tenant_id, project_id: other, ips: ['10.3.1.1', '10.3.1.3'] });
  expect((await set(tenant_id, { cidr: '10.3.0.0/16' })).status).toBe(200);
  expect(await freeRanges(server, tenant_id)).toEqual([
    '10.3.0.1-10.3.1.0',
    '10.3.1.2-10.3.1.2',
    '10.3.1.4-10.3.1.7',
    '10.3.1.9-10.3.1.14',
    '10.3.1.16-10.3.255.254',
  ]);
});

test('a range that would leave addresses or sub-ranges outside is refused with them', async () => {
  const { tenant_id, project_id } = await world('10.4.0.0/24');
  await newSubRange(server, project_id, { cidr: '10.4.0.128/28' });
  const { id: other } = await newProject(server, tenant_id);
  await holdAddresses(server, { tenant_id, project_id: other, ips: ['10.4.0.1', '10.4.0.63', '10.4.0.200'] });
  const { status, body } = await set(tenant_id, { cidr: '10.4.0.0/26' });
  expect([status, body.code, body.outside]).toEqual([
    409,
    'range_in_use',
    ['10.4.0.63', '10.4.0.128/28', '10.4.0.200'],
  ]);
  const foreign = await set(tenant_id, { cidr: 'fd00:4::/64' });
  expect(foreign.body.outside).toEqual(['10.4.0.1', '10.4.0.63', '10.4.0.128/28', '10.4.0.200']);
  expect((await server.call(`GET /v1/tenants/${tenant_id}/network`)).body.cidr).toBe('10.4.0.0/24');
});

test('of what would lie outside the first hundred are named, and a range that holds all of it can shrink', async () => {
  const { tenant_id, project_id } = await world('10.5.0.0/22');
  const ips = Array.from({ length: 101 }, (_, index) => `10.5.1.${index + 1}`);
  await holdAddresses(server, { tenant_id, project_id, ips });
  const { body } = await set(tenant_id, { cidr: '10.5.0.0/24' });
  expect(body.outside).toEqual(ips.slice(0, 100));
  expect((await set(tenant_id, { cidr: '10.5.1.0/25' })).status).toBe(200);
  expect(await freeRanges(server, tenant_id)).toEqual(['10.5.1.102-10.5.1.126']);
});

test('a network without addresses and sub-ranges is removed, and begins anew', async () => {
  const { tenant_id, project_id } = await world('10.6.0.0/24');
  await set(tenant_id, { cidr: '10.6.0.0/24', rest_seconds: 9 });
  await newSubRange(server, project_id, { cidr: '10.6.0.0/28' });
  const refused = await server.call(`DELETE /v1/tenants/${tenant_id}/network`);
  expect([refused.status, refused.body.code, refused.body.outside]).toEqual([409, 'range_in_use', ['10.6.0.0/28']]);
  expect(refused.body.errors, 'no field of the request is at fault').toBeUndefined();
  await server.call(`DELETE /v1/projects/${project_id}/sub-range`);
  expect((await server.call(`DELETE /v1/tenants/${tenant_id}/network`)).status).toBe(204);
  expect((await server.call(`DELETE /v1/tenants/${tenant_id}/network`)).body.code).toBe('not_found');
  expect((await server.call(`GET /v1/tenants/${tenant_id}/network`)).body.code).toBe('not_found');
  expect(await freeRanges(server, tenant_id)).toEqual([]);
  expect((await setEvents(tenant_id)).at(-1)).toBe('network.range_removed');
  expect(await newNetwork(server, tenant_id)).toMatchObject({ space: 'shared', rest_seconds: 0 });
});

test('If-Match holds for the network as it was read, and for none while there is none', async () => {
  const { id } = await tenantIn(server, 'active');
  const cidr = nextRange();
  expect((await set(id, { cidr }, { 'if-match': '*' })).body.code).toBe('precondition_failed');
  const tag = (await set(id, { cidr })).headers.get('etag');
  expect((await set(id, { cidr, rest_seconds: 5 }, { 'if-match': tag })).status).toBe(200);
  expect((await set(id, { cidr, rest_seconds: 6 }, { 'if-match': tag })).body.code).toBe('precondition_failed');
});

test.each(['frozen', 'archived'] as const)('a tenant that is %s gets no network', async (status) => {
  const { id } = await tenantIn(server, status);
  const { status: http, body } = await set(id, { cidr: nextRange() });
  expect([http, body.code]).toEqual([409, `tenant_${status}`]);
  expect((await server.call(`DELETE /v1/tenants/${id}/network`)).body.code).toBe(`tenant_${status}`);
});

test('programs of a tenant read its network, set none, and see that of no other tenant', async () => {
  const { tenant_id, project_id } = await world('10.7.0.0/24');
  const scopes = ['registry:network:read', 'registry:network:write'];
  const { key: token } = await newKey(server, { tenant_id, scopes });
  const { key: bound } = await newKey(server, { tenant_id, project_id, scopes: scopes.slice(0, 1) });
  const { tenant_id: foreign } = await world('10.7.0.0/24');
  for (const each of [token, bound]) {
    expect((await server.call(`GET /v1/tenants/${tenant_id}/network`, { token: each })).body.cidr).toBe('10.7.0.0/24');
    for (const operation of [`GET /v1/tenants/${foreign}/network`, `GET /v1/tenants/${foreign}/network/usage`])
      expect((await server.call(operation, { token: each })).body.code).toBe('not_found');
  }
  const body = { cidr: '10.7.0.0/16' };
  const refused = await server.call(`PUT /v1/tenants/${tenant_id}/network`, { token, body });
  expect([refused.status, refused.body.permission]).toEqual([403, 'network:assign']);
});

test('an unknown tenant has no network and gets none, over tRPC as over REST', async () => {
  expect((await set(UNKNOWN, { cidr: nextRange() })).body.code).toBe('not_found');
  expect((await server.call(`DELETE /v1/tenants/${UNKNOWN}/network`)).body.code).toBe('not_found');
  const { id } = await tenantIn(server, 'active');
  const body = { id, cidr: 'FD00:8::/64', space: 'trpc' };
  const made = await server.call('POST /trpc/network.set', { body });
  expect(made.body.result.data).toMatchObject({ cidr: 'fd00:8::/64', space: 'trpc' });
  const input = encodeURIComponent(JSON.stringify({ id }));
  expect((await server.call(`GET /trpc/network.get?input=${input}`)).body.result.data).toEqual(made.body.result.data);
  await server.call('POST /trpc/network.set', { body });
  expect(await setEvents(id)).toEqual(['network.range_set']);
  expect((await server.call('POST /trpc/network.remove', { body: { id } })).status).toBe(200);
});
