/** The question of an identity provider at a sign-in, and the claims that it puts into the token. */
import { z } from 'zod';
import { id, label, slug, textUpTo } from '../../kernel/schema.ts';
import { tenantStatus } from '../tenants/schema.ts';

const ROLES_MAX = 100;
const aboutRoles = { description: 'Handed through as they came.', examples: [['admin']] };
const orgRoles = z.array(label).max(ROLES_MAX);

// Free text of an administrator of the identity provider: what is no id or slug finds no tenant, and is no mistake.
const texts = z.array(z.string().max(200), 'must be a text or a list of texts').max(20);
// The document tells of the list alone: of a union of a text and a list, Java's generator makes code that does not compile.
const attribute = (example: string) => {
  const description = 'A list of texts, as Keycloak sends it. A text alone is taken for a list of one.';
  const list = z.preprocess(asList, texts.meta({ description, examples: [[example]] }));
  return (list as z.ZodType<string[], string | string[]>).optional();
};

export const keycloakClaimsInput = z.strictObject({
  tenant_id: id.optional().describe('Looked up first.'),
  tenant_slug: slug.optional().describe('Looked up when there is no id, or when the id finds nothing.'),
  user_attrs: z
    .strictObject({ tenant_id: attribute('0192f0c1-7f3a-7c52-9d1e-4b8a6f2e3c10'), tenant_slug: attribute('acme') })
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

function asList(given: unknown): unknown {
  return typeof given === 'string' ? [given] : given;
}
