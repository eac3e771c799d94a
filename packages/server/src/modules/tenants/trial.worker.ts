/** Freezes tenants whose trial ended. */
import { tenants } from '@tenant-registry/db';
import { sweeper } from '../../kernel/sweeper.ts';
import { tenantEvents } from './schema.ts';

export const tenantTrialWorker = sweeper({
  name: 'tenant-trial-end',
  claim: tenants.claimEndedTrialTenants,
  event: tenantEvents.frozen,
});
