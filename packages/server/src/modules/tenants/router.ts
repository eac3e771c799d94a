/** Tenants on the wire: one expression per endpoint. */
import { z } from 'zod';
import { kernelErrors } from '../../kernel/errors.ts';
import { routes } from '../../kernel/routes.ts';
import { procedure, router } from '../../kernel/trpc.ts';
import { deleteTenant } from './deletion/service.ts';
import { tenancyErrors, tenantErrors } from './errors.ts';
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
  getTenant,
  getTenantBySlug,
  listTenants,
  updateTenant,
} from './service.ts';

const on = routes({ tag: 'Tenants', tenancy: tenancyErrors });

export const tenantsRouter = router({
  create: procedure('tenants:write')
    .meta({
      rest: on.create('/v1/tenants', {
        operation: 'create_tenant',
        summary: 'Create a tenant',
        description: 'A customer starts on a trial of 14 days, a demo stays a demo.',
        errors: [tenantErrors.slugTaken, tenantErrors.contractDatesInvalid],
        example: {
          request: { slug: 'globex', name: 'Globex GmbH' },
          response: { id: '0192f0c1-7f3a-7c52-9d1e-4b8a6f2e3c10', slug: 'globex', name: 'Globex GmbH' },
        },
      }),
    })
    .input(createTenantInput)
    .output(tenant)
    .mutation(({ ctx, input }) => createTenant(ctx, input)),

  list: procedure('tenants:read')
    .meta({
      rest: on.list('/v1/tenants', {
        operation: 'list_tenants',
        summary: 'List tenants',
        description: 'Newest first, filtered by status, kind and a part of slug or name.',
      }),
    })
    .input(listTenantsInput)
    .output(tenantPage)
    .query(({ ctx, input }) => listTenants(ctx, input)),

  get: procedure('tenants:read')
    .meta({
      rest: on.get('/v1/tenants/{id}', {
        operation: 'get_tenant',
        summary: 'Get a tenant',
        description: 'By id.',
      }),
    })
    .input(tenantId)
    .output(tenant)
    .query(({ ctx, input }) => getTenant(ctx, input.id)),

  getBySlug: procedure('tenants:read')
    .meta({
      rest: on.get('/v1/tenants/by-slug/{slug}', {
        operation: 'get_tenant_by_slug',
        summary: 'Get a tenant by slug',
        description: 'By the slug that it was created with.',
      }),
    })
    .input(tenantSlug)
    .output(tenant)
    .query(({ ctx, input }) => getTenantBySlug(ctx, input.slug)),

  update: procedure('tenants:write')
    .meta({
      rest: on.update('/v1/tenants/{id}', {
        operation: 'update_tenant',
        summary: 'Change a tenant',
        description: 'Absent fields stay as they are, null clears a field. The slug never changes.',
        errors: [tenantErrors.slugImmutable, tenantErrors.contractDatesInvalid],
        inTenant: 'write',
      }),
    })
    .input(updateTenantInput)
    .output(tenant)
    .mutation(({ ctx, input }) => updateTenant(ctx, input)),

  activate: procedure('tenants:write')
    .meta({
      rest: on.step('/v1/tenants/{id}/activate', {
        operation: 'activate_tenant',
        summary: 'Activate a tenant',
        description: 'From trial, or from frozen within 30 days of the freeze.',
        errors: [kernelErrors.illegalTransition],
        example: { response: { status: 'active', trial_ends_at: null } },
      }),
    })
    .input(activateTenantInput)
    .output(tenant)
    .mutation(({ ctx, input }) => activateTenant(ctx, input)),

  cancel: procedure('tenants:write')
    .meta({
      rest: on.step('/v1/tenants/{id}/cancel', {
        operation: 'cancel_tenant',
        summary: 'Cancel a tenant',
        description:
          'Freezes a trial or active tenant: it becomes read-only and can be activated again within 30 days.',
        errors: [kernelErrors.illegalTransition],
        example: { response: { status: 'frozen', frozen_at: '2026-01-20T11:00:00.000Z' } },
      }),
    })
    .input(cancelTenantInput)
    .output(tenant)
    .mutation(({ ctx, input }) => cancelTenant(ctx, input)),

  archive: procedure('tenants:delete')
    .meta({
      rest: on.step('/v1/tenants/{id}/archive', {
        operation: 'archive_tenant',
        summary: 'Archive a tenant',
        description: 'Ends a frozen tenant for good: only its audit log can be read from then on.',
        errors: [kernelErrors.illegalTransition],
        example: {
          response: {
            status: 'archived',
            frozen_at: '2026-01-20T11:00:00.000Z',
            archived_at: '2026-02-19T11:00:00.000Z',
          },
        },
      }),
    })
    .input(tenantId)
    .output(tenant)
    .mutation(({ ctx, input }) => archiveTenant(ctx, input.id)),

  delete: procedure('tenants:delete')
    .meta({
      rest: on.remove('/v1/tenants/{id}', {
        operation: 'delete_tenant',
        summary: 'Delete an archived tenant',
        description:
          'Deletes it with everything that it holds; its audit log stays. Its databases are deleted before, each by its own operation. A tenant with very many audit rows takes several requests: 409 `tenant_deletion_unfinished` until the last.',
        errors: [
          tenantErrors.tenantNotArchived,
          tenantErrors.tenantHasDatabases,
          tenantErrors.tenantDeletionUnfinished,
        ],
      }),
    })
    .input(tenantId)
    .output(z.void())
    .mutation(({ ctx, input }) => deleteTenant(ctx, input.id)),
});
