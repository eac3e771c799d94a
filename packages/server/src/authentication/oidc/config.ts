/** Whose tokens are believed, and how they are read: AUTH_OIDC_* of the environment. */

import type { PlatformRole, TenantRole } from '../../kernel/permissions.ts';

export interface OidcConfig {
  /** Exactly as tokens name them in `iss`. Each is trusted to name tenants and platform roles. */
  readonly issuers: readonly string[];
  /** A token must be meant for one of them. */
  readonly audiences: readonly string[];
  /** Where a token says things: the name of a claim, or a path of names with dots between them. */
  readonly claims: {
    readonly tenant: string;
    readonly tenantRoles: string;
    readonly platformRoles: string;
    readonly name: string;
  };
  /** What the issuers call a role → what it is here. */
  readonly roleMap: ReadonlyMap<string, PlatformRole | TenantRole>;
  readonly clockToleranceSeconds: number;
  /** The signatures that are accepted, by their names in RFC 7518: asymmetric ones only. */
  readonly algorithms: readonly string[];
}
