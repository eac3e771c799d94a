/** The member of `ctx` that sign-in through providers adds. */
import type { idpConfigs, Tx } from '@tenant-registry/db';
import type { Context } from '../../../kernel/context.ts';

/** What a browser gets: another address, or a page of facts. */
export type BrowserAnswer = { readonly cookies: readonly string[] } & (
  | { readonly kind: 'redirect'; readonly location: string }
  | { readonly kind: 'report'; readonly report: object }
);

export interface Returned {
  readonly parameters: URLSearchParams;
  /** The cookie of the flow; undefined when the browser has none. */
  readonly cookie: string | undefined;
}

export interface SignInPort {
  /** False: the registry does not know the origin under which browsers reach it, so sign-in is off. */
  readonly isEnabled: boolean;
  /** The name of the cookie of a flow. */
  readonly flowCookie: string;
  /** Sends the browser to the provider that the parameters name. */
  begin(ctx: Context, asked: URLSearchParams): Promise<BrowserAnswer>;
  /** Ends what `begin` began, with what the provider sent the browser back with. */
  complete(ctx: Context, returned: Returned): Promise<BrowserAnswer>;
  /** Makes the link of a rehearsal. Rejects with `sign_in_disabled`. The transaction must not be confined to a tenant. */
  prepareRehearsal(
    tx: Tx,
    config: Pick<idpConfigs.IdpConfigRow, 'id' | 'tenant_id' | 'version'>,
  ): Promise<{ url: string; expires_at: string }>;
}

declare module '../../../kernel/context.ts' {
  interface Ports {
    readonly signIn: SignInPort;
  }
}
