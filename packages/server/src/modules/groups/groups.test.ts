import { expect, test } from 'vitest';
import { eventsAbout } from '../../../test/support/events.ts';
import { createGroup, groupsKey } from '../../../test/support/groups.ts';
import { auditOf, newTenant, testServer, UNKNOWN, uniqueSlug } from '../../../test/support/server.ts';
import { grants } from '../../modules.ts';

const server = testServer();

const create = (tenant_id: string, fields: Record<string, unknown> = {}, token = server.operatorToken) =>
  server.call('POST /v1/groups', {
    body: { tenant_id, slug: uniqueSlug(), display_name: 'Operators', ...fields },
    token,
  });

const idsIn = async (query: string) => {
  const { status, body } = await server.call(`GET /v1/groups?${query}`);
  expect(status).toBe(200);
  return body.items.map(({ id }: { id: string }) => id);
};

// proves C44, C57, C58
test('a new group is kept by hand, with its Location, its ETag, its audit row and its event', async () => {
  const { id: tenant_id } = await newTenant(server);
  const { status, headers, body } = await create(tenant_id, { slug: 'plant-operators', tenant_role: 'member' });
  expect(status).toBe(201);
  expect(body).toMatchObject({
    tenant_id,
    slug: 'plant-operators',
    display_name: 'Operators',
    source: 'manual',
    idp_config_id: null,
    idp_claim_value: null,
    tenant_role: 'member',
    provisioned_by: 'api',
  });
  expect(headers.get('location')).toBe(`/v1/groups/${body.id}`);
  const read = await server.call(`GET /v1/groups/${body.id}`);
  expect([read.status, read.body]).toEqual([200, body]);
  expect(read.headers.get('etag')).toBe(headers.get('etag'));
  const [row, ...more] = await auditOf(server, body.id);
  expect(more).toEqual([]);
  expect(row).toMatchObject({ action: 'group.created', target_type: 'group', target_name: 'Operators', tenant_id });
  const events = await eventsAbout(server, body.id);
  expect(events).toMatchObject([{ event_type: 'group.created', aggregate_type: 'group', payload: body }]);
});

test.each([
  ['/slug', { slug: 'Operators' }],
  ['/slug', { slug: 'a--b' }],
  ['/slug', { slug: '' }],
  ['/slug', { slug: 'a'.repeat(65) }],
  ['/display_name', { display_name: '' }],
  ['/display_name', { display_name: 'x'.repeat(201) }],
  ['/tenant_id', { tenant_id: 'acme' }],
  ['/source', { source: 'ldap' }],
  ['/idp_config_id', { source: 'idp', idp_config_id: 'main' }],
  ['/idp_claim_value', { source: 'idp', idp_config_id: UNKNOWN, idp_claim_value: '' }],
  ['/tenant_role', { tenant_role: 'operator' }],
  ['/color', { color: 'red' }],
])('a wrong %s is refused by name, and nothing is created', async (pointer, fields) => {
  const { id } = await newTenant(server);
  const { status, body } = await create(id, fields);
  expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'invalid_input', pointer]);
  expect(await idsIn(`tenant_id=${id}`)).toEqual([]);
});

// proves C48
test('a slug belongs to one group of a tenant, also when four ask at once, and other tenants may have it too', async () => {
  const [mine, theirs] = [await newTenant(server), await newTenant(server)];
  const answers = await Promise.all([1, 2, 3, 4].map(() => create(mine.id, { slug: 'night-shift' })));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
  expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({
    code: 'group_slug_taken',
    errors: [{ pointer: '/slug', in: 'body' }],
  });
  expect((await create(theirs.id, { slug: 'night-shift' })).status).toBe(201);
  const other = await createGroup(server, mine.id);
  const moved = await server.call(`PATCH /v1/groups/${other.id}`, { body: { slug: 'night-shift' } });
  expect([moved.status, moved.body.code]).toEqual([409, 'group_slug_taken']);
});

test('a change keeps what it does not name, clears the role with null, and is in the audit log', async () => {
  const { id } = await newTenant(server);
  const group = await createGroup(server, id, { tenant_role: 'billing' });
  const renamed = await server.call(`PATCH /v1/groups/${group.id}`, { body: { slug: 'new', display_name: 'New' } });
  expect(renamed.body).toMatchObject({ slug: 'new', display_name: 'New', tenant_role: 'billing' });
  const cleared = await server.call(`PATCH /v1/groups/${group.id}`, { body: { tenant_role: null } });
  expect(cleared.body).toMatchObject({ slug: 'new', tenant_role: null });
  expect((await server.call(`PATCH /v1/groups/${group.id}`, { body: {} })).body).toEqual(cleared.body);
  expect((await auditOf(server, group.id)).map(({ action, target_name }) => [action, target_name])).toEqual([
    ['group.created', 'Operators'],
    ['group.updated', 'New'],
    ['group.updated', 'New'],
  ]);
});

