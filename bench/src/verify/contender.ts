import type { DatabaseServer } from '../lib/databases.ts';

export interface Setup {
  readonly databases: DatabaseServer;
  readonly keyCount: number;
  /** The checkout that the contender `before` runs from. */
  readonly before?: string | undefined;
  readonly stack: AsyncDisposableStack;
}

/** A started server: POST to `url` with `headers` and `{"key": …}` verifies a key. */
export interface Contender {
  readonly url: string;
  readonly pid: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly keys: readonly string[];
}

/** Returns the header that callers of the product send. All contenders get it, so that their requests have one size. */
export function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}
