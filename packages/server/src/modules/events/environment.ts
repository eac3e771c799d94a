/** EVENTS_RETENTION_DAYS: for how long events and their deliveries are kept. */
import { defineSettings, variable, whole } from '../../kernel/settings.ts';

export const eventsSettings = defineSettings({
  variables: {
    EVENTS_RETENTION_DAYS: variable(whole(1, 3_650, 30), {
      about:
        'Every change is an event: feeds, webhooks and replays reach back for so many days, 1 to 3650. The audit log keeps its rows.',
      shown: 30,
    }),
  },
  read: (data) => ({ eventsRetentionDays: data.EVENTS_RETENTION_DAYS }),
});
