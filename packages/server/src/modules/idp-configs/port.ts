/** The member of `ctx` that SSO configurations add. */
import type { Allowance } from '../../kernel/allowance.ts';
import type { Gate } from '../../kernel/gate.ts';
import type { ClientSecretOf } from './client-secrets.ts';
import type { SamlReader } from './saml/reader.ts';

export interface IdpConfigsPort {
  /** How often each tenant may have its configurations verified. */
  readonly verifications: Allowance;
  /** Stands in front of the questions to providers, which take as long as the providers let them. */
  readonly providerGate: Gate;
  readonly saml: SamlReader;
  readonly clientSecretOf: ClientSecretOf;
}

declare module '../../kernel/context.ts' {
  interface Ports {
    readonly idpConfigs: IdpConfigsPort;
  }
}
