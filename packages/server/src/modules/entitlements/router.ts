/** Entitlements on the wire: one expression per endpoint. */
import { z } from 'zod';
import { procedure, router } from '../../kernel/trpc.ts';
import { tenantErrors } from '../tenants/errors.ts';
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

const tag = 'Entitlements';

export const entitlementsRouter = router({
  list: procedure('entitlements:read')
    .meta({
      rest: {
        method: 'GET',
        path: '/v1/entitlements',
        operation: 'list_entitlements',
        tag,
        summary: 'List the entitlements of a tenant',
        description: 'All of them, by product: `active` tells which are running.',
        errors: [tenantErrors.tenantArchived],
      },
    })
    .input(listEntitlementsInput)
    .output(entitlementList)
    .query(({ ctx, input }) => listEntitlements(ctx, input.tenant_id)),

  set: procedure('entitlements:write')
    .meta({
      rest: {
        method: 'PUT',
        path: '/v1/entitlements',
        operation: 'set_entitlement',
        tag,
        summary: 'Entitle a tenant to a product',
        description:
          'On exactly these terms, whatever it had: what is absent takes its default. Equal terms change nothing.',
        errors: [
          entitlementErrors.productNotFound,
          entitlementErrors.endInThePast,
          tenantErrors.tenantFrozen,
          tenantErrors.tenantArchived,
        ],
        etag: true,
      },
    })
    .input(setEntitlementInput)
    .output(entitlement)
    .mutation(({ ctx, input }) => setEntitlement(ctx, input)),

  revoke: procedure('entitlements:write')
    .meta({
      rest: {
        method: 'DELETE',
        path: '/v1/entitlements',
        status: 204,
        operation: 'revoke_entitlement',
        tag,
        summary: 'Take a product from a tenant',
        description: 'At once. A trial that the tenant has had stays used.',
        errors: [tenantErrors.tenantFrozen, tenantErrors.tenantArchived],
      },
    })
    .input(entitlementKey)
    .output(z.void())
    .mutation(({ ctx, input }) => revokeEntitlement(ctx, input)),

  check: procedure('entitlements:read')
    .meta({
      rest: {
        method: 'GET',
        path: '/v1/entitlements/check',
        operation: 'check_entitlement',
        tag,
        summary: 'May the tenant use the product?',
        description:
          'Always answers for a tenant that exists: `allowed` tells, `reason` why. A product that is in no catalog is `not_entitled`.',
      },
    })
    .input(checkEntitlementInput)
    .output(entitlementVerdict)
    .query(({ ctx, input }) => checkEntitlement(ctx, input)),
});
