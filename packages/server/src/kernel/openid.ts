/** The rules of OpenID Connect for issuers and their keys, for the check of a provider and for the verification of tokens. */
import { importJWK, type JWK } from 'jose';

const RSA_BITS_MIN = 2048;
/** The signatures that a key can make when it does not say (RFC 7518, RFC 8037). */
const ALGORITHMS: ReadonlyMap<string, readonly string[]> = new Map([
  ['RSA', ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']],
  ['P-256', ['ES256']],
  ['P-384', ['ES384']],
  ['P-521', ['ES512']],
  ['Ed25519', ['EdDSA', 'Ed25519']],
]);

/** Every signature that can be verified: asymmetric ones only. */
export const signatureAlgorithms: readonly string[] = [...ALGORITHMS.values()].flat();

/** The signatures of JWT-SVIDs (JWT-SVID, section 2.1). */
export const svidAlgorithms: readonly string[] = signatureAlgorithms.filter((name) => !name.startsWith('Ed'));

/**
 * Returns what is wrong with the issuer, or undefined: it is a URL without query and fragment (OpenID Connect
 * Discovery 1.0, section 3), of a scheme that may be used.
 */
export function issuerMistake(issuer: string, acceptsScheme: (url: URL) => boolean): string | undefined {
  if (!URL.canParse(issuer)) return 'must be a URL';
  const url = new URL(issuer);
  if (!acceptsScheme(url)) return 'must be an https URL';
  if (url.username !== '' || url.password !== '') return 'must not contain a user or a password';
  return /[?#]/.test(issuer) ? 'must have neither query nor fragment' : undefined;
}

/** Returns the URL of the discovery document (section 4.1): a slash at the end of the issuer counts once. */
export function discoveryUrl(issuer: string): string {
  return `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
}

/** Tells whether a published key contains its private half, or is symmetric. */
export function isSecret({ kty, d, k, priv }: JsonObject): boolean {
  return [d, priv].some((part) => typeof part === 'string') || (kty === 'oct' && typeof k === 'string');
}

/** Tells whether signatures of one of the algorithms can be verified with the published key. */
export async function canVerify(key: JsonObject, algorithms: readonly string[]): Promise<boolean> {
  const { kty, crv, use, key_ops, alg } = key;
  if ((use ?? 'sig') !== 'sig' || (Array.isArray(key_ops) && !key_ops.includes('verify'))) return false;
  const shape = kty === 'RSA' ? kty : crv;
  const possible = (typeof shape === 'string' && ALGORITHMS.get(shape)) || [];
  const algorithm = possible.find((each) => (alg ?? each) === each && algorithms.includes(each));
  if (algorithm === undefined) return false;
  try {
    const imported = await importJWK(key as JWK, algorithm);
    return imported instanceof CryptoKey && bitsOf(imported) >= RSA_BITS_MIN;
  } catch {
    return false;
  }
}

/** The size of an RSA key; the curves have one that is enough. */
function bitsOf({ algorithm }: { algorithm: object }): number {
  return 'modulusLength' in algorithm ? Number(algorithm.modulusLength) : Number.POSITIVE_INFINITY;
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** Returns the JSON object that the text is, or undefined. */
export function jsonObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Tells whether the value is an object, and neither null nor a list. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
