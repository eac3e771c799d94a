/** AUTHORITY_LEASE_MS: for how long a replica may answer from memory. */
import { defineSettings, variable, whole } from '../settings.ts';

export const LEASE_MS_DEFAULT = 2_000;

export const leaseSettings = defineSettings({
  variables: {
    AUTHORITY_LEASE_MS: variable(
      whole(0, 60_000, LEASE_MS_DEFAULT).refine((ms) => ms === 0 || ms >= 500, 'must be 0 or between 500 and 60000'),
      {
        about:
          'How long a replica may answer verifications from memory without hearing from the database, and so how long a revocation or another change of authority waits, at most, for a replica that does not answer: 500 to 60000. 0: every verification reads.',
        shown: LEASE_MS_DEFAULT,
      },
    ),
  },
  read: (data) => ({ authorityLeaseMs: data.AUTHORITY_LEASE_MS }),
});
