// engine: postgres
/** Who does what with nodes: admins and members of the tenant, keys and people of one project, and strangers. */
import { beforeAll, expect, test } from 'vitest';
import { newNetwork } from '../../../test/support/network.ts';
import { newNode, newResource, uniqueNodeName } from '../../../test/support/nodes.ts';
import { newPerson, newSession } from '../../../test/support/people.ts';
import { bind } from '../../../test/support/role-holders.ts';
import {
  type CallOptions,
  madeIn,
  newProject,
  newTenant,
  tenantIn,
  testServer,
  trailOf,
} from '../../../test/support/server.ts';

const server = testServer();

let tenant_id: string;
let project_id: string;
let sibling: string;
const scopes = ['registry:nodes:read', 'registry:nodes:write'];
const keyIn = async (tenant: string, fields: object = {}): Promise<CallOptions> => {
  const { key: token } = await madeIn(server, tenant, 'api-keys', { name: 'x', scopes, ...fields });
  return { token };
};
const personWith = async (roles: readonly ('admin' | 'member' | 'billing')[], level?: string) => {
  const person = await newPerson(server, tenant_id, { roles, password: null });
  if (level !== undefined) await bind(server, project_id, { type: 'user', id: person.id }, level);
  return (await newSession(server, person)).options;
};
beforeAll(async () => {
  tenant_id = (await tenantIn(server, 'active')).id;
  await newNetwork(server, tenant_id, '10.20.0.0/20', { space: tenant_id });
  project_id = (await newProject(server, tenant_id)).id;
  sibling = (await newProject(server, tenant_id)).id;
});

/** Takes a node of the project through its life; returns the status of each answer. */
async function liveAs(caller: CallOptions, project: string): Promise<number[]> {
  const call = async (operation: string, body?: object) =>
    server.call(operation, { ...caller, ...(body === undefined ? {} : { body }) });
  const resource_id = (await newResource(server, { tenant_id, project_id: project })).id;
  const body = { tenant_id, project_id: project, resource_id, name: uniqueNodeName() };
  const made = await call('POST /v1/nodes', body);
  // Who may not make one is asked about one that is there.
  const { id } =
    made.status === 201 ? made.body : await newNode(server, { tenant_id, project_id: project, resource_id });
  const answers = [
    made,
    await call(`GET /v1/nodes/${id}`),
    await call(`PATCH /v1/nodes/${id}`, { name: uniqueNodeName() }),
    await call(`POST /v1/nodes/${id}/address`),
    await call(`DELETE /v1/nodes/${id}/address`),
    await call(`POST /v1/nodes/${id}/enroll`),
    await call(`POST /v1/nodes/${id}/ready`),
    await call(`POST /v1/nodes/${id}/deregister`),
    await call(`DELETE /v1/nodes/${id}`),
  ];
  return answers.map(({ status }) => status);
}

const ALL = [201, 200, 200, 200, 204, 200, 200, 200, 204];
const each = (status: number) => ALL.map(() => status);
const reading = [403, 200, 403, 403, 403, 403, 403, 403, 403];

// proves C23
test('an admin and an unbound key of the tenant take nodes through their lives in every project', async () => {
  for (const caller of [await personWith(['admin']), await keyIn(tenant_id)])
    for (const project of [project_id, sibling]) expect(await liveAs(caller, project)).toEqual(ALL);
});

test('a member reads them, and a person without the permission does not', async () => {
  expect(await liveAs(await personWith(['member']), project_id)).toEqual(reading);
  expect(await liveAs(await personWith(['billing']), project_id)).toEqual(each(403));
});

test('a person with a level in the project does there what the level holds, and nothing in its sibling', async () => {
  const [viewer, admin] = [await personWith(['billing'], 'viewer'), await personWith(['billing'], 'admin')];
  expect(await liveAs(viewer, project_id)).toEqual(reading);
  expect(await liveAs(admin, project_id)).toEqual(ALL);
  for (const caller of [viewer, admin]) expect(await liveAs(caller, sibling)).toEqual(each(403));
});

