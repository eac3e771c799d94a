/** The members that API keys add to `ctx`. */
import type { apiKeys } from '@tenant-registry/db';
import type { KeyHolder } from '../../kernel/actor.ts';
import type { LastSeen } from '../../kernel/buffered/last-seen.ts';
import type { Peppers } from '../../kernel/secrets/pepper.ts';
import type { KeyMetrics } from './metrics.ts';

export interface ApiKeysPort {
  /**
   * Tells what a presented key may do now; null: it belongs to no tenant. Does not wait when memory may be answered from.
   * `caller` names who presents it, by whom wrong keys are counted; it is called only when a key has to be proved.
   */
  authorityOf(
    key: string,
    caller: () => string,
  ): apiKeys.ApiKeyAuthority | null | Promise<apiKeys.ApiKeyAuthority | null>;
  /** Resolves to who holds the key now, for what was made with it; null when it may not be used any more. */
  holderById(id: string): Promise<KeyHolder | null>;
  readonly peppers: Peppers;
  readonly metrics: KeyMetrics;
  /** Last-used times of keys. */
  readonly lastUsed: LastSeen;
}

declare module '../../kernel/context.ts' {
  interface Ports {
    readonly apiKeys: ApiKeysPort;
  }
}
