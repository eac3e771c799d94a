/**
 * A product that admits requests with an API key. It verifies keys and checks their access to projects in its own process,
 * and learns of revocations from the registry's feed. Each step prints its result; the first unexpected answer ends the program with exit code 1.
 */
import { randomBytes } from 'node:crypto';
import { env } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAccess, createClient, createVerifier } from '@tenant-registry/client';
import { startProduct } from './product.ts';

const { URL: url = 'http://127.0.0.1:8090', OPERATOR_TOKEN, INTERNAL_TOKEN } = env;
const HEARD_WITHIN_MS = 10_000;

async function main(operatorToken: string, internalToken: string): Promise<void> {
  // The operator's portal creates a customer and hands out a key.
  const portal = createClient({ url, token: operatorToken });
  const tenant = await portal.tenants.create({ slug: `product-${randomBytes(4).toString('hex')}`, name: 'Acme GmbH' });
  await portal.entitlements.set({ tenant_id: tenant.id, product: 'certifai' });
  const draft = { tenant_id: tenant.id, name: 'Press line' };
  const project = await portal.projects.create({ ...draft, slug: 'press-line-1' });
  const other = await portal.projects.create({ ...draft, slug: 'press-line-2' });
  const { id, key = '' } = await portal.apiKeys.create({
    tenant_id: tenant.id,
    project_id: project.id,
    name: 'CI',
    scopes: ['reports:read', 'registry:projects:read'],
  });

  const client = createClient({ url, token: internalToken });
  const verifier = createVerifier({
    client,
    onFeed: ({ live }) => live && console.log('The registry reports changes.'),
  });
  const access = createAccess({ client });
  const product = await startProduct(verifier, access);
  try {
    const ask = async (method: 'GET' | 'POST', credential?: string, path = '') => {
      const headers = credential === undefined ? {} : { authorization: `Bearer ${credential}` };
      const response = await fetch(product.url + path, {
        method,
        headers,
        signal: AbortSignal.timeout(HEARD_WITHIN_MS),
      });
      return `${response.status} ${(await response.text()).trim()}`;
    };
    await step('Without a key', '401', () => ask('GET'));
    await step('With the key', '200', () => ask('GET', key));
    await step('With the key, beyond its scopes', '403', () => ask('POST', key));
    await step('With the key, about its project', '200', () => ask('GET', key, `/${project.id}`));
    await step('With the key, about another project', '403', () => ask('GET', key, `/${other.id}`));
    await portal.apiKeys.revoke({ id });
    await step('With the key after its revocation', '401', () => ask('GET', key));
    await portal.tenants.cancel({ id: tenant.id });
    await portal.tenants.archive({ id: tenant.id });
    await portal.tenants.delete({ id: tenant.id });
  } finally {
    product.close();
    verifier.close();
    access.close();
  }
  console.log('The product admitted only requests with a good key.');
}

/** Repeats the request until it gets the expected answer: the product learns of a change in three seconds at most. */
async function step(what: string, status: string, ask: () => Promise<string>): Promise<void> {
  const endsAt = performance.now() + HEARD_WITHIN_MS;
  let answer = await ask();
  while (!answer.startsWith(status) && performance.now() < endsAt) {
    await sleep(20);
    answer = await ask();
  }
  if (!answer.startsWith(status)) throw new Error(`${what}: expected ${status}, but got ${answer}`);
  console.log(`${what}: ${answer}`);
}

try {
  if (!OPERATOR_TOKEN || !INTERNAL_TOKEN)
    throw new Error('set OPERATOR_TOKEN and INTERNAL_TOKEN: npm start prints them');
  await main(OPERATOR_TOKEN, INTERNAL_TOKEN);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
