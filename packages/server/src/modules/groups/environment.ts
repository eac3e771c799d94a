/** QUOTA_GROUPS: how many groups a tenant may have. */
import { defineSettings, variable, whole } from '../../kernel/settings.ts';

export const groupSettings = defineSettings({
  variables: {
    QUOTA_GROUPS: variable(whole(0, 1_000_000, 10_000), {
      about: 'Groups that one tenant may have. 0: no limit.',
      shown: 10_000,
    }),
  },
  read: (data) => ({ quotaGroups: data.QUOTA_GROUPS }),
});
