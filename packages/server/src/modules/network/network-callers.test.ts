// engine: postgres
/** What people with a level in one project learn of the network of their tenant, and what they change. */
import { beforeAll, expect, test } from 'vitest';
import { newNetwork, newSubRange } from '../../../test/support/network.ts';
import { newNode, takeNode } from '../../../test/support/nodes.ts';
import { newPerson, newSession } from '../../../test/support/people.ts';
import { bind } from '../../../test/support/role-holders.ts';
import { type CallOptions, newProject, tenantIn, testServer } from '../../../test/support/server.ts';

const server = testServer();

let tenant_id: string;
let project: string;
let sibling: string;
/** Addresses of a node of the project, and of one of its sibling. */
let own: string;
let theirs: string;
beforeAll(async () => {
  tenant_id = (await tenantIn(server, 'active')).id;
  await newNetwork(server, tenant_id, '10.20.0.0/20', { space: tenant_id });
  [project, sibling] = [(await newProject(server, tenant_id)).id, (await newProject(server, tenant_id)).id];
  for (const id of [project, sibling]) await newSubRange(server, id);
  const enrolled = async (project_id: string) =>
    (await takeNode(server, (await newNode(server, { tenant_id, project_id })).id, 'enroll')).ip;
  [own, theirs] = [await enrolled(project), await enrolled(sibling)];
});

/** Somebody without a role that reads networks. */
const personWith = async (level?: 'viewer' | 'admin'): Promise<CallOptions> => {
  const person = await newPerson(server, tenant_id, { roles: ['billing'], password: null });
  if (level !== undefined) await bind(server, project, { type: 'user', id: person.id }, level);
  return (await newSession(server, person)).options;
};
const statusesFor = async (caller: CallOptions, operations: readonly (readonly [string, object?])[]) => {
  const statuses = [];
  for (const [operation, body] of operations)
    statuses.push((await server.call(operation, { ...caller, ...(body === undefined ? {} : { body }) })).status);
  return statuses;
};

test.each(['viewer', 'admin'] as const)(
  'a level of %s in a project reads what the project has of the network',
  async (level) => {
    const person = await personWith(level);
    const part = await server.call(`GET /v1/projects/${project}/sub-range`, person);
    expect([part.status, part.body.project_id]).toEqual([200, project]);
    const path = `/v1/tenants/${tenant_id}/network/addresses`;
    const { status, body } = await server.call(`GET ${path}?project_id=${project}`, person);
    expect([status, body.items.map(({ ip }: { ip: string }) => ip)]).toEqual([200, [own]]);
    const holder = await server.call(`GET ${path}/${own}`, person);
    expect([holder.status, holder.body]).toMatchObject([200, { held: true, project_id: project }]);
  },
);

test('no level in a project reads the network as a whole, or what other projects have of it', async () => {
  const path = `/v1/tenants/${tenant_id}/network`;
  const beyond = [
    [`GET ${path}`],
    [`GET ${path}/usage`],
    [`GET ${path}/addresses`],
    [`GET ${path}/addresses?project_id=${sibling}`],
    [`GET ${path}/addresses/${theirs}`],
    [`GET ${path}/addresses/10.20.15.254`],
    [`GET /v1/projects/${sibling}/sub-range`],
  ] as const;
  for (const level of ['viewer', 'admin'] as const)
    expect(await statusesFor(await personWith(level), beyond)).toEqual(beyond.map(() => 403));
});

test('no level in a project changes ranges and sub-ranges, and without one nothing is read', async () => {
  const changes = [
    [`PUT /v1/projects/${project}/sub-range`, { prefix_length: 29 }],
    [`DELETE /v1/projects/${project}/sub-range`],
    [`PUT /v1/tenants/${tenant_id}/network`, { cidr: '10.20.0.0/16' }],
    [`DELETE /v1/tenants/${tenant_id}/network`],
  ] as const;
  expect(await statusesFor(await personWith('admin'), changes)).toEqual(changes.map(() => 403));
  const nobody = await personWith();
  const reads = [
    [`GET /v1/projects/${project}/sub-range`],
    [`GET /v1/tenants/${tenant_id}/network/addresses?project_id=${project}`],
    [`GET /v1/tenants/${tenant_id}/network/addresses/${own}`],
  ] as const;
  expect(await statusesFor(nobody, reads)).toEqual(reads.map(() => 403));
});
