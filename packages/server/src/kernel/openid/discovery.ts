/** Fetches the discovery document of an issuer, and keeps of it what a sign-in needs. */
import { discoveryUrl, type JsonObject, jsonObject } from '../openid.ts';
import type { Outbound } from '../outbound.ts';

const URL_LENGTH_MAX = 2_000;
const LIST_MAX = 50;
const WORD_LENGTH_MAX = 100;

/** By the names of OpenID Connect Discovery 1.0. */
export interface ProviderMetadata {
  readonly issuer: string;
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  /** Absent: the document does not say. */
  readonly id_token_signing_alg_values_supported?: string[];
  readonly token_endpoint_auth_methods_supported?: string[];
  readonly authorization_response_iss_parameter_supported?: boolean;
}

/**
 * Resolves with what the issuer publishes now. Rejects when it cannot be reached, or answers what no issuer of that name
 * would (OpenID Connect Discovery 1.0, section 4.3); the message is for the log.
 */
export async function fetchMetadata(issuer: string, outbound: Outbound): Promise<ProviderMetadata> {
  const document = jsonObject(await outbound.get(discoveryUrl(issuer)));
  if (document === undefined) throw new Error('the discovery document is no JSON object');
  if (document['issuer'] !== issuer) throw new Error('the discovery document names another issuer');
  const endpoint = (field: string) => endpointIn(document, field, { issuer, outbound });
  const algorithms = wordsIn(document, 'id_token_signing_alg_values_supported');
  const methods = wordsIn(document, 'token_endpoint_auth_methods_supported');
  return {
    issuer,
    authorization_endpoint: endpoint('authorization_endpoint'),
    token_endpoint: endpoint('token_endpoint'),
    ...(algorithms === undefined ? {} : { id_token_signing_alg_values_supported: algorithms }),
    ...(methods === undefined ? {} : { token_endpoint_auth_methods_supported: methods }),
    authorization_response_iss_parameter_supported: document['authorization_response_iss_parameter_supported'] === true,
  };
}

interface Asked {
  readonly issuer: string;
  readonly outbound: Outbound;
}

function endpointIn(document: JsonObject, field: string, { issuer, outbound }: Asked): string {
  const found = document[field];
  if (typeof found !== 'string' || found.length > URL_LENGTH_MAX || !URL.canParse(found))
    throw new Error(`the discovery document has no usable ${field}`);
  const url = new URL(found);
  const isWeaker = issuer.startsWith('https:') && url.protocol !== 'https:';
  if (isWeaker || !outbound.acceptsScheme(url)) throw new Error(`the ${field} is no https URL`);
  return found;
}

function wordsIn(document: JsonObject, field: string): string[] | undefined {
  const found = document[field];
  if (!Array.isArray(found)) return undefined;
  const words = found.filter((each) => typeof each === 'string' && each.length <= WORD_LENGTH_MAX);
  return words.slice(0, LIST_MAX);
}
