// engine: pglite
/** Machines and their addresses through the SDK, as docs/network.md shows it. */
import { expect, expectTypeOf, test } from 'vitest';
import { newProject, newTenant, testServer } from '../../server/test/support/server.ts';
import { createClient, isRegistryError, type Outputs } from '../src/index.ts';
import { rejectionOf } from './scripted-server.ts';

const server = testServer();

// proves C23, C26
test('a machine is enrolled, found by its address while it has it and afterwards, and its network is told of', async () => {
  const { id: tenant_id } = await newTenant(server);
  const { id: project_id } = await newProject(server, tenant_id);
  const registry = createClient({ url: server.url, token: server.operatorToken });

  const network = await registry.network.set({ id: tenant_id, cidr: 'fd00:20::/64', space: tenant_id });
  expectTypeOf(network.rest_seconds).toEqualTypeOf<number>();
  expect(await registry.network.get({ id: tenant_id })).toEqual(network);
  const part = await registry.network.setSubRange({ id: project_id, prefix_length: 120 });
  expect(part).toMatchObject({ project_id, strict: true });

  const machine = { tenant_id, project_id, kind: 'site', name: 'Hall B' };
  const { id: resource_id, origin } = await registry.resources.create(machine);
  expectTypeOf(origin).toEqualTypeOf<'adopted' | 'provisioned'>();
  const { id } = await registry.nodes.create({ tenant_id, project_id, resource_id, name: 'edge-1' });
  const { ip, state } = await registry.nodes.enroll({ id });
  expectTypeOf(ip).toEqualTypeOf<string | null>();
  expectTypeOf(state).toEqualTypeOf<'pending' | 'enrolling' | 'ready' | 'deregistered'>();
  if (ip === null) throw new Error('an enrolled node has an address');
  const { ready_at } = await registry.nodes.ready({ id });

  const listed: Outputs['network']['listAddresses']['items'] = [];
  for await (const each of registry.network.listAddresses({ id: tenant_id, project_id })) listed.push(each);
  expect(listed).toMatchObject([{ ip, node_id: id, node_name: 'edge-1' }]);
  const now = await registry.network.getAddress({ id: tenant_id, ip: ip.toUpperCase() });
  expectTypeOf(now.node_id).toEqualTypeOf<string | null>();
  expect(now).toMatchObject({ ip, held: true, node_id: id, project_id, released_at: null });
  expect(await registry.network.usage({ id: tenant_id })).toMatchObject({
    range: { used: 1 },
    sub_ranges: [{ project_id, used: 1, capacity: 255 }],
  });

  const refused = await rejectionOf(registry.nodes.delete({ id }));
  expect(isRegistryError(refused, 'illegal_transition')).toBe(true);
  expect(refused).toMatchObject({ problem: { allowed: ['deregister'] } });
  await registry.nodes.deregister({ id, reason: 'The machine was replaced.' });
  const at = ready_at ?? '';
  expect(await registry.network.getAddress({ id: tenant_id, ip })).toMatchObject({ held: false, node_id: id });
  expect(await registry.network.getAddress({ id: tenant_id, ip, at })).toMatchObject({ held: true, node_id: id });
});
