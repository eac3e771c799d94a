/** Is this an OpenID provider that people could sign in with? Asks it, as OpenID Connect Discovery 1.0 says. */
import { canVerify, discoveryUrl, isJsonObject, isSecret, type JsonObject, jsonObject } from '../../kernel/openid.ts';
import { type Outbound, OutboundError } from '../../kernel/outbound.ts';
import type { Finding, FindingCode } from './findings/schema.ts';

/** Section 3: the metadata that every provider has. token_endpoint: the code flow is the one that is used. */
const REQUIRED_URLS = ['authorization_endpoint', 'token_endpoint', 'jwks_uri'];
const SIGNATURES = 'id_token_signing_alg_values_supported';
const REQUIRED_LISTS = ['response_types_supported', 'subject_types_supported', SIGNATURES];
const KEYS_MAX = 100;

/** Resolves with what was found; it rejects only when something is wrong with us. `report` gets what only a log may hold. */
export async function checkOidc(
  outbound: Outbound,
  issuer: string,
  report: (error: OutboundError) => void,
): Promise<Finding[]> {
  const fetchJson = async (url: string, what: string, invalid: FindingCode): Promise<Fetched> => {
    try {
      const document = jsonObject(await outbound.get(url));
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
  const keys = await fetchJson(textOf(discovery.document['jwks_uri']), 'key set', 'keys_invalid');
  if ('mistake' in keys) return [checked, keys.mistake];
  return [checked, ...(await judgeKeys(keys.document, stringsOf(discovery.document[SIGNATURES])))];
}

type Fetched = { readonly document: JsonObject } | { readonly mistake: Finding };

function judgeDiscovery(discovery: JsonObject, issuer: string, { acceptsScheme }: Outbound): Finding[] {
  // Section 4.3: exactly the URL that was asked, else one provider could speak for another. Nothing else counts then.
  if (discovery['issuer'] !== issuer) {
    return [error('issuer_mismatch', 'The discovery document names another issuer than this configuration.')];
  }
  const missing = [
    ...REQUIRED_URLS.filter((field) => !URL.canParse(textOf(discovery[field]))),
    ...REQUIRED_LISTS.filter((field) => stringsOf(discovery[field]).length === 0),
  ];
  const insecure = REQUIRED_URLS.filter(
    (field) => !missing.includes(field) && !acceptsScheme(new URL(textOf(discovery[field]))),
  );
  return [
    ...missing.map((field) => error('field_missing', `The discovery document has no usable ${field}.`)),
    ...insecure.map((field) =>
      error('endpoint_insecure', `The ${field} of the discovery document is not an https URL.`),
    ),
  ];
}

async function judgeKeys({ keys }: JsonObject, advertised: readonly string[]): Promise<Finding[]> {
  if (!Array.isArray(keys)) return [error('keys_invalid', 'The key set has no array `keys`.')];
  const candidates = keys.slice(0, KEYS_MAX).filter(isJsonObject);
  if (candidates.some(isSecret)) {
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

/** A provider can publish any JSON, also objects that no text can be made of. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
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
