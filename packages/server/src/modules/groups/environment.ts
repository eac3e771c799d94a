/** QUOTA_GROUPS and QUOTA_GROUP_EDGES: how many groups a tenant may have, and how often they may be in each other. */
import { defineSettings, variable, whole } from '../../kernel/settings.ts';

export const groupSettings = defineSettings({
  variables: {
    QUOTA_GROUPS: variable(whole(0, 1_000_000, 10_000), {
      about: 'Groups that one tenant may have. 0: no limit.',
      shown: 10_000,
    }),
    QUOTA_GROUP_EDGES: variable(whole(0, 10_000_000, 20_000), {
      about:
        'How often groups of one tenant may be in other groups of it: each request of a person walks up from its groups. 0: no limit.',
      shown: 20_000,
    }),
  },
  read: (data) => ({ quotaGroups: data.QUOTA_GROUPS, quotaGroupEdges: data.QUOTA_GROUP_EDGES }),
});
