/** The code flow of OpenID Connect at one provider: where to send the browser, and what the code proves that it comes back with. */
import { jwtVerify } from 'jose';
import {
  AuthorizationResponseError,
  type AuthorizationServer,
  allowInsecureRequests,
  authorizationCodeGrantRequest,
  type Client,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  calculatePKCECodeChallenge,
  clockSkew,
  customFetch,
  None,
  OperationProcessingError,
  processAuthorizationCodeResponse,
  ResponseBodyError,
  skipStateCheck,
  UnsupportedOperationError,
  validateAuthResponse,
} from 'oauth4webapi';
import { DomainError } from '../../../kernel/errors.ts';
import type { ProviderMetadata } from '../../../kernel/openid/discovery.ts';
import type { KeySource } from '../../../kernel/openid/keys.ts';
import { proved } from '../../../kernel/openid/proof.ts';
import { OidcRefusal } from '../../../kernel/openid/refusal.ts';
import { type JsonObject, signatureAlgorithms } from '../../../kernel/openid.ts';
import { type Outbound, OutboundError } from '../../../kernel/outbound.ts';
import type { FlowSecrets } from './flow.ts';
import { SignInRefusal } from './refusal.ts';

const CLOCK_TOLERANCE_SECONDS = 30;
/** The token was made for this sign-in, which takes no longer. */
const ID_TOKEN_AGE_MAX = '10m';
const SCOPE = 'openid profile email';
/** Answers that have no body. */
const BODILESS = [204, 205, 304];

/** What one sign-in depends on. */
export interface Exchange {
  readonly metadata: ProviderMetadata;
  readonly client_id: string;
  readonly redirect_uri: string;
  readonly secrets: FlowSecrets;
}

