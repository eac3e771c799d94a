/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { MutationOptions, QueryOptions } from '../../calls/options.ts';
import type { List } from '../../list.ts';
import type { Result } from '../../result.ts';
import type {
  ActivateTenantInput,
  ArchiveTenantInput,
  CancelTenantInput,
  CreateTenantInput,
  DeleteTenantInput,
  GetTenantBySlugInput,
  GetTenantInput,
  ListTenantsInput,
  Tenant,
  TenantPage,
  UpdateTenantInput,
} from '../schemas/tenants.ts';

/** The operations of `client.tenants`. */
export interface TenantsOperations {
  /**
   * Create a tenant.
   *
   * A customer starts on a trial of 14 days, a demo stays a demo.
   *
   * Requires the permission `tenants:write`. It is held by the roles operator, sales.
   */
  create(input: CreateTenantInput, options?: MutationOptions): Result<Tenant>;
  /**
   * List tenants.
   *
   * Newest first, filtered by status, kind and a part of slug or name.
   *
   * Requires the permission `tenants:read`. It is held by the roles operator, support, sales, admin, billing, member;
   * API keys with the scope `registry:tenants:read`.
   */
  list(input?: ListTenantsInput, options?: QueryOptions): List<TenantPage>;
  /**
   * Get a tenant.
   *
   * By id.
   *
   * Requires the permission `tenants:read`. It is held by the roles operator, support, sales, admin, billing, member;
   * API keys with the scope `registry:tenants:read`.
   */
  get(input: GetTenantInput, options?: QueryOptions): Result<Tenant>;
  /**
   * Get a tenant by slug.
   *
   * By the slug that it was created with.
   *
   * Requires the permission `tenants:read`. It is held by the roles operator, support, sales, admin, billing, member;
   * API keys with the scope `registry:tenants:read`.
   */
  getBySlug(input: GetTenantBySlugInput, options?: QueryOptions): Result<Tenant>;
  /**
   * Change a tenant.
   *
   * Absent fields stay as they are, null clears a field. The slug never changes.
   *
   * Requires the permission `tenants:write`. It is held by the roles operator, sales.
   */
  update(input: UpdateTenantInput, options?: MutationOptions): Result<Tenant>;
  /**
   * Activate a tenant.
   *
   * From trial, or from frozen within 30 days of the freeze.
   *
   * Requires the permission `tenants:write`. It is held by the roles operator, sales.
   */
  activate(input: ActivateTenantInput, options?: MutationOptions): Result<Tenant>;
  /**
   * Cancel a tenant.
   *
   * Freezes a trial or active tenant: it becomes read-only and can be activated again within 30 days.
   *
   * Requires the permission `tenants:write`. It is held by the roles operator, sales.
   */
  cancel(input: CancelTenantInput, options?: MutationOptions): Result<Tenant>;
  /**
   * Archive a tenant.
   *
   * Ends a frozen tenant for good: only its audit log can be read from then on.
   *
   * Requires the permission `tenants:delete`. It is held by the roles operator.
   */
  archive(input: ArchiveTenantInput, options?: MutationOptions): Result<Tenant>;
  /**
   * Delete an archived tenant.
   *
   * Deletes it with everything that it holds; its audit log stays. Its databases are deleted before, each by its own
   * operation. A tenant with very many audit rows takes several requests: 409 `tenant_deletion_unfinished` until the
   * last.
   *
   * Requires the permission `tenants:delete`. It is held by the roles operator.
   */
  delete(input: DeleteTenantInput, options?: MutationOptions): Result<void>;
}
