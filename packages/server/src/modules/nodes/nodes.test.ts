import { expect, test } from 'vitest';
import { eventsAbout, eventsOf } from '../../../test/support/events.ts';
import { newNetwork, newSubRange } from '../../../test/support/network.ts';
import { newNode, newResource, takeNode, uniqueNodeName } from '../../../test/support/nodes.ts';
import { auditOf, newProject, tenantIn, testServer, trailOf, UNKNOWN } from '../../../test/support/server.ts';

const server = testServer({ quotaNodes: 4 });

/** A project with a network and a resource. */
const newPlace = async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  await newNetwork(server, tenant_id, '10.20.0.0/24', { space: tenant_id });
  const { id: project_id } = await newProject(server, tenant_id);
  return { tenant_id, project_id, resource_id: (await newResource(server, { tenant_id, project_id })).id };
};
const create = (body: object) => server.call('POST /v1/nodes', { body: { name: uniqueNodeName(), ...body } });
const read = async (id: string) => (await server.call(`GET /v1/nodes/${id}`)).body;
const actionsOf = async (id: string) => (await auditOf(server, id)).map(({ action }) => action);
/** What the audit log says of the tenant from now on. */
const since = async (tenant_id: string) => {
  const { length } = await trailOf(server, tenant_id);
  return async () => (await trailOf(server, tenant_id)).slice(length).map(({ action }) => action);
};

// proves C23, C29
test('a node is made pending, with its Location, its ETag, its audit row and its event', async () => {
  const place = await newPlace();
  const { status, headers, body } = await create({ ...place, name: 'edge-1' });
  expect([status, headers.get('location')]).toEqual([201, `/v1/nodes/${body.id}`]);
  const empty = { reason: null, ip: null, enrolled_at: null, ready_at: null, deregistered_at: null };
  expect(body).toMatchObject({ ...place, ...empty, name: 'edge-1', state: 'pending' });
  const shown = await server.call(`GET /v1/nodes/${body.id}`);
  expect([shown.body, shown.headers.get('etag')]).toEqual([body, headers.get('etag')]);
  const { tenant_id, project_id } = place;
  expect(await auditOf(server, body.id)).toMatchObject([
    { action: 'node.created', target_type: 'node', target_name: 'edge-1', tenant_id, project_id },
  ]);
  expect(await eventsAbout(server, body.id)).toMatchObject([
    { event_type: 'node.created', aggregate_type: 'node', tenant_id, project_id, payload: body },
  ]);
});

test.each([
  ['/tenant_id', { tenant_id: 'x' }],
  ['/project_id', { project_id: 'x' }],
  ['/resource_id', { resource_id: 'x' }],
  ['/name', { name: 'Edge' }],
  ['/name', { name: '-edge' }],
  ['/name', { name: '' }],
  ['/name', { name: 'e'.repeat(64) }],
  ['/state', { state: 'ready' }],
  ['/ip', { ip: '10.20.0.1' }],
])('a wrong %s is named: %j', async (pointer, wrong) => {
  const place = { tenant_id: UNKNOWN, project_id: UNKNOWN, resource_id: UNKNOWN };
  const { status, body } = await create({ ...place, ...wrong });
  expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'invalid_input', pointer]);
});

// proves C29
test('its project is one of the tenant and not archived, and its resource one of the project', async () => {
  const [mine, theirs] = [await newPlace(), await newPlace()];
  const { id: sibling } = await newProject(server, mine.tenant_id);
  const { length } = await trailOf(server, mine.tenant_id);
  for (const [fields, code, pointer] of [
    [{ project_id: theirs.project_id }, 'project_not_found', '/project_id'],
    [{ project_id: UNKNOWN }, 'project_not_found', '/project_id'],
    [{ project_id: sibling }, 'resource_not_found', '/resource_id'],
    [{ resource_id: theirs.resource_id }, 'resource_not_found', '/resource_id'],
    [{ resource_id: UNKNOWN }, 'resource_not_found', '/resource_id'],
  ] as const) {
    const { status, body } = await create({ ...mine, ...fields });
    expect([status, body.code, body.errors[0].pointer]).toEqual([404, code, pointer]);
  }
  expect(await trailOf(server, mine.tenant_id)).toHaveLength(length);
  await server.call(`POST /v1/projects/${mine.project_id}/archive`);
  expect((await create(mine)).body.code).toBe('project_archived');
});

