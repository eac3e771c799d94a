/** Trust bundles on the wire: one expression per endpoint. */
import { z } from 'zod';
import { kernelErrors } from '../../kernel/errors.ts';
import { routes } from '../../kernel/routes.ts';
import { procedure, router } from '../../kernel/trpc.ts';
import { tenancyErrors } from '../tenants/errors.ts';
import { trustBundleErrors } from './errors.ts';
import { listTrustBundlesInput, setTrustBundleInput, trustBundle, trustBundleName, trustBundlePage } from './schema.ts';
import { listTrustBundles, removeTrustBundle, setTrustBundle } from './service.ts';

const on = routes({ tag: 'Service identities', tenancy: tenancyErrors });

export const trustBundlesRouter = router({
  set: procedure('service_identities:write')
    .meta({
      surcharge: 'outbound',
      rest: on.replace('/v1/trust-bundles', {
        operation: 'set_trust_bundle',
        summary: 'Set the keys of a trust domain',
        description:
          'JWT-SVIDs of the trust domain are believed by these keys alone. Without `keys` they are fetched from `url`, this once: set the bundle again when the trust domain rotates its keys. Equal keys change nothing.',
        errors: [trustBundleErrors.bundleInvalid, kernelErrors.quotaExceeded, kernelErrors.boundToProject],
        inTenant: 'write',
      }),
    })
    .input(setTrustBundleInput)
    .output(trustBundle)
    .mutation(({ ctx, input }) => setTrustBundle(ctx, input)),

  list: procedure('service_identities:read')
    .meta({
      rest: on.list('/v1/trust-bundles', {
        operation: 'list_trust_bundles',
        summary: 'List the trust bundles of a tenant',
        description: 'Newest first, with the ids of their keys.',
        errors: [kernelErrors.boundToProject],
        inTenant: 'read',
      }),
    })
    .input(listTrustBundlesInput)
    .output(trustBundlePage)
    .query(({ ctx, input }) => listTrustBundles(ctx, input)),

  remove: procedure('service_identities:write')
    .meta({
      rest: on.remove('/v1/trust-bundles', {
        operation: 'remove_trust_bundle',
        summary: 'Believe a trust domain no more',
        description: 'From the answer on, no JWT-SVID of the trust domain is accepted in the tenant.',
        errors: [kernelErrors.boundToProject],
        inTenant: 'write',
      }),
    })
    .input(trustBundleName)
    .output(z.void())
    .mutation(({ ctx, input }) => removeTrustBundle(ctx, input)),
});
