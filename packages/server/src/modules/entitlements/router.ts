/** Entitlements on the wire: one expression per endpoint. */
import { z } from 'zod';
import { routes } from '../../kernel/routes.ts';
import { procedure, router } from '../../kernel/trpc.ts';
import { tenancyErrors } from '../tenants/errors.ts';
import { entitlementErrors } from './errors.ts';
import {
  checkEntitlementInput,
  entitlement,
  entitlementKey,
  entitlementList,
  entitlementVerdict,
  listEntitlementsInput,
  setEntitlementInput,
} from './schema.ts';
import { checkEntitlement, listEntitlements, revokeEntitlement, setEntitlement } from './service.ts';

const on = routes({ tag: 'Entitlements', tenancy: tenancyErrors });

export const entitlementsRouter = router({
  list: procedure('entitlements:read')
    .meta({
      rest: on.list('/v1/entitlements', {
        operation: 'list_entitlements',
        summary: 'List the entitlements of a tenant',
        description: 'All of them, by product: `active` tells which are running.',
        inTenant: 'read',
      }),
    })
    .input(listEntitlementsInput)
    .output(entitlementList)
    .query(({ ctx, input }) => listEntitlements(ctx, input.tenant_id)),

  set: procedure('entitlements:write')
    .meta({
      rest: on.replace('/v1/entitlements', {
        operation: 'set_entitlement',
        summary: 'Entitle a tenant to a product',
        description:
          'On exactly these terms, whatever it had: what is absent takes its default. Equal terms change nothing.',
        errors: [entitlementErrors.productNotFound, entitlementErrors.endInThePast],
        inTenant: 'write',
      }),
    })
    .input(setEntitlementInput)
    .output(entitlement)
    .mutation(({ ctx, input }) => setEntitlement(ctx, input)),

  revoke: procedure('entitlements:write')
    .meta({
      rest: on.remove('/v1/entitlements', {
        operation: 'revoke_entitlement',
        summary: 'Take a product from a tenant',
        description: 'At once. A trial that the tenant has had stays used.',
        inTenant: 'write',
      }),
    })
    .input(entitlementKey)
    .output(z.void())
    .mutation(({ ctx, input }) => revokeEntitlement(ctx, input)),

  check: procedure('entitlements:read')
    .meta({
      rest: on.list('/v1/entitlements/check', {
        operation: 'check_entitlement',
        summary: 'May the tenant use the product?',
        description:
          'Always answers for a tenant that exists: `allowed` tells, `reason` why. A product that is in no catalog is `not_entitled`.',
      }),
    })
    .input(checkEntitlementInput)
    .output(entitlementVerdict)
    .query(({ ctx, input }) => checkEntitlement(ctx, input)),
});
