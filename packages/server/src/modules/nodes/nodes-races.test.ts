// engine: postgres
/**
 * Steps that meet each other, in one replica and in two. Runs on PostgreSQL: PGlite has one connection, so no two of them
 * can meet.
 */
import { testDatabase } from '@tenant-registry/db/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventsOf } from '../../../test/support/events.ts';
import { newNetwork } from '../../../test/support/network.ts';
import { newNode, newResource, takeNode } from '../../../test/support/nodes.ts';
import { newProject, startTestServer, type TestServer, tenantIn, trailOf } from '../../../test/support/server.ts';

let server: TestServer;
/** Another replica: the turns of a network are those of one process. */
let other: TestServer;
let place: { readonly tenant_id: string; readonly project_id: string };
beforeAll(async () => {
  const database = await testDatabase();
  server = await startTestServer({ database });
  other = await startTestServer({ database: { ...database, close: async () => {} } });
  const { id: tenant_id } = await tenantIn(server, 'active');
  await newNetwork(server, tenant_id, '10.20.0.0/20', { space: tenant_id });
  place = { tenant_id, project_id: (await newProject(server, tenant_id)).id };
});
afterAll(async () => {
  await other.close();
  await server.close();
});

/** Sends the calls at once, every second one to the other replica. */
const atOnce = (calls: readonly string[]) =>
  Promise.all(calls.map((call, index) => (index % 2 === 0 ? server : other).call(call)));
const addressesOf = (node_id: string) =>
  server.app.deps.db.selectFrom('domain_mesh_ip_allocations').select('ip').where('node_id', '=', node_id).execute();
/** What the audit log says of the tenant, from now on until it is asked. */
const since = async () => {
  const { length } = await trailOf(server, place.tenant_id);
  return async () => (await trailOf(server, place.tenant_id)).slice(length).map(({ action }) => action);
};

// proves C26
test('a node that is enrolled twenty times at once, in two replicas, is enrolled once, with one address', async () => {
  const { id } = await newNode(server, place);
  const told = await since();
  const answers = await atOnce(Array.from({ length: 20 }, () => `POST /v1/nodes/${id}/enroll`));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(new Set(answers.map(({ body }) => body.ip)).size).toBe(1);
  expect(await told()).toEqual(['mesh_address.allocated', 'node.enrolling']);
  expect(await addressesOf(id)).toHaveLength(1);
});

// proves C26
test('a node that is enrolled and deregistered at once has no address in the end, and is told in order', async () => {
  for (let round = 0; round < 5; round += 1) {
    const { id } = await newNode(server, place);
    const told = await since();
    const steps = ['enroll', 'deregister', 'address', 'enroll', 'deregister'];
    const answers = await atOnce(steps.map((step) => `POST /v1/nodes/${id}/${step}`));
    for (const { status, body } of answers)
      if (status !== 200) expect([status, body.code, body.allowed]).toEqual([409, 'illegal_transition', []]);
    expect((await server.call(`GET /v1/nodes/${id}`)).body).toMatchObject({ state: 'deregistered', ip: null });
    expect(await addressesOf(id)).toEqual([]);
    const actions = await told();
    expect(actions.filter((action) => action === 'node.deregistered')).toEqual(['node.deregistered']);
    expect(actions.at(-1)).toBe('node.deregistered');
    const moved = actions.filter((action) => action.startsWith('mesh_address.'));
    expect([[], ['mesh_address.allocated', 'mesh_address.released']]).toContainEqual(moved);
  }
});

test('a node that is deregistered and deleted while its resource is deleted leaves nothing behind, or keeps it', async () => {
  for (let round = 0; round < 5; round += 1) {
    const { id: resource_id } = await newResource(server, place);
    const { id } = await newNode(server, { ...place, resource_id });
    await takeNode(server, id, 'enroll');
    const removal = `DELETE /v1/resources/${resource_id}`;
    const [ended, early] = await atOnce([`POST /v1/nodes/${id}/deregister`, removal]);
    expect([ended?.status, early?.status, early?.body.code]).toEqual([200, 409, 'resource_in_use']);
    const [deleted, late] = await atOnce([`DELETE /v1/nodes/${id}`, removal]);
    expect(deleted?.status).toBe(204);
    expect([204, 409]).toContain(late?.status);
    if (late?.status === 409) expect((await server.call(removal)).status).toBe(204);
  }
});

test('a resource that is deleted while a node of it is made is deleted or has the node', async () => {
  for (let round = 0; round < 5; round += 1) {
    const { id: resource_id } = await newResource(server, place);
    const body = { ...place, resource_id, name: `race-${round}` };
    const [made, removed] = await Promise.all([
      server.call('POST /v1/nodes', { body }),
      other.call(`DELETE /v1/resources/${resource_id}`),
    ]);
    const outcome = [made.status, made.body.code, removed.status, removed.body?.code];
    expect([
      [201, undefined, 409, 'resource_in_use'],
      [404, 'resource_not_found', 204, undefined],
    ]).toContainEqual(outcome);
  }
});

test('two nodes that take one name at once: one has it', async () => {
  const [one, two] = [await newNode(server, place), await newNode(server, place)];
  const body = { name: 'wanted' };
  const answers = await Promise.all([
    server.call(`PATCH /v1/nodes/${one.id}`, { body }),
    other.call(`PATCH /v1/nodes/${two.id}`, { body }),
  ]);
  expect(answers.map(({ status, body }) => [status, body.code]).sort()).toEqual([
    [200, undefined],
    [409, 'node_name_taken'],
  ]);
});

test('a project that is archived while its nodes are enrolled: each is enrolled before, or refused', async () => {
  const { id: project_id } = await newProject(server, place.tenant_id);
  const { id: resource_id } = await newResource(server, { ...place, project_id });
  const nodes = [];
  for (let n = 0; n < 4; n += 1) nodes.push(await newNode(server, { ...place, project_id, resource_id }));
  const enrolled = atOnce(nodes.map(({ id }) => `POST /v1/nodes/${id}/enroll`));
  const archived = await server.call(`POST /v1/projects/${project_id}/archive`);
  expect(archived.status).toBe(200);
  const answers = await enrolled;
  for (const { status, body } of answers)
    if (status !== 200) expect([status, body.code]).toEqual([409, 'project_archived']);
  const told = (await eventsOf(server, place.tenant_id)).filter((event) => event.project_id === project_id);
  const types = told.map(({ event_type }) => event_type);
  expect(types.at(-1)).toBe('project.archived');
  const done = answers.filter(({ status }) => status === 200);
  expect(types.filter((type) => type === 'node.enrolling')).toHaveLength(done.length);
});
