/** CLOCK_SKEW_MAX_MS: how far the clock of the process may be from the database's. */
import { defineSettings, variable, whole } from '../settings.ts';

export const clockSettings = defineSettings({
  variables: {
    CLOCK_SKEW_MAX_MS: variable(whole(100, 3_600_000, 5_000), {
      about:
        'How far the clock of this process may be from the clock of the database, 100 to 3600000. Time is always the database’s; beyond this, the process also logs an error, /readyz names `clock`, and no worker runs.',
      shown: 5_000,
    }),
  },
  read: (data) => ({ clockSkewMaxMs: data.CLOCK_SKEW_MAX_MS }),
});
