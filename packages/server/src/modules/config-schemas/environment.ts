/** QUOTA_CONFIG_SCHEMAS: how many schemas of configurations a tenant may have. */
import { defineSettings, variable, whole } from '../../kernel/settings.ts';

export const configSchemaSettings = defineSettings({
  variables: {
    QUOTA_CONFIG_SCHEMAS: variable(whole(0, 1_000_000, 1_000), {
      about: 'Schemas of configurations that one tenant may have. 0: no limit.',
      shown: 1_000,
    }),
  },
  read: (data) => ({ quotaConfigSchemas: data.QUOTA_CONFIG_SCHEMAS }),
});
