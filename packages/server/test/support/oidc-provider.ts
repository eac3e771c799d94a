/** A real OpenID provider (node-oidc-provider) on loopback for tests: what it signs comes from its token endpoint. */
import { randomUUID } from 'node:crypto';
import http, { type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CompactJWSHeaderParameters, CompactSign, type JWK } from 'jose';
import Provider, { type Adapter, type AsymmetricSigningAlgorithm } from 'oidc-provider';
import { giveKeysBack, type SigningKeys, takeKeys } from './signing-keys.ts';

export type Claims = Readonly<Record<string, unknown>>;

export interface TokenOptions {
  readonly algorithm?: AsymmetricSigningAlgorithm;
  readonly audience?: string;
  readonly lifetimeSeconds?: number;
}

export interface SignOptions {
  /** On top of `alg`, `kid` and `typ`; undefined takes one away. */
  readonly header?: Readonly<Record<string, unknown>>;
  /** Absent: the issuer's own for the algorithm. */
  readonly key?: JWK | Uint8Array;
}

export interface TestIssuer {
  /** The `iss` of its tokens. */
  readonly url: string;
  /** The `aud` of its tokens, unless another one is given. */
  readonly audience: string;
  /** The requests to the provider since it started. */
  readonly requests: { discovery: number; keys: number; token: number };
  /** The keys that it signs with now, private parts included. */
  readonly keys: SigningKeys;
  /** An access token of the token endpoint with these claims; `sub` is one of them. */
  token(claims?: Claims, options?: TokenOptions): Promise<string>;
  /** Signs what no issuer would: the claims of an access token, changed; undefined takes one away. */
  sign(claims?: Claims, options?: SignOptions): Promise<string>;
  /** Signs with new keys from now on; the old ones stay published unless they are withdrawn. */
  rotateKeys(options?: { readonly withdraw: boolean }): Promise<void>;
  /** Ends every connection, and each new one as soon as it is there, until `resume`. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

export interface IssuerOptions {
  /** Keycloak's look like `/realms/acme`. */
  readonly path?: string;
  readonly audience?: string;
}

interface Order extends TokenOptions {
  readonly claims: Claims;
}

/** Starts one on a free port, in about a tenth of a second; stop it at the end. */
export async function startIssuer({
  path = '',
  audience = 'tenant-registry',
}: IssuerOptions = {}): Promise<TestIssuer> {
  const orders = new Map<string, Order>();
  const requests = { discovery: 0, keys: 0, token: 0 };
  let all: readonly SigningKeys[] = [await takeKeys()];
  const current = (): SigningKeys => all[0] as SigningKeys;
  let handle: RequestListener = () => {};
  const { origin, pause, resume, stop } = await listenOnLoopback((request, response) => {
    count(requests, request);
    // As a mounting framework would: the path without the mount, and the original beside it.
    const { url: originalUrl = '' } = request;
    handle(Object.assign(request, { originalUrl, url: originalUrl.slice(path.length) }), response);
  });
  const url = `${origin}${path}`;
  const serve = () => {
    handle = providerOf(url, all, orders).callback();
  };
  serve();
  return {
    url,
    audience,
    requests,
    get keys() {
      return current();
    },
    async token(claims = {}, options = {}) {
      const resource = `urn:test:${randomUUID()}`;
      orders.set(resource, { audience, ...options, claims });
      return fetchToken(url, resource).finally(() => orders.delete(resource));
    },
    sign(claims = {}, options = {}) {
      const iat = Math.floor(Date.now() / 1000);
      const usual = { iss: url, aud: audience, sub: 'user-1', iat, exp: iat + 300 };
      return sign({ ...usual, ...claims }, current(), options);
    },
    async rotateKeys({ withdraw } = { withdraw: false }) {
      const old = all;
      all = [await takeKeys(), ...(withdraw ? [] : old)];
      if (withdraw) giveKeysBack(old);
      serve();
    },
    pause,
    resume,
    async stop() {
      await stop();
      giveKeysBack(all);
    },
  };
}

async function listenOnLoopback(listener: RequestListener) {
  let paused = false;
  const server = http.createServer(listener);
  // The port is kept while nothing is answered: another process could take it.
  server.on('connection', (socket) => void (paused && socket.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    pause() {
      paused = true;
      server.closeAllConnections();
    },
    resume() {
      paused = false;
    },
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function fetchToken(url: string, resource: string): Promise<string> {
  const answer = await fetch(`${url}/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', resource, ...CREDENTIALS }),
  });
  const { access_token } = (await answer.json()) as { access_token?: string };
  if (access_token === undefined) throw new Error(`the test issuer gave no token: ${answer.status}`);
  return access_token;
}

const CREDENTIALS = { client_id: 'tests', client_secret: 'of the test issuer' };

function count(requests: TestIssuer['requests'], { url = '' }: IncomingMessage): void {
  if (url.endsWith('/.well-known/openid-configuration')) requests.discovery += 1;
  if (url.endsWith('/jwks')) requests.keys += 1;
  if (url.endsWith('/token')) requests.token += 1;
}

/** Each token is ordered under a resource of its own, which says what it is to contain. */
function providerOf(issuer: string, all: readonly SigningKeys[], orders: ReadonlyMap<string, Order>): Provider {
  const orderOf = (resource: string | undefined) => orders.get(resource ?? '') ?? { claims: {} };
  return new Provider(issuer, {
    jwks: { keys: all.flatMap((keys) => Object.values(keys)) },
    cookies: { keys: ['test'] },
    clients: [{ ...CREDENTIALS, grant_types: ['client_credentials'], redirect_uris: [], response_types: [] }],
    clientAuthMethods: ['client_secret_post'],
    clientDefaults: { token_endpoint_auth_method: 'client_secret_post' },
    enabledJWA: { idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA'] },
    ttl: { ClientCredentials: (_, token) => token.resourceServer?.accessTokenTTL ?? 300 },
    // Nothing is kept: the tokens are JWTs.
    adapter: () => ({ upsert: async () => {} }) as unknown as Adapter,
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_, resource) => {
          const { algorithm: alg = 'RS256', audience = '', lifetimeSeconds = 300 } = orderOf(resource);
          const kid = String(keyFor(alg, all[0] as SigningKeys).kid);
          const jwt = { sign: { alg, kid } };
          return { scope: '', audience, accessTokenTTL: lifetimeSeconds, accessTokenFormat: 'jwt', jwt };
        },
      },
    },
    extraTokenClaims: (_, token) => ({ ...orderOf(token.resourceServer?.identifier()).claims }),
    formats: {
      customizers: {
        // The grant has no user: the subject would be the client.
        jwt: (_, token, jwt) => {
          const { sub = 'user-1' } = orderOf(token.resourceServer?.identifier()).claims;
          Object.assign(jwt.payload, { sub });
        },
      },
    },
  });
}

/** Signs the claims as an access token, unless the header says otherwise. */
export function sign(claims: Claims, keys: SigningKeys, { header = {}, key }: SignOptions = {}): Promise<string> {
  const { alg = 'RS256' } = header;
  const own = keyFor(String(alg), keys);
  const all = { alg, kid: own.kid, typ: 'at+jwt', ...header };
  return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader(JSON.parse(JSON.stringify(all)) as CompactJWSHeaderParameters)
    .sign(key ?? own);
}

function keyFor(algorithm: string, { rsa, ec, ed }: SigningKeys): JWK {
  if (algorithm.startsWith('Ed')) return ed;
  return algorithm.startsWith('ES') ? ec : rsa;
}
