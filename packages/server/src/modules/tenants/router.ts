/** Tenants on the wire: one expression per endpoint. */
import { z } from 'zod';
import { procedure, router } from '../../kernel/trpc.ts';
import { tenantErrors } from './errors.ts';
import {
  activateTenantInput,
  cancelTenantInput,
  createTenantInput,
  listTenantsInput,
  tenant,
  tenantId,
  tenantPage,
  tenantSlug,
  updateTenantInput,
} from './schema.ts';
import {
  activateTenant,
  archiveTenant,
  cancelTenant,
  createTenant,
  deleteTenant,
  getTenant,
  getTenantBySlug,
  listTenants,
  updateTenant,
} from './service.ts';

const tag = 'Tenants';

export const tenantsRouter = router({
  create: procedure('tenants:write')
    .meta({
      rest: {
        method: 'POST',
        path: '/v1/tenants',
        status: 201,
        operation: 'create_tenant',
        tag,
        summary: 'Create a tenant',
        description: 'A customer starts on a trial of 14 days, a demo stays a demo.',
        errors: [tenantErrors.slugTaken, tenantErrors.contractDatesInvalid],
        etag: true,
        location: '/v1/tenants/{id}',
        example: { request: { kind: 'customer' } },
      },
    })
    .input(createTenantInput)
    .output(tenant)
    .mutation(({ ctx, input }) => createTenant(ctx, input)),

  list: procedure('tenants:read')
    .meta({
      rest: {
        method: 'GET',
        path: '/v1/tenants',
        operation: 'list_tenants',
        tag,
        summary: 'List tenants',
        description: 'Newest first, filtered by status, kind and a part of slug or name.',
      },
    })
    .input(listTenantsInput)
    .output(tenantPage)
    .query(({ ctx, input }) => listTenants(ctx, input)),

  get: procedure('tenants:read')
    .meta({
      rest: {
        method: 'GET',
        path: '/v1/tenants/{id}',
        operation: 'get_tenant',
        tag,
        summary: 'Get a tenant',
        description: 'By id.',
        etag: true,
      },
    })
    .input(tenantId)
    .output(tenant)
    .query(({ ctx, input }) => getTenant(ctx, input.id)),

  getBySlug: procedure('tenants:read')
    .meta({
      rest: {
        method: 'GET',
        path: '/v1/tenants/by-slug/{slug}',
        operation: 'get_tenant_by_slug',
        tag,
        summary: 'Get a tenant by slug',
        description: 'By the slug that it was created with.',
        etag: true,
      },
    })
    .input(tenantSlug)
    .output(tenant)
    .query(({ ctx, input }) => getTenantBySlug(ctx, input.slug)),

  update: procedure('tenants:write')
    .meta({
      rest: {
        method: 'PATCH',
        path: '/v1/tenants/{id}',
        operation: 'update_tenant',
        tag,
        summary: 'Change a tenant',
        description: 'Absent fields stay as they are, null clears a field. The slug never changes.',
        errors: [
          tenantErrors.slugImmutable,
          tenantErrors.contractDatesInvalid,
          tenantErrors.tenantFrozen,
          tenantErrors.tenantArchived,
        ],
        etag: true,
      },
    })
    .input(updateTenantInput)
    .output(tenant)
    .mutation(({ ctx, input }) => updateTenant(ctx, input)),

  activate: procedure('tenants:write')
    .meta({
      rest: {
        method: 'POST',
        path: '/v1/tenants/{id}/activate',
        operation: 'activate_tenant',
        tag,
        summary: 'Activate a tenant',
        description: 'From trial, or from frozen within 30 days of the freeze.',
        errors: [tenantErrors.illegalTransition],
        etag: true,
        example: { response: { status: 'active', trial_ends_at: null } },
      },
    })
    .input(activateTenantInput)
    .output(tenant)
    .mutation(({ ctx, input }) => activateTenant(ctx, input)),

  cancel: procedure('tenants:write')
    .meta({
      rest: {
        method: 'POST',
        path: '/v1/tenants/{id}/cancel',
        operation: 'cancel_tenant',
        tag,
        summary: 'Cancel a tenant',
        description:
          'Freezes a trial or active tenant: it becomes read-only and can be activated again within 30 days.',
        errors: [tenantErrors.illegalTransition],
        etag: true,
        example: { response: { status: 'frozen', frozen_at: '2026-01-20T11:00:00.000Z' } },
      },
    })
    .input(cancelTenantInput)
    .output(tenant)
    .mutation(({ ctx, input }) => cancelTenant(ctx, input)),

  archive: procedure('tenants:delete')
    .meta({
      rest: {
        method: 'POST',
        path: '/v1/tenants/{id}/archive',
        operation: 'archive_tenant',
        tag,
        summary: 'Archive a tenant',
        description: 'Ends a frozen tenant for good: only its audit log can be read from then on.',
        errors: [tenantErrors.illegalTransition],
        etag: true,
        example: {
          response: {
            status: 'archived',
            frozen_at: '2026-01-20T11:00:00.000Z',
            archived_at: '2026-02-19T11:00:00.000Z',
          },
        },
      },
    })
    .input(tenantId)
    .output(tenant)
    .mutation(({ ctx, input }) => archiveTenant(ctx, input.id)),

  delete: procedure('tenants:delete')
    .meta({
      rest: {
        method: 'DELETE',
        path: '/v1/tenants/{id}',
        status: 204,
        operation: 'delete_tenant',
        tag,
        summary: 'Delete an archived tenant',
        description: 'Deletes it with everything that it holds; its audit log stays.',
        errors: [tenantErrors.tenantNotArchived],
      },
    })
    .input(tenantId)
    .output(z.void())
    .mutation(({ ctx, input }) => deleteTenant(ctx, input.id)),
});
