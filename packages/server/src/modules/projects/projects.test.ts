import { expect, test } from 'vitest';
import { eventsAbout } from '../../../test/support/events.ts';
import {
  auditOf,
  DAY_MS,
  entitle,
  newProject,
  newTenant,
  tenantIn,
  testServer,
  trailOf,
  UNKNOWN,
  uniqueSlug,
} from '../../../test/support/server.ts';

const server = testServer();

const create = (tenant_id: string, fields: Record<string, unknown> = {}) =>
  server.call('POST /v1/projects', { body: { tenant_id, slug: uniqueSlug(), name: 'Web', ...fields } });

const idsIn = async (query: string) => {
  const { status, body } = await server.call(`GET /v1/projects?${query}`);
  expect(status).toBe(200);
  return body.items.map(({ id }: { id: string }) => id);
};

// proves A26
test('a project is created exactly while the tenant is entitled to a product that supports projects', async () => {
  const { id } = await tenantIn(server, 'active');
  const refused = await create(id);
  expect([refused.status, refused.body.code]).toEqual([403, 'projects_not_enabled']);
  await entitle(server, id, { product: 'compliance' });
  expect((await create(id)).body.code).toBe('projects_not_enabled');

  const ends_at = new Date(server.clock.now().getTime() + DAY_MS).toISOString();
  await entitle(server, id, { source: 'trial', ends_at });
  expect((await create(id)).status).toBe(201);
  server.clock.advance(DAY_MS);
  expect((await create(id)).body.code).toBe('projects_not_enabled');

  await entitle(server, id);
  expect((await create(id)).status).toBe(201);
  await server.call(`DELETE /v1/entitlements?tenant_id=${id}&product=certifai`);
  expect((await create(id)).body.code).toBe('projects_not_enabled');
  const created = (await trailOf(server, id)).filter(({ action }) => action === 'project.created');
  expect(created).toHaveLength(2);
});

// proves A69
test('a new project is active, with its Location, its ETag, its audit row and its event', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  await entitle(server, tenant_id);
  const { status, headers, body } = await create(tenant_id, { slug: 'web-shop', description: 'The shop.' });
  expect(status).toBe(201);
  expect(body).toMatchObject({ tenant_id, slug: 'web-shop', name: 'Web', description: 'The shop.', status: 'active' });
  expect(headers.get('location')).toBe(`/v1/projects/${body.id}`);
  const read = await server.call(`GET /v1/projects/${body.id}`);
  expect([read.status, read.body]).toEqual([200, body]);
  expect(read.headers.get('etag')).toBe(headers.get('etag'));
  const [row, ...more] = await auditOf(server, body.id);
  expect(more).toEqual([]);
  expect(row).toMatchObject({
    action: 'project.created',
    tenant_id,
    project_id: body.id,
    target_type: 'project',
    target_name: 'Web',
    actor_type: 'operator',
    metadata: { id: body.id, slug: 'web-shop', description: 'The shop.' },
  });
  const events = await eventsAbout(server, body.id);
  expect(events.map(({ id, event_type }) => [id, event_type])).toEqual([[row?.id, 'project.created']]);
});

test.each([
  ['/tenant_id', { tenant_id: 'x' }],
  ['/tenant_id', { tenant_id: undefined }],
  ['/slug', { slug: 'Web' }],
  ['/slug', { slug: 'ab' }],
  ['/slug', { slug: undefined }],
  ['/name', { name: '' }],
  ['/name', { name: 'x'.repeat(201) }],
  ['/name', { name: undefined }],
  ['/description', { description: '' }],
  ['/description', { description: 'x'.repeat(2001) }],
  ['/status', { status: 'archived' }],
])('a wrong %s is named: %j', async (pointer, wrong) => {
  const { id } = await tenantIn(server, 'active');
  await entitle(server, id);
  const { status, body } = await create(id, wrong);
  expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'invalid_input', pointer]);
  expect(await idsIn(`tenant_id=${id}`)).toEqual([]);
});

test('a slug belongs to one project of a tenant, also when four ask at once, and other tenants may have it too', async () => {
  const [mine, theirs] = [await tenantIn(server, 'active'), await tenantIn(server, 'active')];
  for (const { id } of [mine, theirs]) await entitle(server, id);
  const answers = await Promise.all([1, 2, 3, 4].map(() => create(mine.id, { slug: 'web' })));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
  expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({
    code: 'project_slug_taken',
    errors: [{ pointer: '/slug' }],
  });
  expect((await create(theirs.id, { slug: 'web' })).status).toBe(201);
  const created = (await trailOf(server, mine.id)).filter(({ action }) => action === 'project.created');
  expect(created).toHaveLength(1);
});

test('the slug of an archived project stays taken', async () => {
  const { id } = await tenantIn(server, 'active');
  const project = await newProject(server, id, { slug: 'web' });
  await server.call(`POST /v1/projects/${project.id}/archive`);
  expect((await create(id, { slug: 'web' })).body.code).toBe('project_slug_taken');
});

test.each([
  ['GET', ''],
  ['PATCH', ''],
  ['POST', '/archive'],
])('an unknown id is not found: %s /v1/projects/{id}%s', async (method, path) => {
  const options = method === 'PATCH' ? { body: { name: 'x' } } : {};
  const { status, body } = await server.call(`${method} /v1/projects/${UNKNOWN}${path}`, options);
  expect([status, body.code]).toEqual([404, 'not_found']);
});

test('a tenant that does not exist has no projects and gets none', async () => {
  expect((await create(UNKNOWN)).body.code).toBe('not_found');
  const { status, body } = await server.call(`GET /v1/projects?tenant_id=${UNKNOWN}`);
  expect([status, body.code]).toEqual([404, 'not_found']);
});

