/** The identity provider of the victim: an OpenID provider on loopback that answers at once. */
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

/** Starts it; returns `localhost:<port>`, which is its issuer's host. It ends when `stack` is disposed. */
export async function startProvider(stack: AsyncDisposableStack): Promise<string> {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const keys = [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig', alg: 'ES256' }];
  // Each path is an issuer of its own, because a tenant's configuration names one.
  const server = createServer(({ url = '' }, response) => {
    const issuer = `http://${host}${url.replace(/\/(\.well-known\/openid-configuration|keys)$/, '')}`;
    const discovery = {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/keys`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
    };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(url.endsWith('/keys') ? { keys } : discovery));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stack.defer(() => {
    server.closeAllConnections();
    return new Promise<void>((closed) => server.close(() => closed()));
  });
  const address = server.address();
  const host = `localhost:${typeof address === 'object' ? address?.port : ''}`;
  return host;
}
