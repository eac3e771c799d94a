/**
 * A portal that takes a tenant from the first order to the end of the contract, through the SDK alone. Each step prints
 * its result; the first unexpected answer ends the program with exit code 1.
 */
import { randomBytes } from 'node:crypto';
import { env } from 'node:process';
import { createClient } from '@tenant-registry/client';
import { readAuditLog } from './chapters/audit.ts';
import { endContract } from './chapters/end.ts';
import { handOutKeys } from './chapters/keys.ts';
import { takeOrder } from './chapters/order.ts';
import { sellProducts } from './chapters/products.ts';
import { describe } from './describe.ts';

const { URL: url = 'http://127.0.0.1:8090', OPERATOR_TOKEN, INTERNAL_TOKEN } = env;

async function main(): Promise<void> {
  if (!OPERATOR_TOKEN || !INTERNAL_TOKEN)
    throw new Error('set OPERATOR_TOKEN and INTERNAL_TOKEN: npm start prints them');
  const portal = createClient({ url, token: OPERATOR_TOKEN });
  const product = createClient({ url, token: INTERNAL_TOKEN });
  const tenant = await takeOrder(portal, `example-${randomBytes(4).toString('hex')}`);
  const project = await sellProducts(portal, tenant.id);
  const key = await handOutKeys({ portal, product }, project);
  await readAuditLog(portal, tenant.id);
  await endContract({ portal, product }, { tenant_id: tenant.id, key });
  console.log('That was the whole life of a tenant.');
}

try {
  await main();
} catch (error) {
  console.error(describe(error));
  process.exitCode = 1;
}
