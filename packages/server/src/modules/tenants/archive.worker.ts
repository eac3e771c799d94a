/** Archives tenants that were not activated again in time. */
import { tenants } from '@tenant-registry/db';
import { addDays } from '../../kernel/clock.ts';
import { sweeper } from '../../kernel/sweeper.ts';
import { REACTIVATION_DAYS } from './lifecycle.ts';
import { tenantEvents } from './schema.ts';

export const tenantArchiveWorker = sweeper({
  name: 'tenant-archive',
  claim: (tx, now, limit) =>
    tenants.claimLongFrozenTenants(tx, { now, frozenBy: addDays(now, -REACTIVATION_DAYS) }, limit),
  event: tenantEvents.archived,
});
