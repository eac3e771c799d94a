/** The members that service identities add to `ctx`. */
import type { serviceIdentities } from '@tenant-registry/db';

export interface ServiceIdentitiesPort {
  /**
   * Resolves to what a subject of the tenant is now, and to null when there is no such tenant. Rejects with `unavailable`
   * when that cannot be known.
   */
  bySubject(tenantId: string, subject: string): Promise<serviceIdentities.ServiceIdentityAuthority | null>;
}

declare module '../../kernel/context.ts' {
  interface Ports {
    readonly serviceIdentities: ServiceIdentitiesPort;
  }
}
