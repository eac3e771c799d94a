/** QUOTA_IDP_CONFIGS: how many SSO configurations in use a tenant may have. */
import { defineSettings, variable, whole } from '../../kernel/settings.ts';

export const idpConfigSettings = defineSettings({
  variables: {
    QUOTA_IDP_CONFIGS: variable(whole(0, 1_000_000, 100), {
      about: 'SSO configurations in use (not deactivated) that one tenant may have. 0: no limit.',
      shown: 100,
    }),
  },
  read: (data) => ({ quotaIdpConfigs: data.QUOTA_IDP_CONFIGS }),
});
