/** The end of the contract: the tenant becomes read-only, is archived and deleted, and its audit log stays. */
import type { Client } from '@tenant-registry/client';
import { expect, refused, step } from '../describe.ts';

interface Parties {
  readonly portal: Client;
  readonly product: Client;
}

export async function endContract(
  { portal, product }: Parties,
  { tenant_id, key }: { readonly tenant_id: string; readonly key: string },
): Promise<void> {
  const id = tenant_id;
  await refused('tenant_not_archived', portal.tenants.delete({ id }));
  const frozen = await portal.tenants.cancel({ id, reason: 'The contract has ended.' });
  step(`canceled the contract: the tenant is ${frozen.status}`);

  await refused('tenant_frozen', portal.apiKeys.create({ tenant_id, name: 'late' }));
  const [write, read] = [await product.apiKeys.verify({ key }), await product.apiKeys.verify({ key, access: 'read' })];
  expect(!write.valid && write.code === 'tenant_frozen' && read.valid, 'the key only reads');
  step('the tenant is read-only: a new key was refused, and the remaining key only reads');

  const archived = await portal.tenants.archive({ id });
  const verdict = await product.apiKeys.verify({ key, access: 'read' });
  expect(!verdict.valid && verdict.code === 'tenant_archived', 'no key works');
  step(`${archived.status} the tenant: no key works any more`);

  await portal.tenants.delete({ id });
  await refused('not_found', portal.tenants.get({ id }));
  const { items } = await portal.audit.list({ target_id: id, action: 'tenant.*' });
  const life = items.map(({ action }) => action).reverse();
  expect(life.at(0) === 'tenant.created' && life.at(-1) === 'tenant.deleted', 'the audit log has the whole life');
  step(`deleted the tenant: its audit log stays: ${life.join(', ')}`);
}