test('a name belongs to one node of a tenant until that is deregistered; other tenants may have it', async () => {
  const [mine, theirs] = [await newPlace(), await newPlace()];
  const answers = await Promise.all([1, 2, 3, 4].map(() => create({ ...mine, name: 'edge' })));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
  expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({
    code: 'node_name_taken',
    errors: [{ pointer: '/name' }],
  });
  expect((await create({ ...theirs, name: 'edge' })).status).toBe(201);
  const other = (await create(mine)).body;
  const rename = () => server.call(`PATCH /v1/nodes/${other.id}`, { body: { name: 'edge' } });
  expect((await rename()).body.code).toBe('node_name_taken');
  await takeNode(server, answers.find(({ status }) => status === 201)?.body.id, 'deregister');
  expect((await rename()).body.name).toBe('edge');
});

test('the list holds one tenant, filters by project, resource and state, and pages without a gap', async () => {
  const [mine, theirs] = [await newPlace(), await newPlace()];
  const project_id = (await newProject(server, mine.tenant_id)).id;
  const all = [
    await newNode(server, mine),
    await newNode(server, mine),
    await newNode(server, { tenant_id: mine.tenant_id, project_id }),
  ].reverse();
  await newNode(server, theirs);
  const { ip } = await takeNode(server, all[1].id, 'enroll');
  const list = async (query: string) => (await server.call(`GET /v1/nodes?tenant_id=${mine.tenant_id}${query}`)).body;
  const idsIn = ({ items }: { items: { id: string }[] }) => items.map(({ id }) => id);
  const ids = all.map(({ id }) => id);
  const whole = await list('');
  expect([idsIn(whole), whole.items.map((each: { ip: string }) => each.ip)]).toEqual([ids, [null, ip, null]]);
  expect(idsIn(await list(`&project_id=${project_id}`))).toEqual([ids[0]]);
  expect(idsIn(await list(`&resource_id=${mine.resource_id}`))).toEqual([ids[1], ids[2]]);
  expect(idsIn(await list('&state=pending'))).toEqual([ids[0], ids[2]]);
  expect(idsIn(await list(`&state=enrolling&project_id=${project_id}`))).toEqual([]);
  const first = await list('&limit=2');
  expect([...idsIn(first), ...idsIn(await list(`&limit=2&cursor=${first.next_cursor}`))]).toEqual(ids);
  expect((await list('&state=gone')).errors[0].pointer).toBe('/state');
});

test('a rename is held against If-Match, and is told once', async () => {
  const made = await create(await newPlace());
  const change = (body: object, tag: string | null = null) =>
    server.call(`PATCH /v1/nodes/${made.body.id}`, { body, headers: tag === null ? {} : { 'if-match': tag } });
  const renamed = await change({ name: 'other' }, made.headers.get('etag'));
  expect([renamed.status, renamed.body]).toMatchObject([
    200,
    { ...made.body, name: 'other', updated_at: expect.any(String) },
  ]);
  expect((await change({ name: 'late' }, made.headers.get('etag'))).body.code).toBe('precondition_failed');
  for (const body of [{ name: 'other' }, {}]) expect((await change(body)).body).toEqual(renamed.body);
  expect((await change({ name: 'No' })).body.errors[0].pointer).toBe('/name');
  expect(await actionsOf(made.body.id)).toEqual(['node.created', 'node.updated']);
});

test.each(['tenant_id', 'project_id', 'resource_id', 'state', 'ip'])('%s of a node is not changed', async (field) => {
  const { id, ...row } = await newNode(server, await newPlace());
  const { status, body } = await server.call(`PATCH /v1/nodes/${id}`, { body: { [field]: row[field] } });
  expect([status, body.errors[0].pointer]).toEqual([400, `/${field}`]);
});

