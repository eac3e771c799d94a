/** QUOTA_TRUST_BUNDLES: how many trust bundles a tenant may have. */
import { defineSettings, variable, whole } from '../../kernel/settings.ts';

export const trustBundleSettings = defineSettings({
  variables: {
    QUOTA_TRUST_BUNDLES: variable(whole(0, 1_000_000, 50), {
      about: 'SPIFFE trust bundles that one tenant may have. 0: no limit.',
      shown: 50,
    }),
  },
  read: (data) => ({ quotaTrustBundles: data.QUOTA_TRUST_BUNDLES }),
});
