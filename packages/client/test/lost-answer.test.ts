/** Mutations whose answers are lost on the way: the registry makes each change once. */
import { expect, test } from 'vitest';
import { newTenant, testServer, uniqueSlug } from '../../server/test/support/server.ts';
import { losingRelay } from './relay.ts';
import { rejectionOf, waitlessClient } from './scripted-server.ts';

const server = testServer();

async function throughRelay(losses: number) {
  const { url, lost } = await losingRelay(server.url, losses);
  return { ...waitlessClient({ url, token: server.operatorToken }), lost };
}

/** Returns the actions in the audit log of the tenant, where a second change would appear. */
async function actionsOf(tenant_id: string): Promise<string[]> {
  const { body } = await server.call(`GET /v1/audit?tenant_id=${tenant_id}`);
  return body.items.map(({ action }: { action: string }) => action).reverse();
}

test('a tenant is created once and returned to the caller although two answers are lost', async () => {
  const { client, lost, pauses } = await throughRelay(2);
  const slug = uniqueSlug();
  const { data: tenant, replayed } = await client.tenants.create({ slug, name: 'Once' }).withMeta();
  expect({ lost: lost(), replayed, pauses }).toEqual({ lost: 2, replayed: true, pauses: [200, 400] });
  const { body } = await server.call(`GET /v1/tenants?q=${slug}`);
  expect(body.items).toEqual([tenant]);
  expect(await actionsOf(tenant.id)).toEqual(['tenant.created']);
});

test('a repeated transition gives the result of the first one, and is not illegal', async () => {
  const { id } = await newTenant(server);
  const { client, lost } = await throughRelay(1);
  expect(await client.tenants.cancel({ id })).toMatchObject({ id, status: 'frozen' });
  expect(lost()).toBe(1);
  expect(await actionsOf(id)).toEqual(['tenant.created', 'tenant.canceled']);
});

test('an API key is created once, and the replayed result lacks the secret that was lost with the answer', async () => {
  const { id: tenant_id } = await newTenant(server);
  const { client, lost } = await throughRelay(1);
  const { data: key, replayed } = await client.apiKeys.create({ tenant_id, name: 'CI' }).withMeta();
  expect({ lost: lost(), replayed, secret: key.key }).toEqual({ lost: 1, replayed: true, secret: undefined });
  expect((await client.apiKeys.list({ tenant_id })).items.map(({ id }) => id)).toEqual([key.id]);
  // The caller replaces the key whose secret is lost.
  expect(await client.apiKeys.rotate({ id: key.id })).toMatchObject({ name: 'CI', key: expect.any(String) });
});

test('a call whose answers are all lost rejects with network, and the change is made once', async () => {
  const { client } = await throughRelay(3);
  const slug = uniqueSlug();
  expect(await rejectionOf(client.tenants.create({ slug, name: 'Once' }))).toMatchObject({ code: 'network' });
  const { body } = await server.call(`GET /v1/tenants?q=${slug}`);
  expect(body.items).toHaveLength(1);
});
