/** QUOTA_USERS: how many users a tenant may have. */
import { defineSettings, variable, whole } from '../../kernel/settings.ts';

export const userSettings = defineSettings({
  variables: {
    QUOTA_USERS: variable(whole(0, 1_000_000, 100_000), {
      about: 'Users that one tenant may have, deactivated ones too. 0: no limit.',
      shown: 100_000,
    }),
  },
  read: (data) => ({ quotaUsers: data.QUOTA_USERS }),
});
