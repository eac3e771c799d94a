import { beforeAll, describe, expect, test } from 'vitest';
import { eventsAbout } from '../../../test/support/events.ts';
import { newNode, newResource, takeNode } from '../../../test/support/nodes.ts';
import {
  auditOf,
  madeIn,
  newProject,
  newTenant,
  tenantIn,
  testServer,
  trailOf,
  UNKNOWN,
} from '../../../test/support/server.ts';

const server = testServer({ quotaResources: 3 });

interface Place {
  readonly tenant_id: string;
  readonly project_id: string;
}

const newPlace = async (): Promise<Place> => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  return { tenant_id, project_id: (await newProject(server, tenant_id)).id };
};
const fields = { kind: 'vm', name: 'Edge' };
const create = (place: object, more: object = {}, token?: string) =>
  server.call('POST /v1/resources', { body: { ...fields, ...place, ...more }, ...(token ? { token } : {}) });
const actionsOf = async (id: string) => (await auditOf(server, id)).map(({ action }) => action);

// proves C23, C29
test('a resource is made with its Location, its ETag, its audit row and its event', async () => {
  const place = await newPlace();
  const { status, headers, body } = await create(place, { origin: 'adopted', external_ref: 'i-0abc' });
  expect([status, headers.get('location')]).toEqual([201, `/v1/resources/${body.id}`]);
  expect(body).toMatchObject({ ...place, ...fields, origin: 'adopted', external_ref: 'i-0abc' });
  const read = await server.call(`GET /v1/resources/${body.id}`);
  expect([read.body, read.headers.get('etag')]).toEqual([body, headers.get('etag')]);
  const target = { target_type: 'resource', target_name: 'Edge', ...place };
  expect(await auditOf(server, body.id)).toMatchObject([{ action: 'resource.created', ...target }]);
  expect(await eventsAbout(server, body.id)).toMatchObject([
    { event_type: 'resource.created', aggregate_type: 'resource', ...place, payload: body },
  ]);
  expect((await create(place)).body).toMatchObject({ origin: 'provisioned', external_ref: null });
});

test.each([
  ['/tenant_id', { tenant_id: 'x' }],
  ['/project_id', { project_id: 'x' }],
  ['/kind', { kind: '' }],
  ['/name', { name: 'x'.repeat(201) }],
  ['/origin', { origin: 'found' }],
  ['/external_ref', { external_ref: '' }],
  ['/state', { state: 'new' }],
])('a wrong %s is named, and nothing is written', async (pointer, wrong) => {
  const place = await newPlace();
  const before = await trailOf(server, place.tenant_id);
  const { status, body } = await create(place, wrong);
  expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'invalid_input', pointer]);
  expect(await trailOf(server, place.tenant_id)).toHaveLength(before.length);
});

// proves C29
test('its project is one of the tenant, and not archived', async () => {
  const [mine, theirs] = [await newPlace(), await newPlace()];
  for (const project_id of [theirs.project_id, UNKNOWN]) {
    const { status, body } = await create({ ...mine, project_id });
    expect([status, body.code, body.errors[0].pointer]).toEqual([404, 'project_not_found', '/project_id']);
  }
  const { id } = await newResource(server, { ...mine });
  await server.call(`POST /v1/projects/${mine.project_id}/archive`);
  expect((await create(mine)).body.code).toBe('project_archived');
  expect((await server.call(`PATCH /v1/resources/${id}`, { body: { name: 'x' } })).body.code).toBe('project_archived');
  expect((await server.call(`DELETE /v1/resources/${id}`)).status).toBe(204);
});

