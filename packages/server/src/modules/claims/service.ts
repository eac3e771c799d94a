/** Claims: which tenant a user who signs in belongs to, and what it may use. */
import { tenants } from '@tenant-registry/db';
import type { ActorContext } from '../../kernel/context.ts';
import { kernelErrors } from '../../kernel/errors.ts';
import { id, slug } from '../../kernel/schema.ts';
import { listEntitlements } from '../entitlements/service.ts';
import type { KeycloakClaims, KeycloakClaimsQuestion } from './schema.ts';

/**
 * The claims of the first tenant that is found: by id, by slug, then by these two attributes of the user.
 * Throws `not_found`, `tenant_archived`.
 */
export async function keycloakClaimsOf(ctx: ActorContext, question: KeycloakClaimsQuestion): Promise<KeycloakClaims> {
  const tenant = await firstTenant(ctx, question);
  const { items } = await listEntitlements(ctx, tenant.id);
  return {
    tenant_id: tenant.id,
    tenant_slug: tenant.slug,
    org_roles: question.org_roles,
    products: items.filter(({ active }) => active).map(({ product }) => product),
    plan: tenant.plan,
    tenant_status: tenant.status,
  };
}

async function firstTenant({ db }: ActorContext, { tenant_id, tenant_slug, user_attrs = {} }: KeycloakClaimsQuestion) {
  const ids = (texts: string[]) => texts.map((text) => ({ text, shape: id, find: tenants.findTenant }));
  const slugs = (texts: string[]) => texts.map((text) => ({ text, shape: slug, find: tenants.findTenantBySlug }));
  const candidates = [
    ...ids(tenant_id === undefined ? [] : [tenant_id]),
    ...slugs(tenant_slug === undefined ? [] : [tenant_slug]),
    ...ids(user_attrs.tenant_id ?? []),
    ...slugs(user_attrs.tenant_slug ?? []),
  ];
  for (const { text, shape, find } of candidates) {
    const { data } = shape.safeParse(text);
    const tenant = data === undefined ? undefined : await find(db, data);
    if (tenant !== undefined) return tenant;
  }
  throw kernelErrors.notFound();
}
