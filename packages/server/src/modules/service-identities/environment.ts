/** QUOTA_SERVICE_IDENTITIES: how many service identities a tenant may have. */
import { defineSettings, variable, whole } from '../../kernel/settings.ts';

export const serviceIdentitySettings = defineSettings({
  variables: {
    QUOTA_SERVICE_IDENTITIES: variable(whole(0, 1_000_000, 1_000), {
      about: 'Service identities in use (not deactivated) that one tenant may have. 0: no limit.',
      shown: 1_000,
    }),
  },
  read: (data) => ({ quotaServiceIdentities: data.QUOTA_SERVICE_IDENTITIES }),
});
