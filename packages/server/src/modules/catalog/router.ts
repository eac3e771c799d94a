/** The catalog on the wire: one expression per endpoint. */
import { routes } from '../../kernel/routes.ts';
import { procedure, router } from '../../kernel/trpc.ts';
import { entitlementErrors } from '../entitlements/errors.ts';
import { tenancyErrors } from '../tenants/errors.ts';
import { catalogErrors } from './errors.ts';
import {
  catalog,
  catalogRequest,
  catalogRequestId,
  catalogRequestPage,
  listCatalogInput,
  listCatalogRequestsInput,
  requestProductInput,
  requestTrialInput,
  startedTrial,
} from './schema.ts';
import {
  grantCatalogRequest,
  listCatalog,
  listCatalogRequests,
  rejectCatalogRequest,
  requestProduct,
  requestTrial,
} from './service.ts';

const on = routes({ tag: 'Catalog', tenancy: tenancyErrors });

export const catalogRouter = router({
  list: procedure('catalog:read')
    .meta({
      rest: on.list('/v1/catalog', {
        operation: 'list_catalog',
        summary: 'List the products',
        description: 'Every product that can be asked for, in the order of the catalog.',
      }),
    })
    .input(listCatalogInput)
    .output(catalog)
    .query(({ ctx }) => listCatalog(ctx)),

  request: procedure('catalog:request')
    .meta({
      rest: on.create('/v1/catalog/request', {
        operation: 'request_product',
        summary: 'Ask for a product',
        description: 'An operator grants or rejects it. A tenant has one open request for a product at a time.',
        errors: [entitlementErrors.productNotFound, catalogErrors.requestOpen],
        inTenant: 'write',
        location: false,
      }),
    })
    .input(requestProductInput)
    .output(catalogRequest)
    .mutation(({ ctx, input }) => requestProduct(ctx, input)),

  requestTrial: procedure('catalog:request')
    .meta({
      rest: on.create('/v1/catalog/trial-request', {
        operation: 'request_trial',
        summary: 'Start a trial of a product',
        description:
          'Granted at once, for as many days as the catalog says; it ends by itself. Once per tenant and product.',
        errors: [entitlementErrors.productNotFound, entitlementErrors.alreadyEntitled, catalogErrors.trialUsed],
        inTenant: 'write',
        example: { response: { source: 'trial', ends_at: '2026-01-29T09:30:00.000Z' } },
        location: false,
      }),
    })
    .input(requestTrialInput)
    .output(startedTrial)
    .mutation(({ ctx, input }) => requestTrial(ctx, input)),

  listRequests: procedure('catalog:read')
    .meta({
      rest: on.list('/v1/catalog/requests', {
        operation: 'list_catalog_requests',
        summary: 'List what was asked for',
        description: 'Requests and trials, newest first, of one tenant or of all, filtered by state.',
        inTenant: 'read',
      }),
    })
    .input(listCatalogRequestsInput)
    .output(catalogRequestPage)
    .query(({ ctx, input }) => listCatalogRequests(ctx, input)),

  grantRequest: procedure('catalog:decide')
    .meta({
      rest: on.step('/v1/catalog/requests/{id}/grant', {
        operation: 'grant_catalog_request',
        summary: 'Grant a request',
        description:
          'Entitles the tenant to the product as a contract without an end; a trial of it becomes that contract.',
        errors: [catalogErrors.requestDecided, entitlementErrors.productNotFound],
        inTenant: 'write',
        example: {
          response: { state: 'granted', decided_by: 'operator_token', decided_at: '2026-01-16T08:00:00.000Z' },
        },
      }),
    })
    .input(catalogRequestId)
    .output(catalogRequest)
    .mutation(({ ctx, input }) => grantCatalogRequest(ctx, input.id)),

  rejectRequest: procedure('catalog:decide')
    .meta({
      rest: on.step('/v1/catalog/requests/{id}/reject', {
        operation: 'reject_catalog_request',
        summary: 'Reject a request',
        description: 'The tenant may ask for the product again.',
        errors: [catalogErrors.requestDecided],
        inTenant: 'write',
        example: {
          response: { state: 'rejected', decided_by: 'operator_token', decided_at: '2026-01-16T08:00:00.000Z' },
        },
      }),
    })
    .input(catalogRequestId)
    .output(catalogRequest)
    .mutation(({ ctx, input }) => rejectCatalogRequest(ctx, input.id)),
});
