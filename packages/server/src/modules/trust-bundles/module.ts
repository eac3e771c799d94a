/** Trust bundles: the keys of SPIFFE trust domains that a tenant believes. */
import { quotas } from '@tenant-registry/db';
import { defineModule } from '../../kernel/module.ts';
import { createKeysOf } from './authority.ts';
import { trustBundleSettings } from './environment.ts';
import { trustBundleErrors } from './errors.ts';
import type { TrustBundlesPort } from './port.ts';
import { trustBundlesRouter } from './router.ts';
import { trustBundleEvents } from './schema.ts';

export const trustBundlesModule = defineModule({
  router: trustBundlesRouter,
  errors: trustBundleErrors,
  events: trustBundleEvents,
  settings: trustBundleSettings,
  holdings: { trust_bundles: 'spiffe_trust_bundles' },
  provide(kernel, { quotaTrustBundles }: { readonly quotaTrustBundles: number }) {
    kernel.quotas.declare({ name: 'trust_bundles', limit: quotaTrustBundles, used: quotas.findTrustBundlesInUse });
    const port: TrustBundlesPort = { keysOf: createKeysOf(kernel) };
    return { trustBundles: port };
  },
});
