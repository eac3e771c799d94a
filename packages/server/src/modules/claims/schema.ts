/** What an identity provider asks about a tenant when somebody signs in, and what it puts into the token. */
import { z } from 'zod';
import { id, label, slug } from '../../kernel/schema.ts';
import { tenantStatus } from '../tenants/schema.ts';

const orgRoles = z.array(label).max(100);

// Free text of an administrator of the identity provider: what is no id or slug finds no tenant, and is no mistake.
const attribute = z
  .union([z.string().max(200), z.array(z.string().max(200)).max(20)], 'must be a text or a list of texts')
  .optional()
  .describe('A text, or a list of texts as Keycloak sends it.');

export const keycloakClaimsInput = z.strictObject({
  tenant_id: id.optional(),
  tenant_slug: slug.optional(),
  user_attrs: z
    .strictObject({ tenant_id: attribute, tenant_slug: attribute })
    .optional()
    .describe("The user's attributes, for when neither id nor slug finds a tenant."),
  org_roles: orgRoles.default([]).describe('Handed through.'),
});
export type KeycloakClaimsQuestion = z.output<typeof keycloakClaimsInput>;

export const keycloakClaims = z
  .object({
    tenant_id: id,
    tenant_slug: z.string(),
    org_roles: z.array(z.string()),
    products: z.array(z.string()).describe('What the tenant is entitled to now, in alphabetical order.'),
    plan: z.string().nullable(),
    tenant_status: tenantStatus,
  })
  .meta({ id: 'KeycloakClaims', description: "The tenant's part of a token." });
export type KeycloakClaims = z.infer<typeof keycloakClaims>;