// proves C26
test('an enrolment takes the lowest address, and the end gives it back; each step is told with its reason', async () => {
  const place = await newPlace();
  const { id, name } = await newNode(server, place);
  const told = await since(place.tenant_id);
  const step = (path: string, reason?: string) =>
    server.call(`POST /v1/nodes/${id}/${path}`, { body: reason === undefined ? {} : { reason } });
  const enrolling = await step('enroll', 'new machine');
  expect([enrolling.status, enrolling.body]).toMatchObject([
    200,
    { state: 'enrolling', ip: '10.20.0.1', reason: 'new machine', enrolled_at: expect.any(String), ready_at: null },
  ]);
  const ready = await step('ready');
  expect([ready.status, ready.body]).toMatchObject([
    200,
    { state: 'ready', ip: '10.20.0.1', reason: null, ready_at: expect.any(String) },
  ]);
  expect((await server.call(`GET /v1/nodes/${id}`)).headers.get('etag')).toBe(ready.headers.get('etag'));
  const ended = await step('deregister', 'broken');
  expect([ended.status, ended.body]).toMatchObject([
    200,
    { state: 'deregistered', ip: null, reason: 'broken', deregistered_at: expect.any(String) },
  ]);
  expect(await read(id)).toEqual(ended.body);
  expect(await told()).toEqual([
    'mesh_address.allocated',
    'node.enrolling',
    'node.ready',
    'mesh_address.released',
    'node.deregistered',
  ]);
  expect((await auditOf(server, id)).map(({ description }) => description)).toEqual([
    null,
    'new machine',
    null,
    'broken',
  ]);
  expect((await eventsAbout(server, id)).map(({ payload }) => payload)).toMatchObject([
    { state: 'pending', ip: null },
    enrolling.body,
    ready.body,
    ended.body,
  ]);
  const { tenant_id, project_id } = place;
  expect(await eventsAbout(server, `${tenant_id}/10.20.0.1`)).toMatchObject(
    ['mesh_address.allocated', 'mesh_address.released'].map((event_type) => ({
      event_type,
      payload: { tenant_id, project_id, ip: '10.20.0.1', node_id: id, node_name: name },
    })),
  );
  // The address is free at once.
  expect((await takeNode(server, (await newNode(server, place)).id, 'enroll')).ip).toBe('10.20.0.1');
});

test('a repeated step answers as before and is not told again', async () => {
  const place = await newPlace();
  const { id } = await newNode(server, place);
  for (const step of ['enroll', 'ready', 'deregister'] as const) {
    const done = await takeNode(server, id, step);
    const told = await since(place.tenant_id);
    const again = await server.call(`POST /v1/nodes/${id}/${step}`, { body: { reason: 'once more' } });
    expect([again.status, again.body]).toEqual([200, done]);
    expect(await told()).toEqual([]);
  }
});

test.each([
  { after: [], step: 'ready', allowed: ['enroll', 'deregister'] },
  { after: ['enroll', 'ready'], step: 'enroll', allowed: ['deregister'] },
  { after: ['deregister'], step: 'enroll', allowed: [] },
  { after: ['deregister'], step: 'ready', allowed: [] },
] as const)('after $after the step $step is refused, with what is allowed', async ({ after, step, allowed }) => {
  const place = await newPlace();
  const { id } = await newNode(server, place);
  for (const each of after) await takeNode(server, id, each);
  const [before, told] = [await read(id), await since(place.tenant_id)];
  const { status, body } = await server.call(`POST /v1/nodes/${id}/${step}`);
  expect([status, body]).toMatchObject([409, { code: 'illegal_transition', allowed }]);
  expect([await read(id), await told()]).toEqual([before, []]);
});