test('the list holds one tenant, filters by project and kind, and pages without a gap', async () => {
  const [mine, theirs] = [await newPlace(), await newPlace()];
  const { id: other } = await newProject(server, mine.tenant_id);
  const all = [
    (await newResource(server, { ...mine })).id,
    (await newResource(server, { ...mine, kind: 'site' })).id,
    (await newResource(server, { ...mine, project_id: other })).id,
  ].reverse();
  await newResource(server, { ...theirs });
  const list = async (query: string) =>
    (await server.call(`GET /v1/resources?tenant_id=${mine.tenant_id}${query}`)).body;
  const idsIn = ({ items }: { items: { id: string }[] }) => items.map(({ id }) => id);
  expect(idsIn(await list(''))).toEqual(all);
  expect(idsIn(await list(`&project_id=${other}`))).toEqual([all[0]]);
  expect(idsIn(await list('&kind=site'))).toEqual([all[1]]);
  const first = await list('&limit=2');
  expect([...idsIn(first), ...idsIn(await list(`&limit=2&cursor=${first.next_cursor}`))]).toEqual(all);
  const refused = await list(`&kind=vm&cursor=${first.next_cursor}`);
  expect(refused.code).toBe('invalid_cursor');
});

test('a change keeps what it does not name, is held against If-Match, and is told once', async () => {
  const { id } = await newResource(server, { ...(await newPlace()), external_ref: 'i-0abc' });
  const change = (body: object, headers = {}) => server.call(`PATCH /v1/resources/${id}`, { body, headers });
  const renamed = await change({ name: 'Other' });
  expect(renamed.body).toMatchObject({ name: 'Other', kind: 'vm', external_ref: 'i-0abc' });
  const cleared = await change({ external_ref: null, kind: 'site' });
  expect(cleared.body).toMatchObject({ name: 'Other', kind: 'site', external_ref: null });
  const stale = await change({ name: 'Late' }, { 'if-match': renamed.headers.get('etag') ?? '' });
  expect([stale.status, stale.body.code]).toEqual([412, 'precondition_failed']);
  const unchanged = await change({ name: 'Other' }, { 'if-match': cleared.headers.get('etag') ?? '' });
  expect([unchanged.status, unchanged.body]).toEqual([200, cleared.body]);
  expect(await actionsOf(id)).toEqual(['resource.created', 'resource.updated', 'resource.updated']);
});

test.each(['tenant_id', 'project_id', 'origin'])('%s of a resource never changes', async (field) => {
  const { id, ...row } = await newResource(server, { ...(await newPlace()) });
  const { status, body } = await server.call(`PATCH /v1/resources/${id}`, { body: { [field]: row[field] } });
  expect([status, body.errors[0].pointer]).toEqual([400, `/${field}`]);
});

// proves C29
test('one with nodes is not deleted until they are, the deregistered ones too', async () => {
  const place = await newPlace();
  const { id } = await newResource(server, { ...place });
  const node = await newNode(server, { ...place, resource_id: id });
  const remove = () => server.call(`DELETE /v1/resources/${id}`);
  expect([(await remove()).body.code, (await remove()).status]).toEqual(['resource_in_use', 409]);
  await takeNode(server, node.id, 'deregister');
  expect((await remove()).body.code).toBe('resource_in_use');
  await server.call(`DELETE /v1/nodes/${node.id}`);
  expect((await remove()).status).toBe(204);
  expect((await remove()).status).toBe(404);
  expect(await actionsOf(id)).toEqual(['resource.created', 'resource.deleted']);
});

test('a tenant has as many as its quota says, also when six are asked for at once', async () => {
  const place = await newPlace();
  const answers = await Promise.all([1, 2, 3, 4, 5, 6].map(() => create(place)));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 201, 409, 409, 409]);
  expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({
    code: 'quota_exceeded',
    quota: 'resources',
    limit: 3,
    used: 3,
  });
});

test('a frozen tenant shows its resources and keeps them as they are; an archived one shows none', async () => {
  const place = await newPlace();
  const { id } = await newResource(server, { ...place });
  await server.call(`POST /v1/tenants/${place.tenant_id}/cancel`);
  expect((await server.call(`GET /v1/resources/${id}`)).status).toBe(200);
  for (const answer of [
    await create(place),
    await server.call(`PATCH /v1/resources/${id}`, { body: { name: 'x' } }),
    await server.call(`DELETE /v1/resources/${id}`),
  ])
    expect([answer.status, answer.body.code]).toEqual([409, 'tenant_frozen']);
  await server.call(`POST /v1/tenants/${place.tenant_id}/archive`);
  for (const path of [`/${id}`, `?tenant_id=${place.tenant_id}`])
    expect((await server.call(`GET /v1/resources${path}`)).body.code).toBe('tenant_archived');
});

