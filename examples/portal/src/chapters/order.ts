/** A customer orders: the tenant, once, however often the form is sent. */
import type { Client, Tenant } from '@tenant-registry/client';
import { expect, refused, step } from '../describe.ts';

export async function takeOrder(portal: Client, slug: string): Promise<Tenant> {
  const order = { slug, name: 'Example GmbH', sales_owner: 'alex@example.com' };
  // The order's own number as the key: a second click, or a second run after a crash, is the same order.
  const options = { idempotencyKey: `order-${slug}` };
  const created = await portal.tenants.create(order, options);
  step(`created the tenant ${created.slug}: ${created.status} until ${created.trial_ends_at}`);

  const again = await portal.tenants.create(order, options).withMeta();
  expect(again.replayed && again.data.id === created.id, 'the same order is the same tenant');
  step('sent the order again: the answer was replayed, nothing was made twice');

  await refused('slug_taken', portal.tenants.create({ slug, name: 'Somebody else' }));
  step('another order for the same slug was refused');

  const { data: tenant, etag } = await portal.tenants.get({ id: created.id }).withMeta();
  await portal.tenants.update({ id: tenant.id, name: `${tenant.name} & Co. KG` }, { ifMatch: etag });
  step('renamed it, as the version that was read');

  // Somebody else has the old page open.
  await refused('precondition_failed', portal.tenants.update({ id: tenant.id, name: 'Old page' }, { ifMatch: etag }));
  step('a change made from the old version was refused');

  const active = await portal.tenants.activate({ id: tenant.id, plan: 'professional' });
  step(`activated it: ${active.status}, plan ${active.plan}`);
  return active;
}
