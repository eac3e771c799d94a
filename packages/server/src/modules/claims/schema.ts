/** The question of an identity provider at a sign-in, and the claims that it puts into the token. */
import { z } from 'zod';
import { id, label, slug, textUpTo } from '../../kernel/schema.ts';
import { tenantStatus } from '../tenants/schema.ts';

const ROLES_MAX = 100;
const aboutRoles = { description: 'Handed through as they came.', examples: [['admin']] };
const orgRoles = z.array(label).max(ROLES_MAX);

// Free text of an administrator of the identity provider: what is no id or slug finds no tenant, and is no mistake.
const attribute = z
  .union([z.string().max(200), z.array(z.string().max(200)).max(20)], 'must be a text or a list of texts')
  .optional()
  .describe('A text, or a list of texts as Keycloak sends it.');

export const keycloakClaimsInput = z.strictObject({
  tenant_id: id.optional().describe('Looked up first.'),
  tenant_slug: slug.optional().describe('Looked up when there is no id, or when the id finds nothing.'),
  user_attrs: z
    .strictObject({ tenant_id: attribute, tenant_slug: attribute })
    .optional()
    .describe("The user's attributes, for when neither id nor slug finds a tenant."),
  org_roles: orgRoles.default([]).meta(aboutRoles),
});
export type KeycloakClaimsQuestion = z.output<typeof keycloakClaimsInput>;

export const keycloakClaims = z
  .object({
    tenant_id: id,
    tenant_slug: textUpTo(40),
    org_roles: z.array(textUpTo(200)).meta({ ...aboutRoles, maxItems: ROLES_MAX }),
    products: z.array(textUpTo(100)).meta({
      description: 'The products that the tenant is entitled to now, in alphabetical order.',
      maxItems: 1000,
      examples: [['certifai', 'compliance']],
    }),
    plan: textUpTo(200)
      .nullable()
      .meta({ description: 'The plan that it is on.', examples: ['professional'] }),
    tenant_status: tenantStatus,
  })
  .meta({ id: 'KeycloakClaims', description: "The tenant's part of a token." });
export type KeycloakClaims = z.infer<typeof keycloakClaims>;
