/** The member that Retraced adds to `ctx`. */

export interface RetracedPort {
  /** Resolves to the key that signs the tokens of viewers, the same on every replica. */
  viewerKey(): Promise<Uint8Array>;
  /** The internal tokens that are valid now: what was made with another one ends. */
  readonly internalTokens: readonly string[];
}

declare module '../../kernel/context.ts' {
  interface Ports {
    readonly retraced: RetracedPort;
  }
}
