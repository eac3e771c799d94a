/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */

/** The input of `client.claims.keycloak`. */
export interface GetKeycloakClaimsInput {
  /** Looked up first. */
  tenant_id?: string | undefined;
  /** Looked up when there is no id, or when the id finds nothing. */
  tenant_slug?: string | undefined;
  /** The user's attributes, for when neither id nor slug finds a tenant. */
  user_attrs?: GetKeycloakClaimsInputUserAttrs | undefined;
  /** Handed through as they came. Absent: `[]`. */
  org_roles?: string[] | undefined;
}

/** The user's attributes, for when neither id nor slug finds a tenant. */
export interface GetKeycloakClaimsInputUserAttrs {
  /** A list of texts, as Keycloak sends it. A text alone is taken for a list of one. */
  tenant_id?: string[] | undefined;
  /** A list of texts, as Keycloak sends it. A text alone is taken for a list of one. */
  tenant_slug?: string[] | undefined;
}

/** The tenant's part of a token. */
export interface KeycloakClaims {
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The slug of the tenant. */
  tenant_slug: string;
  /** Handed through as they came. */
  org_roles: string[];
  /** The products that the tenant is entitled to now, in alphabetical order. */
  products: string[];
  /** The plan that it is on. */
  plan: string | null;
  /** The stage of a tenant in its life. `frozen` is read-only; `archived` answers only audit reads. Others may come. */
  tenant_status: 'demo' | 'trial' | 'active' | 'frozen' | 'archived';
}
