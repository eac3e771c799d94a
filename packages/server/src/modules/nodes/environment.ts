/** QUOTA_NODES: how many nodes a tenant may have. */
import { defineSettings, variable, whole } from '../../kernel/settings.ts';

export const nodeSettings = defineSettings({
  variables: {
    QUOTA_NODES: variable(whole(0, 1_000_000, 100_000), {
      about: 'Nodes that one tenant may have, deregistered ones too until they are deleted. 0: no limit.',
      shown: 100_000,
    }),
  },
  read: (data) => ({ quotaNodes: data.QUOTA_NODES }),
});
