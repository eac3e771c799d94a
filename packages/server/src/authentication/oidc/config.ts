/** The trusted issuers, and the way their tokens are read: AUTH_OIDC_* of the environment. */

import type { PlatformRole, TenantRole } from '../../kernel/permissions.ts';

export interface OidcConfig {
  /** Exactly as tokens name them in `iss`. Each is trusted to name tenants and platform roles. */
  readonly issuers: readonly string[];
  /** A token must be meant for one of them. */
  readonly audiences: readonly string[];
  /** The place of each fact in a token: the name of a claim, or a path of names with dots between them. */
  readonly claims: {
    readonly tenant: string;
    readonly tenantRoles: string;
    readonly platformRoles: string;
    readonly name: string;
  };
  /** The issuers' name of a role → the registry's role. */
  readonly roleMap: ReadonlyMap<string, PlatformRole | TenantRole>;
  readonly clockToleranceSeconds: number;
  /** The signatures that are accepted, by their names in RFC 7518: asymmetric ones only. */
  readonly algorithms: readonly string[];
}
