/** Fetches the discovery document of an issuer and the keys that it names. */
import type { JSONWebKeySet, JWK } from 'jose';
import { canVerify, discoveryUrl, isJsonObject, isSecret, type JsonObject, jsonObject } from '../openid.ts';
import type { Outbound } from '../outbound.ts';

const KEYS_MAX = 100;

export interface Published {
  /** Only keys with which signatures of the accepted algorithms can be verified. */
  readonly keys: JSONWebKeySet;
  /** The number of keys that were left out because their private half was published. */
  readonly secrets: number;
}

/**
 * Resolves with the keys that the issuer publishes now. Rejects when it cannot be reached, or answers what no issuer of
 * that name would (OpenID Connect Discovery 1.0, section 4.3); the message is for the log.
 */
export async function fetchPublished(
  issuer: string,
  outbound: Outbound,
  algorithms: readonly string[],
): Promise<Published> {
  const discovery = await fetchObject(outbound, discoveryUrl(issuer));
  if (discovery['issuer'] !== issuer) throw new Error('the discovery document names another issuer');
  const { keys } = await fetchObject(outbound, keysUrl(issuer, discovery['jwks_uri']));
  if (!Array.isArray(keys)) throw new Error('the key set has no array `keys`');
  const candidates = keys.slice(0, KEYS_MAX).filter(isJsonObject);
  const shown = candidates.filter((key) => !isSecret(key));
  const usable = await Promise.all(shown.map((key) => canVerify(key, algorithms)));
  return {
    keys: { keys: shown.filter((_, index) => usable[index]) as unknown as JWK[] },
    secrets: candidates.length - shown.length,
  };
}

function keysUrl(issuer: string, found: unknown): string {
  if (typeof found !== 'string' || !URL.canParse(found)) throw new Error('the discovery document has no jwks_uri');
  const isSafe = found.startsWith('https:') || issuer.startsWith('http:');
  if (!isSafe) throw new Error('the jwks_uri is no https URL, although the issuer is one');
  return found;
}

async function fetchObject(outbound: Outbound, url: string): Promise<JsonObject> {
  const document = jsonObject(await outbound.get(url));
  if (document === undefined) throw new Error(`no JSON object at ${url}`);
  return document;
}