test.each(['GET', 'PATCH', 'DELETE'])('an unknown id is not found: %s', async (method) => {
  const options = method === 'PATCH' ? { body: { name: 'x' } } : {};
  const { status, body } = await server.call(`${method} /v1/resources/${UNKNOWN}`, options);
  expect([status, body.code]).toEqual([404, 'not_found']);
});

describe('a key that is bound to a project', () => {
  let place: Place;
  let token: string;
  let own: { id: string };
  let sibling: { id: string; project_id: string };
  beforeAll(async () => {
    place = await newPlace();
    const scopes = ['registry:nodes:read', 'registry:nodes:write'];
    token = (await madeIn(server, place.tenant_id, 'api-keys', { name: 'x', project_id: place.project_id, scopes }))
      .key;
    own = await newResource(server, { ...place });
    const { id: project_id } = await newProject(server, place.tenant_id);
    sibling = await newResource(server, { ...place, project_id });
  });

  test('reaches those of its project alone', async () => {
    const call = (operation: string, body?: object) => server.call(operation, { token, ...(body ? { body } : {}) });
    for (const [id, status] of [
      [own.id, 200],
      [sibling.id, 404],
    ] as const) {
      expect((await call(`GET /v1/resources/${id}`)).status).toBe(status);
      expect((await call(`PATCH /v1/resources/${id}`, { name: 'Mine' })).status).toBe(status);
    }
    expect((await call(`DELETE /v1/resources/${sibling.id}`)).status).toBe(404);
    const { body } = await call(`GET /v1/resources?tenant_id=${place.tenant_id}`);
    expect(body.items.map(({ id }: { id: string }) => id)).toEqual([own.id]);
    const elsewhere = `GET /v1/resources?tenant_id=${place.tenant_id}&project_id=${sibling.project_id}`;
    expect((await call(elsewhere)).status).toBe(404);
  });

  test('makes them in its project alone, and is counted with all of the tenant', async () => {
    const beyond = await create({ ...place, project_id: sibling.project_id }, {}, token);
    expect([beyond.status, beyond.body.code]).toEqual([403, 'bound_to_project']);
    const made = await create(place, {}, token);
    expect(made.status).toBe(201);
    expect((await create(place, {}, token)).body).toMatchObject({ code: 'quota_exceeded', used: 3 });
    expect((await server.call(`DELETE /v1/resources/${made.body.id}`, { token })).status).toBe(204);
  });

  test('needs the scope', async () => {
    const scopes = ['registry:nodes:read'];
    const { key } = await madeIn(server, place.tenant_id, 'api-keys', { name: 'x', ...place, scopes });
    expect((await server.call(`GET /v1/resources/${own.id}`, { token: key })).status).toBe(200);
    const { status, body } = await server.call(`DELETE /v1/resources/${own.id}`, { token: key });
    expect([status, body.permission]).toEqual([403, 'nodes:write']);
  });
});

test('another tenant is told of nothing', async () => {
  const [mine, theirs] = [await newPlace(), await newTenant(server)];
  const { id } = await newResource(server, { ...mine });
  const scopes = ['registry:nodes:read', 'registry:nodes:write'];
  const { key: token } = await madeIn(server, theirs.id, 'api-keys', { name: 'x', scopes });
  for (const answer of [
    await server.call(`GET /v1/resources/${id}`, { token }),
    await server.call(`GET /v1/resources?tenant_id=${mine.tenant_id}`, { token }),
    await server.call(`PATCH /v1/resources/${id}`, { token, body: { name: 'x' } }),
    await server.call(`DELETE /v1/resources/${id}`, { token }),
    await create(mine, {}, token),
  ])
    expect([answer.status, answer.body.code]).toEqual([404, 'not_found']);
});