test.each(['enroll', 'ready', 'deregister'])(
  'the step %s is held against If-Match, and its reason is a text',
  async (step) => {
    const place = await newPlace();
    const { id } = await newNode(server, place);
    if (step === 'ready') await takeNode(server, id, 'enroll');
    const told = await since(place.tenant_id);
    const take = (body: object, headers = {}) => server.call(`POST /v1/nodes/${id}/${step}`, { body, headers });
    expect((await take({}, { 'if-match': '"0000000000000000000000"' })).body.code).toBe('precondition_failed');
    for (const reason of ['', 'x'.repeat(1_001), 7])
      expect((await take({ reason })).body.errors).toMatchObject([{ pointer: '/reason' }]);
    expect(await told()).toEqual([]);
    const etag = (await server.call(`GET /v1/nodes/${id}`)).headers.get('etag') ?? '';
    expect((await take({}, { 'if-match': etag })).status).toBe(200);
  },
);

// proves C26
test('an enrolment without an address to have leaves the node pending, and is not told', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const { id: project_id } = await newProject(server, tenant_id);
  const nodes = [
    await newNode(server, { tenant_id, project_id }),
    await newNode(server, { tenant_id, project_id }),
    await newNode(server, { tenant_id, project_id }),
  ];
  const enroll = ({ id }: { id: string }) => server.call(`POST /v1/nodes/${id}/enroll`);
  const told = await since(tenant_id);
  const without = await enroll(nodes[0]);
  expect([without.status, without.body.code]).toEqual([409, 'network_not_set']);
  await newNetwork(server, tenant_id, '10.20.0.0/30', { space: tenant_id });
  for (const node of nodes.slice(0, 2)) expect((await enroll(node)).status).toBe(200);
  const full = await enroll(nodes[2]);
  expect([full.status, full.body.code]).toEqual([409, 'pool_exhausted']);
  expect(await read(nodes[2].id)).toEqual(nodes[2]);
  const enrolment = ['node.enrolling', 'mesh_address.allocated'];
  expect((await told()).toSorted()).toEqual(['network.range_set', ...enrolment, ...enrolment].toSorted());
});

// proves C26
test('a project whose strict sub-range is full enrols no node until that is larger, or strict no more', async () => {
  const place = await newPlace();
  await newSubRange(server, place.project_id, { cidr: '10.20.0.64/30' });
  const nodes = [await newNode(server, place), await newNode(server, place), await newNode(server, place)];
  const ips = [];
  for (const { id } of nodes.slice(0, 2)) ips.push((await takeNode(server, id, 'enroll')).ip);
  expect(ips).toEqual(['10.20.0.65', '10.20.0.66']);
  const full = await server.call(`POST /v1/nodes/${nodes[2].id}/enroll`);
  expect([full.status, full.body.code, await read(nodes[2].id)]).toEqual([409, 'subrange_exhausted', nodes[2]]);
  await newSubRange(server, place.project_id, { cidr: '10.20.0.64/30', strict: false });
  expect((await takeNode(server, nodes[2].id, 'enroll')).ip).toBe('10.20.0.1');
});

// proves C26
test('a pending node takes an address before its enrolment, which keeps it, and may give it back', async () => {
  const place = await newPlace();
  const { id, name } = await newNode(server, place);
  const told = await since(place.tenant_id);
  const take = (body: object = {}) => server.call(`POST /v1/nodes/${id}/address`, { body });
  const giveBack = () => server.call(`DELETE /v1/nodes/${id}/address`);
  expect((await giveBack()).status).toBe(204);
  const taken = await take({ ip: '10.20.0.9' });
  const { tenant_id, project_id } = place;
  const address = { tenant_id, project_id, ip: '10.20.0.9', node_id: id, node_name: name };
  expect([taken.status, taken.body]).toEqual([200, { ...address, allocated_at: expect.any(String) }]);
  for (const body of [{}, { ip: '10.20.0.9' }]) expect((await take(body)).body).toEqual(taken.body);
  expect((await take({ ip: '10.20.0.10' })).body.code).toBe('address_not_usable');
  expect((await read(id)).ip).toBe('10.20.0.9');
  expect([(await giveBack()).status, (await giveBack()).status]).toEqual([204, 204]);
  expect((await read(id)).ip).toBeNull();
  await take({ ip: '10.20.0.7' });
  expect((await takeNode(server, id, 'enroll')).ip).toBe('10.20.0.7');
  expect((await take()).body.ip).toBe('10.20.0.7');
  expect(await told()).toEqual([
    'mesh_address.allocated',
    'mesh_address.released',
    'mesh_address.allocated',
    'node.enrolling',
  ]);
  for (const _ of [1, 2]) {
    const needed = await giveBack();
    expect([needed.status, needed.body.code]).toEqual([409, 'node_needs_address']);
    await takeNode(server, id, 'ready');
  }
  await takeNode(server, id, 'deregister');
  expect((await giveBack()).status).toBe(204);
  const ended = await take();
  expect([ended.status, ended.body]).toMatchObject([409, { code: 'illegal_transition', allowed: [] }]);
});

