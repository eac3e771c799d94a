/** Reads a SPIFFE trust bundle: keeps what verifies JWT-SVIDs, and no private half of a key. */
import type { JSONWebKeySet, JWK } from 'jose';
import { canVerify, isJsonObject, isSecret, type JsonObject, svidAlgorithms } from '../../kernel/openid.ts';
import { trustBundleErrors } from './errors.ts';
import { KEYS_MAX } from './schema.ts';

/** What is kept of a key: its public half. */
const MEMBERS = ['kty', 'kid', 'alg', 'crv', 'x', 'y', 'n', 'e'];

/** Resolves with the keys of the bundle for JWT-SVIDs, as signing keys. Rejects with `bundle_invalid`. */
export async function svidKeysOf(bundle: JsonObject): Promise<JSONWebKeySet & JsonObject> {
  const { keys } = bundle;
  if (!Array.isArray(keys)) throw invalid('The trust bundle has no array `keys`.');
  if (keys.length > KEYS_MAX) throw invalid(`The trust bundle has more than ${KEYS_MAX} keys.`);
  if (!keys.every(isJsonObject)) throw invalid('A key of the trust bundle is no JSON object.');
  if (keys.some(isSecret))
    throw invalid('The trust bundle has a private or symmetric key: replace that key, since others have seen it.');
  const meant = keys.filter(({ use }) => use === 'jwt-svid').map((key) => ({ ...publicHalf(key), use: 'sig' }));
  const usable = await Promise.all(meant.map((key) => canVerify(key, svidAlgorithms)));
  const kept = meant.filter((_, index) => usable[index]);
  if (kept.length === 0) throw trustBundleErrors.bundleInvalid();
  const ids = kept.map((key: JsonObject) => key['kid']);
  if (!ids.every((kid) => typeof kid === 'string' && kid !== ''))
    throw invalid('A jwt-svid key of the trust bundle has no `kid`.');
  if (new Set(ids).size < ids.length) throw invalid('Two keys of the trust bundle have one `kid`.');
  return { keys: kept as JWK[] };
}

/** Returns the ids of the keys that are kept. */
export function keyIdsOf({ keys }: JsonObject): string[] {
  return (Array.isArray(keys) ? keys : []).filter(isJsonObject).map(({ kid }) => String(kid));
}

function publicHalf(key: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(key).filter(([member]) => MEMBERS.includes(member)));
}

function invalid(detail: string) {
  return trustBundleErrors.bundleInvalid({ detail });
}
