/** EVENTS_*: for how long events and their deliveries are kept, and where they are relayed to. */
import { defineSettings, variable, whole } from '../../kernel/settings.ts';
import { relaySettings } from './relay/environment.ts';

export const eventsSettings = defineSettings({
  variables: {
    EVENTS_RETENTION_DAYS: variable(whole(7, 3_650, 30), {
      about:
        'Every change is an event: feeds, webhooks and replays reach back for so many days, 7 to 3650: a delivery is tried for longer than a day. The audit log keeps its rows.',
      shown: 30,
    }),
    ...relaySettings.variables,
  },
  read: (data, given) => ({ eventsRetentionDays: data.EVENTS_RETENTION_DAYS, ...relaySettings.read(data, given) }),
  ...(relaySettings.contradictions === undefined ? {} : { contradictions: relaySettings.contradictions }),
});
