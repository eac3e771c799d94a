/** Tells, once, that the trial of a product ended. The end itself needs no worker: every reader compares the time. */
import { entitlements } from '@tenant-registry/db';
import { sweeper } from '../../kernel/sweeper.ts';
import { entitlementEvents } from './schema.ts';

export const productTrialWorker = sweeper({
  name: 'product-trial-end',
  claim: entitlements.claimEndedTrials,
  event: entitlementEvents.trialEnded,
});