// proves C26
test('an address that another node has, or that no node can have, is refused and names the field', async () => {
  const place = await newPlace();
  const [one, two] = [await newNode(server, place), await newNode(server, place)];
  await newSubRange(server, place.project_id, { cidr: '10.20.0.64/27', strict: false });
  await newSubRange(server, (await newProject(server, place.tenant_id)).id, { cidr: '10.20.0.128/27' });
  const take = (id: string, ip: unknown) => server.call(`POST /v1/nodes/${id}/address`, { body: { ip } });
  expect((await take(one.id, '10.20.0.9')).status).toBe(200);
  const told = await since(place.tenant_id);
  for (const [ip, code] of [
    ['10.20.0.9', 'address_taken'],
    ['10.20.0.0', 'address_not_usable'],
    ['10.20.0.255', 'address_not_usable'],
    ['10.20.0.64', 'address_not_usable'],
    ['10.20.0.95', 'address_not_usable'],
    ['10.20.0.130', 'address_not_usable'],
    ['10.21.0.1', 'address_not_usable'],
    ['fd00::1', 'address_not_usable'],
  ] as const) {
    const { status, body } = await take(two.id, ip);
    expect([ip, status, body.code, body.errors[0].pointer]).toEqual([ip, 409, code, '/ip']);
  }
  for (const ip of ['10.20.0', '10.20.0.0/24', '', '127.0.0.1x', '::ffff:10.20.0.7', null, 7]) {
    const { status, body } = await take(two.id, ip);
    expect([ip, status, body.errors[0].pointer]).toEqual([ip, 400, '/ip']);
  }
  expect([await told(), (await read(two.id)).ip]).toEqual([[], null]);
});

// proves C26
test('a pending or a deregistered node is deleted, and gives an address that it has back first', async () => {
  const place = await newPlace();
  const [holder, empty, busy] = [
    await newNode(server, place),
    await newNode(server, place),
    await newNode(server, place),
  ];
  const remove = (id: string) => server.call(`DELETE /v1/nodes/${id}`);
  await server.call(`POST /v1/nodes/${holder.id}/address`);
  const told = await since(place.tenant_id);
  expect([(await remove(holder.id)).status, (await remove(empty.id)).status]).toEqual([204, 204]);
  expect(await told()).toEqual(['mesh_address.released', 'node.deleted', 'node.deleted']);
  expect([(await remove(holder.id)).status, (await read(holder.id)).code]).toEqual([404, 'not_found']);
  for (const [step, allowed] of [
    ['enroll', ['ready', 'deregister']],
    ['ready', ['deregister']],
  ] as const) {
    await takeNode(server, busy.id, step);
    const { status, body } = await remove(busy.id);
    expect([status, body]).toMatchObject([409, { code: 'illegal_transition', allowed }]);
  }
  await takeNode(server, busy.id, 'deregister');
  expect((await remove(busy.id)).status).toBe(204);
  const deleted = (await eventsOf(server, place.tenant_id)).filter(({ event_type }) => event_type === 'node.deleted');
  expect(deleted.map(({ aggregate_id, payload }) => [aggregate_id, payload.ip])).toEqual(
    [holder, empty, busy].map(({ id }) => [id, null]),
  );
});

