/**
 * What is known of the providers that tenants name: endpoints and keys, fetched when a sign-in needs them and kept for
 * minutes. A provider that was forgotten, because there are many, is asked again.
 */

import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';
import { createLru } from '../lru.ts';
import { signatureAlgorithms } from '../openid.ts';
import type { Outbound } from '../outbound.ts';
import { fetchMetadata, type ProviderMetadata } from './discovery.ts';
import { createKeySource, type KeySource } from './keys.ts';
import { fetchPublished } from './provider.ts';

const PROVIDERS_MAX = 200;
/** Endpoints are used this long without asking again. */
const AGE_MAX_MS = 5 * 60_000;
/** Endpoints are used this long when the provider cannot be asked. */
const STALE_MAX_MS = 24 * 60 * 60_000;
/** Pause before the next question after one that failed. */
const PAUSE_MS = 5_000;

export interface Providers {
  /** Rejects when the issuer cannot be asked, or speaks for another one; the error is for the log. */
  metadata(issuer: string): Promise<ProviderMetadata>;
  /** Returns what finds the keys of the issuer's signatures. */
  keysOf(issuer: string): KeySource;
}

export interface ProvidersOptions {
  readonly outbound: Outbound;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Asks no provider for anything until a sign-in needs it. */
export function createProviders({ outbound, clock, logger }: ProvidersOptions): Providers {
  const known = createLru<{ readonly metadata: () => Promise<ProviderMetadata>; readonly keys: KeySource }>(
    PROVIDERS_MAX,
  );
  const of = (issuer: string) => {
    const found = known.get(issuer);
    if (found !== undefined) return found;
    const fetch = () => fetchPublished(issuer, outbound, signatureAlgorithms);
    const made = {
      metadata: remembered(() => fetchMetadata(issuer, outbound), clock),
      keys: createKeySource(issuer, { clock, logger, fetch }),
    };
    known.set(issuer, made);
    return made;
  };
  return { metadata: (issuer) => of(issuer).metadata(), keysOf: (issuer) => of(issuer).keys };
}

/** Returns the function that fetches once for all who ask at the same time, and answers from memory for a while. */
function remembered<T>(fetch: () => Promise<T>, clock: Clock): () => Promise<T> {
  let known: { readonly value: T; readonly at: number } | undefined;
  let failed: { readonly error: unknown; readonly at: number } | undefined;
  let pending: Promise<T> | undefined;
  const isWithin = (at: number, ms: number) => {
    const age = clock().getTime() - at;
    return age >= 0 && age < ms;
  };

  async function load(): Promise<T> {
    const at = clock().getTime();
    try {
      const value = await fetch();
      known = { value, at };
      failed = undefined;
      return value;
    } catch (error) {
      failed = { error, at: clock().getTime() };
      throw error;
    } finally {
      pending = undefined;
    }
  }

  return async () => {
    if (known !== undefined && isWithin(known.at, AGE_MAX_MS)) return known.value;
    try {
      if (failed !== undefined && isWithin(failed.at, PAUSE_MS)) throw failed.error;
      pending ??= load();
      return await pending;
    } catch (error) {
      if (known !== undefined && isWithin(known.at, STALE_MAX_MS)) return known.value;
      throw error;
    }
  };
}