test('the list holds one tenant, filters by status and pages without a gap', async () => {
  const [mine, theirs] = [await tenantIn(server, 'active'), await tenantIn(server, 'active')];
  const all: string[] = [];
  for (let index = 0; index < 3; index++) all.unshift((await newProject(server, mine.id)).id);
  await newProject(server, theirs.id);
  const [, archived] = all;
  await server.call(`POST /v1/projects/${archived}/archive`);
  expect(await idsIn(`tenant_id=${mine.id}`)).toEqual(all);
  expect(await idsIn(`tenant_id=${mine.id}&status=archived`)).toEqual([archived]);
  expect(await idsIn(`tenant_id=${mine.id}&status=active`)).toEqual(all.filter((id) => id !== archived));
  const first = await server.call(`GET /v1/projects?tenant_id=${mine.id}&limit=2`);
  expect(first.body.items.map(({ id }: { id: string }) => id)).toEqual(all.slice(0, 2));
  expect(await idsIn(`tenant_id=${mine.id}&limit=2&cursor=${first.body.next_cursor}`)).toEqual(all.slice(2));
  const moved = await server.call(`GET /v1/projects?tenant_id=${theirs.id}&cursor=${first.body.next_cursor}`);
  expect([moved.status, moved.body.code]).toEqual([400, 'invalid_cursor']);
});

test.each([
  ['/tenant_id', ''],
  ['/status', `tenant_id=${UNKNOWN}&status=open`],
  ['/limit', `tenant_id=${UNKNOWN}&limit=0`],
  ['/limit', `tenant_id=${UNKNOWN}&limit=201`],
])('the list refuses a wrong %s by name', async (pointer, query) => {
  const { status, body } = await server.call(`GET /v1/projects?${query}`);
  expect([status, body.errors[0].pointer]).toEqual([400, pointer]);
});

test('a change keeps what it does not name, clears what it sets to null, and is in the audit log', async () => {
  const { id } = await tenantIn(server, 'active');
  const project = await newProject(server, id, { description: 'Old.' });
  const renamed = await server.call(`PATCH /v1/projects/${project.id}`, { body: { name: 'New' } });
  expect(renamed.status).toBe(200);
  expect(renamed.body).toMatchObject({ name: 'New', description: 'Old.', slug: project.slug });
  const cleared = await server.call(`PATCH /v1/projects/${project.id}`, { body: { description: null } });
  expect(cleared.body).toMatchObject({ name: 'New', description: null });
  expect((await server.call(`PATCH /v1/projects/${project.id}`, { body: {} })).body).toEqual(cleared.body);
  expect((await auditOf(server, project.id)).map(({ action, project_id }) => [action, project_id])).toEqual([
    ['project.created', project.id],
    ['project.updated', project.id],
    ['project.updated', project.id],
  ]);
});

test('a slug in a change is refused by its own code', async () => {
  const project = await newProject(server, (await tenantIn(server, 'active')).id);
  const { status, body } = await server.call(`PATCH /v1/projects/${project.id}`, { body: { slug: 'other' } });
  expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'project_slug_immutable', '/slug']);
});

test('of changes made at once for one version, exactly one goes through, and an old version archives nothing', async () => {
  const project = await newProject(server, (await tenantIn(server, 'active')).id);
  const { headers } = await server.call(`GET /v1/projects/${project.id}`);
  const ifMatch = { 'if-match': headers.get('etag') ?? '' };
  const change = (name: string) =>
    server.call(`PATCH /v1/projects/${project.id}`, { body: { name }, headers: ifMatch });
  const answers = await Promise.all(['a', 'b', 'c'].map(change));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
  const late = await server.call(`POST /v1/projects/${project.id}/archive`, { headers: ifMatch });
  expect([late.status, late.body.code]).toEqual([412, 'precondition_failed']);
  expect((await server.call(`GET /v1/projects/${project.id}`)).body.status).toBe('active');
});

test('an archived project is read, changes no more, and archiving it again changes nothing', async () => {
  const project = await newProject(server, (await tenantIn(server, 'active')).id);
  const archived = await server.call(`POST /v1/projects/${project.id}/archive`);
  expect([archived.status, archived.body.status]).toEqual([200, 'archived']);
  expect((await server.call(`POST /v1/projects/${project.id}/archive`)).body).toEqual(archived.body);
  const changed = await server.call(`PATCH /v1/projects/${project.id}`, { body: { name: 'x' } });
  expect([changed.status, changed.body.code]).toEqual([409, 'project_archived']);
  expect((await server.call(`GET /v1/projects/${project.id}`)).body).toEqual(archived.body);
  expect((await auditOf(server, project.id)).map(({ action }) => action)).toEqual([
    'project.created',
    'project.archived',
  ]);
});

test('projects of a frozen tenant are read, those of an archived one are not', async () => {
  const { id } = await tenantIn(server, 'active');
  const project = await newProject(server, id);
  await server.call(`POST /v1/tenants/${id}/cancel`);
  expect((await server.call(`GET /v1/projects/${project.id}`)).status).toBe(200);
  expect(await idsIn(`tenant_id=${id}`)).toEqual([project.id]);
  await server.call(`POST /v1/tenants/${id}/archive`);
  for (const path of [`/${project.id}`, `?tenant_id=${id}`]) {
    const { status, body } = await server.call(`GET /v1/projects${path}`);
    expect([status, body.code], path).toEqual([409, 'tenant_archived']);
  }
});

test('a tenant on trial and a demo may have projects too', async () => {
  for (const tenant of [await newTenant(server), await newTenant(server, { kind: 'demo' })]) {
    expect((await newProject(server, tenant.id)).status).toBe('active');
  }
});
