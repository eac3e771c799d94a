/** A real OpenID provider (node-oidc-provider) through which people of tests sign in: it asks them nothing. */
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeJwt } from 'jose';
import Provider from 'oidc-provider';
import { mapAdapters } from './map-adapter.ts';
import { type Claims, type SignOptions, sign } from './oidc-provider.ts';
import { giveKeysBack, type SigningKeys, takeKeys } from './signing-keys.ts';

/** Who signs in, for the provider. */
export const PERSON_HEADER = 'x-person';
export const CLIENT_SECRET = 'kAd7-secret-of-the-client-at-the-provider';

/** What the ID token is to be instead; a text stands as it is. */
export type Forged = string | ({ readonly claims: Claims } & SignOptions);

export interface SignInProvider {
  readonly url: string;
  readonly keys: SigningKeys;
  /** The claims of each person on top of the provider's own, by subject. */
  readonly people: Map<string, Claims>;
  /** The headers and the parameters of the requests to the token endpoint. */
  readonly tokenRequests: { readonly authorization: string | undefined; readonly form: URLSearchParams }[];
  /** Changes every ID token from now on; undefined changes none. */
  forge: ((claims: Claims) => Forged) | undefined;
  /** Members of the discovery document that are to be different. */
  discovery: Claims;
  /** The status with which the token endpoint fails; undefined: it works. */
  failWith: number | undefined;
  stop(): Promise<void>;
}

/**
 * Starts one on a free port, with three clients: `confidential`, which proves itself by the header, `posting`, which does
 * by the form, and `public`.
 */
export async function startSignInProvider(redirectUri: string): Promise<SignInProvider> {
  const keys = await takeKeys();
  const server = http.createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = providerOf(url, redirectUri, keys);
  const callback = provider.callback();
  const made: SignInProvider = {
    url,
    keys,
    people: new Map(),
    tokenRequests: [],
    forge: undefined,
    discovery: {},
    failWith: undefined,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      giveKeysBack([keys]);
    },
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    if (path.startsWith('/login/')) {
      const accountId = String(request.headers[PERSON_HEADER]);
      await provider.interactionFinished(request, response, { login: { accountId } });
      return;
    }
    if (path.endsWith('/openid-configuration')) rewrite(response, async (body) => ({ ...body, ...made.discovery }));
    if (path === '/token') {
      noteRequest(request, made);
      if (made.failWith !== undefined) return void response.writeHead(made.failWith).end('{}');
      rewrite(response, (body) => withClaims(body, made));
    }
    callback(request, response);
  }

  return made;
}

/** Listens to what the provider reads, and takes nothing away from it. */
function noteRequest(request: IncomingMessage, { tokenRequests }: SignInProvider): void {
  let text = '';
  const emit = request.emit.bind(request);
  request.emit = (name: string | symbol, ...given: unknown[]) => {
    if (name === 'data') text += String(given[0]);
    if (name === 'end') {
      const { authorization } = request.headers;
      tokenRequests.push({ authorization, form: new URLSearchParams(text) });
    }
    return emit(name, ...given);
  };
}

/** Puts the claims of the person, and what the test forges, into the ID token, and signs it with the provider's keys. */
async function withClaims(body: Claims, { people, keys, forge }: SignInProvider): Promise<Claims> {
  if (typeof body['id_token'] !== 'string') return body;
  const own = decodeJwt(body['id_token']);
  const claims = { ...own, ...people.get(String(own.sub)) };
  const forged = forge?.(claims) ?? { claims };
  if (typeof forged === 'string') return { ...body, id_token: forged };
  const { claims: all, header = {}, ...options } = forged;
  return { ...body, id_token: await sign(all, keys, { header: { typ: 'JWT', ...header }, ...options }) };
}

/** Changes the JSON that the provider answers. */
function rewrite(response: ServerResponse, change: (body: Claims) => Promise<Claims>): void {
  const end = response.end.bind(response);
  response.end = ((body?: unknown) => {
    const changed = async () => JSON.stringify(await change(JSON.parse(String(body))));
    changed().then(
      (text) => end(response.setHeader('content-length', Buffer.byteLength(text)) && text),
      () => end(),
    );
    return response;
  }) as typeof response.end; // of its forms the provider uses this one
}

function providerOf(issuer: string, redirectUri: string, keys: SigningKeys): Provider {
  const client = (
    client_id: string,
    token_endpoint_auth_method: 'none' | 'client_secret_basic' | 'client_secret_post',
  ) => ({
    client_id,
    token_endpoint_auth_method,
    redirect_uris: [redirectUri],
    ...(token_endpoint_auth_method === 'none' ? {} : { client_secret: CLIENT_SECRET }),
  });
  return new Provider(issuer, {
    jwks: { keys: Object.values(keys) },
    cookies: { keys: ['test'] },
    clients: [
      client('confidential', 'client_secret_basic'),
      client('posting', 'client_secret_post'),
      client('public', 'none'),
    ],
    responseTypes: ['code'],
    pkce: { required: () => true },
    adapter: mapAdapters(),
    ttl: { Interaction: 600, Grant: 600, Session: 600, AccessToken: 600, IdToken: 600, AuthorizationCode: 60 },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, { uid }) => `/login/${uid}` },
    findAccount: (_, sub) => ({ accountId: sub, claims: async () => ({ sub }) }),
    // Nobody is asked for consent.
    async loadExistingGrant(ctx) {
      const { provider, session, client: asking } = ctx.oidc;
      const grant = new provider.Grant({ accountId: session?.accountId ?? '', clientId: asking?.clientId ?? '' });
      grant.addOIDCScope('openid profile email');
      await grant.save();
      return grant;
    },
  });
}
