/** Is this an OpenID provider that people could sign in with? Asks it, as OpenID Connect Discovery 1.0 says. */
import { importJWK, type JWK } from 'jose';
import { type Outbound, OutboundError } from '../../kernel/outbound.ts';
import { discoveryUrl } from './issuer.ts';
import type { Finding, FindingCode } from './schema.ts';

/** Section 3: the metadata that every provider has. token_endpoint: the code flow is the one that is used. */
const REQUIRED_URLS = ['authorization_endpoint', 'token_endpoint', 'jwks_uri'];
const SIGNATURES = 'id_token_signing_alg_values_supported';
const REQUIRED_LISTS = ['response_types_supported', 'subject_types_supported', SIGNATURES];
const KEYS_MAX = 100;
const RSA_BITS_MIN = 2048;
/** The signatures that a key can make when it does not say (RFC 7518, RFC 8037). */
const ALGORITHMS: ReadonlyMap<string, readonly string[]> = new Map([
  ['RSA', ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']],
  ['P-256', ['ES256']],
  ['P-384', ['ES384']],
  ['P-521', ['ES512']],
  ['Ed25519', ['EdDSA', 'Ed25519']],
]);

type Json = Readonly<Record<string, unknown>>;

/** Resolves with what was found; it rejects only when something is wrong with us. `report` gets what only a log may hold. */
export async function checkOidc(
  outbound: Outbound,
  issuer: string,
  report: (error: OutboundError) => void,
): Promise<Finding[]> {
  const fetchJson = async (url: string, what: string, invalid: FindingCode): Promise<Fetched> => {
    try {
      const document = objectOf(await outbound.get(url));
      return document === undefined ? { mistake: error(invalid, `The ${what} is not a JSON object.`) } : { document };
    } catch (failure) {
      if (!(failure instanceof OutboundError)) throw failure;
      report(failure);
      return { mistake: error(failure.code, `The ${what} could not be fetched. ${failure.message}`) };
    }
  };
  const discovery = await fetchJson(discoveryUrl(issuer), 'discovery document', 'discovery_invalid');
  if ('mistake' in discovery) return [discovery.mistake];
  const mistakes = judgeDiscovery(discovery.document, issuer, outbound);
  if (mistakes.length > 0) return mistakes;
  const checked = info('discovery_checked', 'The discovery document names this issuer and all that a sign-in needs.');
  const keys = await fetchJson(String(discovery.document['jwks_uri']), 'key set', 'keys_invalid');
  if ('mistake' in keys) return [checked, keys.mistake];
  return [checked, ...(await judgeKeys(keys.document, stringsOf(discovery.document[SIGNATURES])))];
}

type Fetched = { readonly document: Json } | { readonly mistake: Finding };

function judgeDiscovery(discovery: Json, issuer: string, { acceptsScheme }: Outbound): Finding[] {
  // Section 4.3: exactly the URL that was asked, else one provider could speak for another. Nothing else counts then.
  if (discovery['issuer'] !== issuer) {
    return [error('issuer_mismatch', 'The discovery document names another issuer than this configuration.')];
  }
  const missing = [
    ...REQUIRED_URLS.filter((field) => !URL.canParse(String(discovery[field] ?? ''))),
    ...REQUIRED_LISTS.filter((field) => stringsOf(discovery[field]).length === 0),
  ];
  const insecure = REQUIRED_URLS.filter(
    (field) => !missing.includes(field) && !acceptsScheme(new URL(String(discovery[field]))),
  );
  return [
    ...missing.map((field) => error('field_missing', `The discovery document has no usable ${field}.`)),
    ...insecure.map((field) =>
      error('endpoint_insecure', `The ${field} of the discovery document is not an https URL.`),
    ),
  ];
}

async function judgeKeys({ keys }: Json, advertised: readonly string[]): Promise<Finding[]> {
  if (!Array.isArray(keys)) return [error('keys_invalid', 'The key set has no array `keys`.')];
  const candidates = keys.slice(0, KEYS_MAX).filter(isObject);
  if (candidates.some(({ kty, d, k }) => typeof d === 'string' || (kty === 'oct' && typeof k === 'string'))) {
    return [error('private_key_published', 'The key set contains a private key: everybody could sign tokens with it.')];
  }
  const usable = await Promise.all(candidates.map((key) => canVerify(key, advertised)));
  const count = usable.filter(Boolean).length;
  return count === 0
    ? [
        error(
          'no_signing_key',
          `The key set has no key for the signatures that the provider makes (${advertised.join(', ').slice(0, 200)}).`,
        ),
      ]
    : [info('keys_checked', `The key set has ${count} usable signing key${count === 1 ? '' : 's'}.`)];
}

/** Whether tokens signed with an advertised algorithm could be verified with the key. */
async function canVerify(key: Json, advertised: readonly string[]): Promise<boolean> {
  const { kty, crv, use, key_ops, alg, n } = key;
  if ((use ?? 'sig') !== 'sig' || (Array.isArray(key_ops) && !key_ops.includes('verify'))) return false;
  if (kty === 'RSA' && Buffer.from(String(n), 'base64url').length * 8 < RSA_BITS_MIN) return false;
  const possible = ALGORITHMS.get(String(kty === 'RSA' ? kty : crv)) ?? [];
  const algorithm = possible.find((each) => (alg ?? each) === each && advertised.includes(each));
  if (algorithm === undefined) return false;
  try {
    await importJWK(key as JWK, algorithm);
    return true;
  } catch {
    return false;
  }
}

function objectOf(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function stringsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

function error(code: FindingCode, message: string): Finding {
  return { severity: 'error', code, message };
}

function info(code: FindingCode, message: string): Finding {
  return { severity: 'info', code, message };
}
