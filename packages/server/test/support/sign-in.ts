/** A registry, a provider beside it, and tenants whose people sign in through it. */
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { type OutboundEntry, outboundEntry } from '../../src/kernel/outbound/policy.ts';
import { createOutbound } from '../../src/kernel/outbound.ts';
import { madeIn, newTenant, type TestServer, type TestServerOptions } from './server.ts';
import { openBrowser, type SignInBrowser } from './sign-in-browser.ts';
import { type SignInProvider, startSignInProvider } from './sign-in-provider.ts';

/** The origin that the registry has for browsers. */
export const PUBLIC_URL = 'https://registry.example';
export const CALLBACK = `${PUBLIC_URL}/auth/callback`;

/**
 * Starts a provider before the tests of the file and stops it after them. Each test begins with one that knows no claims
 * of people and breaks nothing.
 */
export function testSignInProvider(): SignInProvider {
  let started: SignInProvider | undefined;
  const running = () => {
    if (started === undefined) throw new Error('the provider starts before the first test, and not earlier');
    return started;
  };
  beforeAll(async () => {
    started = await startSignInProvider(CALLBACK);
  });
  beforeEach(() => {
    Object.assign(running(), { forge: undefined, failWith: undefined, discovery: {} });
    running().people.clear();
  });
  afterAll(() => started?.stop());
  const get = (_: object, name: string | symbol) => Reflect.get(running(), name);
  const set = (_: object, name: string | symbol, value: unknown) => Reflect.set(running(), name, value);
  return new Proxy({}, { get, set }) as SignInProvider; // each member is the started provider's
}

/** What a test server needs so that people sign in through a provider on loopback. */
export function signInOptions(): TestServerOptions {
  return { publicUrl: PUBLIC_URL, outbound: createOutbound({ allow: [outboundEntry('127.0.0.1') as OutboundEntry] }) };
}

export interface SignInTenant {
  readonly id: string;
  readonly slug: string;
  /** The id of the configuration. */
  readonly idp: string;
  /** Where a sign-in begins that ends at `/home`. */
  readonly start: string;
}

/** Makes a tenant whose people sign in through the provider, and get an account at their first sign-in. */
export async function signInTenant(
  server: TestServer,
  { url }: Pick<SignInProvider, 'url'>,
  fields: Readonly<Record<string, unknown>> = {},
): Promise<SignInTenant> {
  const { id, slug } = await newTenant(server);
  const config = { kind: 'oidc', alias: 'Main', issuer: url, client_id: 'public', jit_policy: 'allow', ...fields };
  const { id: idp } = await madeIn(server, id, 'idp-configs', config);
  return { id, slug, idp, start: `/auth/sign-in?tenant=${slug}&idp=${idp}&return_to=/home` };
}

export function browserOf(server: TestServer, person: string): SignInBrowser {
  return openBrowser(server, { publicUrl: PUBLIC_URL, person });
}

/** Everybody in the tenant, oldest first, straight from the table. */
export function usersOf({ app }: TestServer, tenantId: string) {
  return app.deps.db.selectFrom('users').selectAll().where('tenant_id', '=', tenantId).orderBy('id').execute();
}

export function sessionsOf({ app }: TestServer, tenantId: string) {
  return app.deps.db.selectFrom('user_sessions').selectAll().where('tenant_id', '=', tenantId).orderBy('id').execute();
}
