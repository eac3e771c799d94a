import { expect, test } from 'vitest';
import { addChild, addMember, newGroup, newServiceIdentity } from '../../../test/support/role-holders.ts';
import { newTenant, testServer, UNKNOWN } from '../../../test/support/server.ts';

const server = testServer();

// proves C46
test('the groups of a service identity are those that it is in itself and through others, each once', async () => {
  const { id: tenant_id } = await newTenant(server);
  const id = await newServiceIdentity(server, tenant_id);
  const [near, far] = [
    await newGroup(server, tenant_id),
    await newGroup(server, tenant_id, { tenant_role: 'billing' }),
  ];
  await addMember(server, { tenant_id, group_id: near, type: 'service_identity', id });
  await addChild(server, { tenant_id, parent_id: far, child_id: near });
  const groups = async (query = '') => server.call(`GET /v1/service-identities/${id}/groups${query}`);
  const { items } = (await groups()).body;
  expect(items).toHaveLength(2);
  expect(items).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ group_id: near, tenant_role: null, depth: 1 }),
      expect.objectContaining({ group_id: far, tenant_role: 'billing', depth: 2 }),
    ]),
  );
  const first = await groups('?limit=1');
  const second = await groups(`?limit=1&cursor=${first.body.next_cursor}`);
  expect([...first.body.items, ...second.body.items]).toEqual(items);
  const unknown = await server.call(`GET /v1/service-identities/${UNKNOWN}/groups`);
  expect([unknown.status, unknown.body.code]).toEqual([404, 'not_found']);
});
