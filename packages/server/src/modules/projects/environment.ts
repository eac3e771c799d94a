/** QUOTA_PROJECTS: how many active projects a tenant may have. */
import { defineSettings, variable, whole } from '../../kernel/settings.ts';

export const projectSettings = defineSettings({
  variables: {
    QUOTA_PROJECTS: variable(whole(0, 1_000_000, 1_000), {
      about: 'Active projects that one tenant may have. 0: no limit.',
      shown: 1_000,
    }),
  },
  read: (data) => ({ quotaProjects: data.QUOTA_PROJECTS }),
});
