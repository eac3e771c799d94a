/** The member of `ctx` that SSO configurations add. */
import type { SamlReader } from './saml/reader.ts';

export interface IdpConfigsPort {
  readonly saml: SamlReader;
}

declare module '../../kernel/context.ts' {
  interface Ports {
    readonly idpConfigs: IdpConfigsPort;
  }
}