test('of changes made at once for one version, exactly one goes through', async () => {
  const group = await createGroup(server, (await newTenant(server)).id);
  const { headers } = await server.call(`GET /v1/groups/${group.id}`);
  const change = (display_name: string) =>
    server.call(`PATCH /v1/groups/${group.id}`, {
      body: { display_name },
      headers: { 'if-match': headers.get('etag') ?? '' },
    });
  const answers = await Promise.all(['a', 'b', 'c'].map(change));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
});

test('nobody gives a group a role that may do what they may not', async () => {
  const { id } = await newTenant(server);
  const weak = await groupsKey(server, id);
  const refused = await create(id, { tenant_role: 'admin' }, weak);
  expect([refused.status, refused.body.code]).toEqual([403, 'forbidden']);
  expect(grants.byRole.admin).toContain(refused.body.permission);
  const group = await create(id, {}, weak);
  expect(group.status).toBe(201);
  const raise = (token: string, tenant_role: string | null) =>
    server.call(`PATCH /v1/groups/${group.body.id}`, { body: { tenant_role }, token });
  expect((await raise(weak, 'member')).status).toBe(403);
  expect((await raise(server.operatorToken, 'admin')).status).toBe(200);
  // The role that it has already is given by nobody, and taking it away needs nothing more.
  expect((await raise(weak, 'admin')).status).toBe(200);
  expect((await raise(weak, null)).status).toBe(200);
  expect((await raise(weak, 'admin')).status).toBe(403);
});

test('the list holds one tenant and pages without a gap', async () => {
  const [mine, theirs] = [await newTenant(server), await newTenant(server)];
  const all: string[] = [];
  for (let index = 0; index < 3; index += 1) all.unshift((await createGroup(server, mine.id)).id);
  await createGroup(server, theirs.id);
  expect(await idsIn(`tenant_id=${mine.id}`)).toEqual(all);
  const first = await server.call(`GET /v1/groups?tenant_id=${mine.id}&limit=2`);
  expect(first.body.items.map(({ id }: { id: string }) => id)).toEqual(all.slice(0, 2));
  expect(await idsIn(`tenant_id=${mine.id}&limit=2&cursor=${first.body.next_cursor}`)).toEqual(all.slice(2));
  const moved = await server.call(`GET /v1/groups?tenant_id=${theirs.id}&cursor=${first.body.next_cursor}`);
  expect([moved.status, moved.body.code]).toEqual([400, 'invalid_cursor']);
});

test.each([
  ['/tenant_id', ''],
  ['/source', `tenant_id=${UNKNOWN}&source=ldap`],
  ['/limit', `tenant_id=${UNKNOWN}&limit=201`],
])('the list refuses a wrong %s by name', async (pointer, query) => {
  const { status, body } = await server.call(`GET /v1/groups?${query}`);
  expect([status, body.errors[0].pointer]).toEqual([400, pointer]);
});

test.each([
  ['GET', ''],
  ['PATCH', ''],
  ['DELETE', ''],
  ['GET', '/members'],
  ['GET', '/children'],
])('an unknown id is not found: %s /v1/groups/{id}%s', async (method, path) => {
  const options = method === 'PATCH' ? { body: { display_name: 'x' } } : {};
  const { status, body } = await server.call(`${method} /v1/groups/${UNKNOWN}${path}`, options);
  expect([status, body.code]).toEqual([404, 'not_found']);
});

test('groups of a frozen tenant are read, those of an archived one are not', async () => {
  const { id } = await newTenant(server);
  const group = await createGroup(server, id);
  await server.call(`POST /v1/tenants/${id}/cancel`);
  for (const path of [`/${group.id}`, `?tenant_id=${id}`, `/${group.id}/members`, `/${group.id}/children`])
    expect((await server.call(`GET /v1/groups${path}`)).status, path).toBe(200);
  await server.call(`POST /v1/tenants/${id}/archive`);
  for (const path of [`/${group.id}`, `?tenant_id=${id}`, `/${group.id}/members`, `/${group.id}/children`]) {
    const { status, body } = await server.call(`GET /v1/groups${path}`);
    expect([status, body.code], path).toEqual([409, 'tenant_archived']);
  }
});
