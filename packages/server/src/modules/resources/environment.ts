/** QUOTA_RESOURCES: how many resources a tenant may have. */
import { defineSettings, variable, whole } from '../../kernel/settings.ts';

export const resourceSettings = defineSettings({
  variables: {
    QUOTA_RESOURCES: variable(whole(0, 1_000_000, 10_000), {
      about: 'Resources that one tenant may have. 0: no limit.',
      shown: 10_000,
    }),
  },
  read: (data) => ({ quotaResources: data.QUOTA_RESOURCES }),
});