/** Returns the address of the provider at which the browser begins. */
export async function authorizationUrl(
  { metadata, client_id, redirect_uri, secrets }: Exchange,
  required_acr: readonly string[],
): Promise<string> {
  const url = new URL(metadata.authorization_endpoint);
  const parameters = {
    client_id,
    redirect_uri,
    response_type: 'code',
    scope: SCOPE,
    state: secrets.state,
    nonce: secrets.nonce,
    code_challenge: await calculatePKCECodeChallenge(secrets.verifier),
    code_challenge_method: 'S256',
    ...(required_acr.length > 0 ? { acr_values: required_acr.join(' ') } : {}),
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

export interface Redeeming extends Exchange {
  /** The parameters that the browser came back with; their state was checked. */
  readonly returned: URLSearchParams;
  /** Null: a public client. */
  readonly clientSecret: string | null;
  readonly keys: KeySource;
  readonly outbound: Outbound;
  readonly signal: AbortSignal;
  readonly now: Date;
  /** How far the clock of this process is ahead of `now`. */
  readonly aheadMs: number;
}

/** Redeems the code and resolves with the claims of a good ID token. Rejects with `SignInRefusal` for everything else. */
export async function redeem(redeeming: Redeeming): Promise<JsonObject> {
  try {
    const { id_token } = await askForTokens(redeeming);
    return await verified(id_token ?? '', redeeming);
  } catch (error) {
    throw refusalOf(error);
  }
}

async function askForTokens({ redirect_uri, secrets, returned, ...rest }: Redeeming) {
  const metadata: AuthorizationServer = { ...rest.metadata };
  const client: Client = { client_id: rest.client_id, [clockSkew]: -Math.round(rest.aheadMs / 1000) };
  // Checks `iss` as well; the state was compared in constant time before.
  const code = validateAuthResponse(metadata, client, returned, skipStateCheck);
  const authentication = authenticationOf(rest.metadata, rest.clientSecret);
  const answer = await authorizationCodeGrantRequest(
    metadata,
    client,
    authentication,
    code,
    redirect_uri,
    secrets.verifier,
    {
      [customFetch]: fetchVia(rest.outbound),
      // Plain http is for hosts that OUTBOUND_ALLOW names: the outbound decides.
      [allowInsecureRequests]: true,
      signal: rest.signal,
    },
  );
  return processAuthorizationCodeResponse(metadata, client, answer, {
    expectedNonce: secrets.nonce,
    requireIdToken: true,
  });
}

/** Returns how the client proves itself. By the form where it can: providers read special characters in the header differently. */
function authenticationOf(
  { token_endpoint_auth_methods_supported: methods = ['client_secret_basic'] }: ProviderMetadata,
  secret: string | null,
): ClientAuth {
  if (secret === null) return None();
  if (methods.includes('client_secret_post')) return ClientSecretPost(secret);
  if (methods.includes('client_secret_basic')) return ClientSecretBasic(secret);
  throw new SignInRefusal('sign_in_refused', 'client_authentication');
}

interface FetchedForm {
  readonly body: URLSearchParams;
  readonly headers: Record<string, string>;
  readonly signal?: AbortSignal;
}

function fetchVia(outbound: Outbound) {
  return async (url: string, { body, headers, signal }: FetchedForm): Promise<Response> => {
    const { status, contentType, text } = await outbound.post(url, { body, headers, signal });
    if (status >= 500) throw new OutboundError('outbound_failed', `The host answers with status ${status}.`);
    return new Response(BODILESS.includes(status) ? null : text, { status, headers: { 'content-type': contentType } });
  };
}

/** The claims count when a key of the issuer's own signed them; what the header brings or names is not looked at. */
async function verified(token: string, { metadata, client_id, keys, secrets, now }: Redeeming): Promise<JsonObject> {
  const advertised = metadata.id_token_signing_alg_values_supported ?? ['RS256'];
  const { payload } = await proved(() =>
    jwtVerify(token, keys, {
      issuer: metadata.issuer,
      audience: client_id,
      algorithms: signatureAlgorithms.filter((algorithm) => advertised.includes(algorithm)),
      requiredClaims: ['exp', 'iat', 'sub'],
      maxTokenAge: ID_TOKEN_AGE_MAX,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: now,
    }),
  );
  if (payload['nonce'] !== secrets.nonce) throw new SignInRefusal('sign_in_refused', 'nonce');
  const { aud, azp } = payload;
  if (azp === undefined ? Array.isArray(aud) && aud.length > 1 : azp !== client_id)
    throw new SignInRefusal('sign_in_refused', 'azp');
  return payload;
}

/** Claims, by their names in the errors of the library. */
const CLAIMS = ['iss', 'aud', 'azp', 'nonce', 'exp', 'iat', 'nbf', 'sub'];
/** Errors of providers that pass (RFC 6749, 4.1.2.1). */
const PASSING = ['temporarily_unavailable', 'server_error'];

/** Names the check that failed. The causes of the library's errors hold tokens: their messages alone are handed on. */
function refusalOf(error: unknown): unknown {
  if (error instanceof OidcRefusal) return new SignInRefusal('sign_in_refused', error.reason, error.message);
  if (error instanceof OutboundError) return new SignInRefusal('provider_unavailable', error.code, error.message);
  if (error instanceof AuthorizationResponseError)
    return new SignInRefusal(
      PASSING.includes(error.error) ? 'provider_unavailable' : 'sign_in_refused',
      'provider_error',
      wordOf(error.error),
    );
  if (error instanceof ResponseBodyError)
    return new SignInRefusal('sign_in_refused', 'code_refused', wordOf(error.error));
  if (error instanceof OperationProcessingError)
    return new SignInRefusal('sign_in_refused', claimOf(error) ?? 'response', error.message);
  if (error instanceof UnsupportedOperationError)
    return new SignInRefusal('sign_in_refused', 'response', error.message);
  // The keys of the issuer cannot be had now.
  if (error instanceof DomainError && error.definition.status === 'SERVICE_UNAVAILABLE')
    return new SignInRefusal('provider_unavailable', 'keys', error.message);
  return error;
}

function claimOf({ cause }: OperationProcessingError): string | undefined {
  const claim = typeof cause === 'object' && cause !== null && 'claim' in cause ? cause.claim : undefined;
  return CLAIMS.find((each) => each === claim);
}

/** A provider can send any text as the name of its error. */
function wordOf(text: string): string {
  return /^[a-z_]{1,50}$/.test(text) ? text : 'unknown';
}
