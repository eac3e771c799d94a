/** Decides when to ask an issuer for its keys: when the known keys are old, or a token names an unknown one. */
import { type CryptoKey, errors, type JWSHeaderParameters } from 'jose';
import { kernelErrors } from '../errors.ts';
import { createKeyMemory, type KeyMemory, type KeyMemoryOptions } from './key-memory.ts';
import { OidcRefusal } from './refusal.ts';

/** Keys are used this long without asking again, so a withdrawn key counts at most this long. */
const AGE_MAX_MS = 5 * 60_000;
/** Keys are used this long when the provider cannot be reached. */
const STALE_MAX_MS = 24 * 60 * 60_000;
/** Pause before the next fetch after a token named a key that the issuer does not publish. */
const COOLDOWN_MS = 10_000;
/** Pause before the next fetch after the provider could not be reached. */
const PAUSE_MS = 5_000;
/** Known keys are used without waiting for a provider that was unreachable this recently. */
const DOWN_MS = 30_000;

/** Resolves with the key that a token's header names; rejects with `OidcRefusal`, or with `unavailable` when that cannot be known. */
export type KeySource = (header: JWSHeaderParameters) => Promise<CryptoKey>;

/** Makes a source that fetches nothing before the first token, and never more often than the constants allow. */
export function createKeySource(issuer: string, options: KeyMemoryOptions): KeySource {
  const memory = createKeyMemory(issuer, options);
  let fruitlessAt: number | undefined;
  const now = () => options.clock().getTime();
  // A clock that was set back makes everything old.
  const isWithin = (at = Number.NEGATIVE_INFINITY, ms = 0) => now() - at >= 0 && now() - at < ms;

  async function haveKeys(): Promise<void> {
    if (isWithin(memory.known?.at, AGE_MAX_MS)) return;
    const isDown = isWithin(memory.failedAt, DOWN_MS);
    const attempt = isWithin(memory.failedAt, PAUSE_MS) ? memory.pending : memory.refresh();
    if (!(isDown && isWithin(memory.known?.at, STALE_MAX_MS))) await attempt;
    if (!isWithin(memory.known?.at, STALE_MAX_MS)) throw unavailable();
  }

  return async (header) => {
    const asked = memory.begun;
    await haveKeys();
    for (;;) {
      const key = await find(memory, header);
      if (key !== undefined) return key;
      const mustPause = isWithin(memory.failedAt, PAUSE_MS) || isWithin(fruitlessAt, COOLDOWN_MS);
      // Only a fetch that began after the token came can tell that its key is not published.
      if (memory.ended > asked || (memory.pending === undefined && mustPause)) break;
      await memory.refresh();
    }
    if (memory.failedAt !== undefined) throw unavailable();
    if (memory.ended > asked) fruitlessAt = now();
    throw new OidcRefusal('unknown_key');
  };
}

function unavailable() {
  return kernelErrors.unavailable({
    detail: 'The identity provider cannot be reached: try again.',
    retryAfter: PAUSE_MS / 1000,
  });
}

/** A token that names no key has one when only one fits (OpenID Connect Core 1.0, section 10.1). */
async function find({ known }: KeyMemory, header: JWSHeaderParameters): Promise<CryptoKey | undefined> {
  try {
    return await known?.lookup(header);
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) return undefined;
    throw error;
  }
}
