import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createClient, isRegistryError } from '@tenant-registry/client';
import { beforeAll, expect, test } from 'vitest';
import { createTestRegistry } from '../src/index.ts';

/** With `initdb`, on the slowest machine. */
const FIRST_MS = 120_000;
const DAY_MS = 86_400_000;
/** The start of the slowest machine; less than a connection that was left open would take. */
const ENDS_WITHIN_MS = 25_000;

// The first one on a machine takes longer than the others.
beforeAll(async () => (await createTestRegistry()).close(), FIRST_MS);

const acme = { slug: 'acme', name: 'Acme GmbH' };

test('two registries at once know nothing of each other: not their tenants, not their tokens', async () => {
  await using one = await createTestRegistry();
  await using other = await createTestRegistry();
  const [first, second] = await Promise.all([one.client.tenants.create(acme), other.client.tenants.create(acme)]);
  expect((await one.client.tenants.list()).items).toEqual([first]);
  expect((await other.client.tenants.list()).items).toEqual([second]);
  const stranger = createClient({ url: other.url, token: one.operatorToken });
  const error = await stranger.tenants.list().catch((thrown: unknown) => thrown);
  expect(isRegistryError(error, 'unauthenticated')).toBe(true);
});

test('it is the whole registry: REST answers at its url, and the internal token verifies keys', async () => {
  await using registry = await createTestRegistry();
  const { id: tenant_id } = await registry.client.tenants.create(acme);
  const { key = '' } = await registry.client.apiKeys.create({ tenant_id, name: 'CI' });
  const product = createClient({ url: registry.url, token: registry.internalToken });
  expect(await product.apiKeys.verify({ key })).toMatchObject({ valid: true, tenant_slug: 'acme' });
  const headers = { authorization: `Bearer ${registry.operatorToken}` };
  const response = await fetch(`${registry.url}/v1/tenants/by-slug/acme`, { headers });
  expect(await response.json()).toMatchObject({ id: tenant_id });
});

test('the clock takes a tenant along its life: the trial ends, and long after that it is archived', async () => {
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

test('the clock may be given', async () => {
  const start = new Date('2030-01-01T00:00:00Z');
  await using registry = await createTestRegistry({ clock: () => start });
  await registry.clock.advance(1_000);
  expect(registry.clock.now()).toEqual(new Date('2030-01-01T00:00:01Z'));
  expect(await registry.client.tenants.create(acme)).toMatchObject({ created_at: '2030-01-01T00:00:01.000Z' });
  await expect(registry.clock.advance(-1)).rejects.toThrow(TypeError);
});

test('after close nothing answers, and closing again is no mistake', async () => {
  const registry = await createTestRegistry();
  await registry.client.tenants.list();
  await registry.close();
  await registry.close();
  const late = createClient({ url: registry.url, token: registry.operatorToken, retries: 0 });
  await expect(late.tenants.list()).rejects.toMatchObject({ code: 'network' });
});

test('after close nothing keeps the process', async () => {
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
