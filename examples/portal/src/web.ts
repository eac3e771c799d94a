/**
 * The portal's web part: people sign in through their own identity provider, see the projects of their tenant, and sign
 * out. It serves the registry's `/auth` and `/v1` under its own origin, so the session's cookie is the portal's. Start the
 * registry with `PUBLIC_URL` equal to the portal's address and `TRUST_PROXY` with the portal's network address.
 */
import { env } from 'node:process';
import { createClient, createSessions } from '@tenant-registry/client';
import { describe } from './describe.ts';
import { startPortal } from './web/server.ts';

const { URL: registry = 'http://127.0.0.1:8090', INTERNAL_TOKEN, TENANT, PORT = '8070' } = env;

try {
  if (!INTERNAL_TOKEN || !TENANT)
    throw new Error('set INTERNAL_TOKEN, which npm start prints, and TENANT, the slug of a tenant');
  const client = createClient({ url: registry, token: INTERNAL_TOKEN });
  const sessions = createSessions({ client });
  const { url } = await startPortal({ client, sessions, registry, tenant: TENANT, port: Number(PORT) });
  console.log(`The portal of ${TENANT} listens on ${url}`);
} catch (error) {
  console.error(describe(error));
  process.exitCode = 1;
}
