/** OUTBOX_RETENTION_DAYS: for how long events are kept that nothing has dispatched. */
import { defineSettings, variable, whole } from '../settings.ts';

export const outboxSettings = defineSettings({
  variables: {
    OUTBOX_RETENTION_DAYS: variable(whole(1, 3_650, 30), {
      about:
        'Every change leaves an event beside its audit row, for what will dispatch events. Events are deleted after so many days, 1 to 3650; the audit log keeps its rows.',
      shown: 30,
    }),
  },
  read: (data) => ({ outboxRetentionDays: data.OUTBOX_RETENTION_DAYS }),
});