test('a person with a level does with the resources of the project what the level holds, and nothing in its sibling', async () => {
  const resourcesAs = async (caller: CallOptions, project: string) => {
    const { id } = await newResource(server, { tenant_id, project_id: project });
    const machine = { tenant_id, project_id: project, kind: 'vm', name: 'Edge' };
    const answers = [
      await server.call('POST /v1/resources', { ...caller, body: machine }),
      await server.call(`GET /v1/resources/${id}`, caller),
      await server.call(`GET /v1/resources?tenant_id=${tenant_id}&project_id=${project}`, caller),
      await server.call(`GET /v1/nodes?tenant_id=${tenant_id}&project_id=${project}`, caller),
      await server.call(`PATCH /v1/resources/${id}`, { ...caller, body: { name: 'Other' } }),
      await server.call(`DELETE /v1/resources/${id}`, caller),
    ];
    return answers.map(({ status }) => status);
  };
  const [viewer, admin] = [await personWith(['billing'], 'viewer'), await personWith(['billing'], 'admin')];
  expect(await resourcesAs(viewer, project_id)).toEqual([403, 200, 200, 200, 403, 403]);
  expect(await resourcesAs(admin, project_id)).toEqual([201, 200, 200, 200, 200, 204]);
  for (const caller of [viewer, admin])
    expect(await resourcesAs(caller, sibling)).toEqual([403, 403, 403, 403, 403, 403]);
});

test('a key that is bound to the project does it all there, and knows of nothing beyond', async () => {
  const key = await keyIn(tenant_id, { project_id });
  expect(await liveAs(key, project_id)).toEqual(ALL);
  const [made, ...others] = await liveAs(key, sibling);
  expect([made, others]).toEqual([403, others.map(() => 404)]);
  const own = await newNode(server, { tenant_id, project_id });
  const beyond = await newNode(server, { tenant_id, project_id: sibling });
  const { body } = await server.call(`GET /v1/nodes?tenant_id=${tenant_id}&limit=200`, key);
  const ids = body.items.map(({ id }: { id: string }) => id);
  expect([ids.includes(own.id), ids.includes(beyond.id)]).toEqual([true, false]);
  expect((await server.call(`GET /v1/nodes?tenant_id=${tenant_id}&project_id=${sibling}`, key)).status).toBe(404);
  const foreign = { tenant_id, project_id, resource_id: beyond.resource_id, name: uniqueNodeName() };
  expect((await server.call('POST /v1/nodes', { ...key, body: foreign })).body.code).toBe('resource_not_found');
  const taken = { tenant_id, project_id, resource_id: own.resource_id, name: beyond.name };
  expect((await server.call('POST /v1/nodes', { ...key, body: taken })).body.code).toBe('node_name_taken');
});

test('another tenant is told of nothing, and changes nothing', async () => {
  const { id, name } = await newNode(server, { tenant_id, project_id });
  const { length } = await trailOf(server, tenant_id);
  const stranger = await keyIn((await newTenant(server)).id);
  for (const [operation, body] of [
    [`GET /v1/nodes/${id}`],
    [`GET /v1/nodes?tenant_id=${tenant_id}`],
    [`PATCH /v1/nodes/${id}`, { name }],
    [`POST /v1/nodes/${id}/enroll`],
    [`POST /v1/nodes/${id}/ready`],
    [`POST /v1/nodes/${id}/deregister`],
    [`POST /v1/nodes/${id}/address`],
    [`DELETE /v1/nodes/${id}/address`],
    [`DELETE /v1/nodes/${id}`],
  ] as const) {
    const answer = await server.call(operation, { ...stranger, ...(body === undefined ? {} : { body }) });
    expect([operation, answer.status, answer.body.code]).toEqual([operation, 404, 'not_found']);
  }
  expect(await trailOf(server, tenant_id)).toHaveLength(length);
});
