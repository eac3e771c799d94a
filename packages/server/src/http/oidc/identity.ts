/** What a proved token says of its bearer. */
import type { PlatformRole, TenantRole } from './config.ts';

export interface Identity {
  readonly issuer: string;
  /** Unique within the issuer; 1 to 200 visible ASCII characters. */
  readonly subject: string;
  /** For people to read; 1 to 200 characters. */
  readonly name: string;
  /** Null when the token names no tenant, or none clearly. */
  readonly tenant_id: string | null;
  readonly platform_roles: readonly PlatformRole[];
  /** Empty without a tenant. */
  readonly tenant_roles: readonly TenantRole[];
  readonly expires_at: Date;
}
