/** Claims on the wire: one expression per endpoint. */

import { kernelErrors } from '../../kernel/errors.ts';
import { routes } from '../../kernel/routes.ts';
import { procedure, router } from '../../kernel/trpc.ts';
import { tenancyErrors } from '../tenants/errors.ts';
import { keycloakClaims, keycloakClaimsInput } from './schema.ts';
import { keycloakClaimsOf } from './service.ts';

const internal = routes({ tag: 'Internal', tenancy: tenancyErrors });

export const claimsRouter = router({
  keycloak: procedure('claims:read')
    .meta({
      safe: true,
      rest: internal.ask('/v1/internal/keycloak/claims', {
        operation: 'get_keycloak_claims',
        summary: 'Get the claims for a token',
        description:
          'Finds the tenant by `tenant_id`, `tenant_slug`, `user_attrs.tenant_id` or `user_attrs.tenant_slug`: the first, in that order, that a tenant has. 404 when none has.',
        errors: [kernelErrors.notFound],
        inTenant: 'read',
      }),
    })
    .input(keycloakClaimsInput)
    .output(keycloakClaims)
    .mutation(({ ctx, input }) => keycloakClaimsOf(ctx, input)),
});
