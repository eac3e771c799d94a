/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { LevelLoss } from './users.ts';

/** The input of `client.serviceIdentities.create`. */
export interface CreateServiceIdentityInput {
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** For people to read. */
  display_name: string;
  /**
   * By what it is known: access tokens of an OpenID provider (client credentials), JWT-SVIDs of a SPIFFE trust domain,
   * or API keys that it owns.
   */
  federation_kind: 'oidc_cc' | 'spiffe_svid' | 'api_token';
  /**
   * `sub` of its tokens: of a spiffe_svid its SPIFFE ID. It never changes. Absent for api_token, whose subject the
   * registry makes.
   */
  subject?: string | undefined;
  /** What `aud` of its tokens must name: for oidc_cc and spiffe_svid alone. */
  audience?: string | undefined;
  /** The SSO configuration whose issuer makes its tokens: for oidc_cc alone. */
  idp_config_id?: string | undefined;
  /** Binds it to a project of the tenant, for good. */
  project_id?: string | undefined;
}

/** A program of a tenant that is known by itself. */
export interface ServiceIdentity {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** Bound to this project, or null for the whole tenant. */
  project_id: string | null;
  /** For people to read. */
  display_name: string;
  /**
   * By what it is known: access tokens of an OpenID provider (client credentials), JWT-SVIDs of a SPIFFE trust domain,
   * or API keys that it owns. Others may come.
   */
  federation_kind: 'oidc_cc' | 'spiffe_svid' | 'api_token';
  /** `sub` of its tokens, unique in the tenant; of an api_token, a name that the registry made. */
  subject: string;
  /** What `aud` of its tokens must name; null for api_token. */
  audience: string | null;
  /** The SSO configuration whose issuer makes its tokens; null unless it is an oidc_cc. */
  idp_config_id: string | null;
  /** Since when it is deactivated; null: it is active. */
  disabled_at: string | null;
  /** When it was created. */
  created_at: string;
  /** When it last changed. */
  updated_at: string;
}

/** The input of `client.serviceIdentities.list`. */
export interface ListServiceIdentitiesInput {
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** Items at most. A page also ends at 1 MiB, with at least one item and a `next_cursor`. */
  limit?: number | undefined;
  /** `next_cursor` of the page before, for the same filters. */
  cursor?: string | undefined;
  /** Only those that are bound to this project. */
  project_id?: string | undefined;
}

/** A page of service identities. */
export interface ServiceIdentityPage {
  /** The rows of this page. */
  items: ServiceIdentity[];
  /** Send it as `cursor` to get the next page; null on the last one. */
  next_cursor: string | null;
}

/** The input of `client.serviceIdentities.get`. */
export interface GetServiceIdentityInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}

/** The input of `client.serviceIdentities.update`. */
export interface UpdateServiceIdentityInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** For people to read. */
  display_name?: string | undefined;
  /** What `aud` of its tokens must name: for oidc_cc and spiffe_svid alone. */
  audience?: string | null | undefined;
}

/** The input of `client.serviceIdentities.listGroups`. */
export interface ListServiceIdentityGroupsInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** Items at most. A page also ends at 1 MiB, with at least one item and a `next_cursor`. */
  limit?: number | undefined;
  /** `next_cursor` of the page before, for the same filters. */
  cursor?: string | undefined;
}

/** The input of `client.serviceIdentities.deactivate`. */
export interface DeactivateServiceIdentityInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** Changes nothing, and answers what the change would do and take away now. */
  dry_run?: boolean | undefined;
}

/** A deactivated service identity, and what ended with that. */
export interface ServiceIdentityDeactivation {
  /** A program of a tenant that is known by itself. */
  service_identity: ServiceIdentity;
  /** Whether nothing was changed, and the rest tells what would be. */
  dry_run: boolean;
  /** The keys of its own that are revoked. */
  api_keys_revoked: number;
  /** Who loses which level where, directly or through groups. Their own API keys lose it with them. */
  losses: LevelLoss[];
  /**
   * False when the change touches more than 1000 users and service identities, or takes more than 1000 levels, and
   * `losses` shows a part.
   */
  complete: boolean;
}

/** The input of `client.serviceIdentities.activate`. */
export interface ActivateServiceIdentityInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}

/** The input of `client.serviceIdentities.delete`. */
export interface DeleteServiceIdentityInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** Whether its keys, memberships and roles in projects are deleted with it. */
  cascade?: boolean | undefined;
}
