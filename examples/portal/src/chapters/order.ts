/** A customer's order creates one tenant, even if the form is sent twice. */
import type { Client, Tenant } from '@tenant-registry/client';
import { expect, refused, step } from '../describe.ts';

export async function takeOrder(portal: Client, slug: string): Promise<Tenant> {
  const order = { slug, name: 'Example GmbH', sales_owner: 'alex@example.com' };
  // The order's number is the idempotency key: a second click, or a second run after a crash, repeats this order.
  const options = { idempotencyKey: `order-${slug}` };
  const created = await portal.tenants.create(order, options);
  step(`created the tenant ${created.slug}: ${created.status} until ${created.trial_ends_at}`);

  const again = await portal.tenants.create(order, options).withMeta();
  expect(again.replayed && again.data.id === created.id, 'the repeated order gives the first tenant');
  step('sent the order again: the first answer was replayed, and no second tenant was created');

  await refused('slug_taken', portal.tenants.create({ slug, name: 'Another company' }));
  step('another order with this slug was refused');

  const { data: tenant, etag } = await portal.tenants.get({ id: created.id }).withMeta();
  await portal.tenants.update({ id: tenant.id, name: `${tenant.name} & Co. KG` }, { ifMatch: etag });
  step('renamed the tenant, at the version that was read');

  // Another user still has the old page open.
  await refused('precondition_failed', portal.tenants.update({ id: tenant.id, name: 'Old page' }, { ifMatch: etag }));
  step('a change made from the old version was refused');

  const active = await portal.tenants.activate({ id: tenant.id, plan: 'professional' });
  step(`activated the tenant: ${active.status}, plan ${active.plan}`);
  return active;
}
