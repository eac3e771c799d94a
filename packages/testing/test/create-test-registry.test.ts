// engine: none
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createClient, isRegistryError } from '@tenant-registry/client';
import { beforeAll, expect, test } from 'vitest';
import { createTestRegistry } from '../src/index.ts';

/** Includes `initdb` on a slow machine. */
const FIRST_MS = 300_000;
const DAY_MS = 86_400_000;
/** Longer than a start on a slow machine, and shorter than the timeout of a connection that was left open. */
const ENDS_WITHIN_MS = 25_000;

// The first registry on a machine takes longer than later ones.
beforeAll(async () => (await createTestRegistry()).close(), FIRST_MS);

const acme = { slug: 'acme', name: 'Acme GmbH' };

test('two registries share neither tenants nor tokens', async () => {
  await using one = await createTestRegistry();
  await using other = await createTestRegistry();
  const [first, second] = await Promise.all([one.client.tenants.create(acme), other.client.tenants.create(acme)]);
  expect((await one.client.tenants.list()).items).toEqual([first]);
  expect((await other.client.tenants.list()).items).toEqual([second]);
  const stranger = createClient({ url: other.url, token: one.operatorToken });
  const error = await stranger.tenants.list().catch((thrown: unknown) => thrown);
  expect(isRegistryError(error, 'unauthenticated')).toBe(true);
});

// proves A36
test('the whole registry is there: REST answers at its url, and the internal token verifies keys', async () => {
  await using registry = await createTestRegistry();
  const { id: tenant_id } = await registry.client.tenants.create(acme);
  const { key = '' } = await registry.client.apiKeys.create({ tenant_id, name: 'CI' });
  const product = createClient({ url: registry.url, token: registry.internalToken });
  expect(await product.apiKeys.verify({ key })).toMatchObject({ valid: true, tenant_slug: 'acme' });
  const headers = { authorization: `Bearer ${registry.operatorToken}` };
  const response = await fetch(`${registry.url}/v1/tenants/by-slug/acme`, { headers });
  expect(await response.json()).toMatchObject({ id: tenant_id });
});

test('the clock ends the trial of a tenant, and archives the tenant long after that', async () => {
  await using registry = await createTestRegistry();
  const { client, clock } = registry;
  const { id } = await client.tenants.create(acme);
  await clock.advance(13 * DAY_MS);
  expect(await client.tenants.get({ id })).toMatchObject({ status: 'trial' });
  await clock.advance(2 * DAY_MS);
  expect(await client.tenants.get({ id })).toMatchObject({ status: 'frozen' });
  await clock.advance(31 * DAY_MS);
  expect(await client.tenants.get({ id })).toMatchObject({ status: 'archived' });
  const actions: string[] = [];
  for await (const { action } of client.audit.list({ tenant_id: id })) actions.unshift(action);
  expect(actions).toEqual(['tenant.created', 'tenant.frozen', 'tenant.archived']);
});

test('the registry starts at the time of a given clock', async () => {
  const start = new Date('2030-01-01T00:00:00Z');
  await using registry = await createTestRegistry({ clock: () => start });
  await registry.clock.advance(1_000);
  expect(registry.clock.now()).toEqual(new Date('2030-01-01T00:00:01Z'));
  expect(await registry.client.tenants.create(acme)).toMatchObject({ created_at: '2030-01-01T00:00:01.000Z' });
  await expect(registry.clock.advance(-1)).rejects.toThrow(TypeError);
});

test('a closed registry does not answer, and may be closed again', async () => {
  const registry = await createTestRegistry();
  await registry.client.tenants.list();
  await registry.close();
  await registry.close();
  const late = createClient({ url: registry.url, token: registry.operatorToken, retries: 0 });
  await expect(late.tenants.list()).rejects.toMatchObject({ code: 'network' });
});

test('a closed registry does not keep the process alive', async () => {
  const entry = fileURLToPath(new URL('../src/index.ts', import.meta.url));
  const program = `
    import { createTestRegistry } from ${JSON.stringify(entry)};
    const registry = await createTestRegistry();
    const { slug } = await registry.client.tenants.create({ slug: 'acme', name: 'Acme' });
    await registry.close();
    console.log(slug);
  `;
  const ran = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
    timeout: ENDS_WITHIN_MS,
  });
  expect(ran).toEqual({ stdout: 'acme\n', stderr: '' });
});