test('in an archived project nodes begin nothing, and end', async () => {
  const place = await newPlace();
  const [pending, enrolling] = [await newNode(server, place), await newNode(server, place)];
  await takeNode(server, enrolling.id, 'enroll');
  await server.call(`POST /v1/nodes/${pending.id}/address`);
  await server.call(`POST /v1/projects/${place.project_id}/archive`);
  const told = await since(place.tenant_id);
  const call = (operation: string, body?: object) => server.call(operation, body === undefined ? {} : { body });
  for (const answer of [
    await call(`POST /v1/nodes/${pending.id}/enroll`),
    await call(`POST /v1/nodes/${enrolling.id}/ready`),
    await call(`POST /v1/nodes/${pending.id}/address`),
    await call(`PATCH /v1/nodes/${pending.id}`, { name: 'other' }),
  ])
    expect([answer.status, answer.body.code]).toEqual([409, 'project_archived']);
  expect(await told()).toEqual([]);
  expect((await call(`DELETE /v1/nodes/${pending.id}/address`)).status).toBe(204);
  expect((await takeNode(server, enrolling.id, 'deregister')).ip).toBeNull();
  for (const { id } of [pending, enrolling]) expect((await call(`DELETE /v1/nodes/${id}`)).status).toBe(204);
});

test('in a frozen and in an archived tenant a node is deregistered, and gives its address back; all else is refused', async () => {
  const place = await newPlace();
  const [one, two] = [await newNode(server, place), await newNode(server, place)];
  for (const { id } of [one, two]) await takeNode(server, id, 'enroll');
  for (const [step, status, { id }] of [
    ['cancel', 'frozen', one],
    ['archive', 'archived', two],
  ] as const) {
    await server.call(`POST /v1/tenants/${place.tenant_id}/${step}`);
    const told = await since(place.tenant_id);
    for (const call of [`POST /v1/nodes/${id}/ready`, `POST /v1/nodes/${id}/address`, `DELETE /v1/nodes/${id}`]) {
      const answer = await server.call(call);
      expect([call, answer.status, answer.body.code]).toEqual([call, 409, `tenant_${status}`]);
    }
    expect((await create(place)).body.code).toBe(`tenant_${status}`);
    for (const path of [`/${id}`, `?tenant_id=${place.tenant_id}`]) {
      const { body } = await server.call(`GET /v1/nodes${path}`);
      expect([path, body.code]).toEqual([path, status === 'archived' ? 'tenant_archived' : undefined]);
    }
    expect(await takeNode(server, id, 'deregister')).toMatchObject({ state: 'deregistered', ip: null });
    expect(await told()).toEqual(['mesh_address.released', 'node.deregistered']);
  }
});

test('a tenant has as many as its quota says, also when six are asked for at once; a deregistered one counts', async () => {
  const place = await newPlace();
  const answers = await Promise.all([1, 2, 3, 4, 5, 6].map(() => create(place)));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 201, 201, 409, 409]);
  const made = answers.find(({ status }) => status === 201)?.body;
  await takeNode(server, made.id, 'deregister');
  expect((await create(place)).body).toMatchObject({ code: 'quota_exceeded', quota: 'nodes', limit: 4, used: 4 });
  await server.call(`DELETE /v1/nodes/${made.id}`);
  expect((await create(place)).status).toBe(201);
});

test.each([
  ['GET', ''],
  ['PATCH', ''],
  ['DELETE', ''],
  ['POST', '/enroll'],
  ['POST', '/ready'],
  ['POST', '/deregister'],
  ['POST', '/address'],
  ['DELETE', '/address'],
])('an unknown id is not found: %s /v1/nodes/{id}%s', async (method, path) => {
  const options = method === 'PATCH' ? { body: { name: 'x' } } : {};
  const { status, body } = await server.call(`${method} /v1/nodes/${UNKNOWN}${path}`, options);
  expect([status, body.code]).toEqual([404, 'not_found']);
});
