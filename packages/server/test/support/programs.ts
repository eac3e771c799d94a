/** Programs with tokens of their own, for tests: a SPIFFE trust domain whose keys the test has. */
import { randomUUID } from 'node:crypto';
import {
  type CompactJWSHeaderParameters,
  CompactSign,
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  type JWK,
} from 'jose';
import { madeIn, type TestServer } from './server.ts';

export interface TrustDomain {
  readonly name: string;
  /** What the trust domain publishes: its bundle in the SPIFFE format. */
  readonly bundle: { readonly keys: readonly JWK[] };
  /** Signs any claims; undefined takes a member of the header away. */
  sign(claims: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): Promise<string>;
}

/** Makes a trust domain with one key, `k1`. */
export async function newTrustDomain(name = `${randomUUID()}.example`, kid = 'k1'): Promise<TrustDomain> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const shown = { ...(await exportJWK(publicKey)), kid, use: 'jwt-svid' };
  return {
    name,
    bundle: { keys: [shown] },
    sign: (claims, header = {}) => sign(claims, { alg: 'ES256', kid, typ: 'JWT', ...header }, privateKey),
  };
}

function sign(claims: object, header: object, key: CryptoKey): Promise<string> {
  return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader(JSON.parse(JSON.stringify(header)) as CompactJWSHeaderParameters)
    .sign(key);
}

export interface Program {
  readonly id: string;
  readonly subject: string;
  /** What it sends with its token. */
  readonly headers: { readonly 'x-tenant-id': string };
  /** A JWT-SVID of five minutes, with other claims where they are given; undefined takes one away. */
  token(claims?: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): Promise<string>;
}

export const PROGRAM_AUDIENCE = 'tenant-registry';

/** Makes a program in the tenant that is proved by JWT-SVIDs, and tells the tenant to believe its trust domain. */
export async function newProgram(
  server: TestServer,
  tenant_id: string,
  { domain, ...fields }: { readonly domain?: TrustDomain; readonly [field: string]: unknown } = {},
): Promise<Program> {
  const trusted = domain ?? (await newTrustDomain());
  const body = { tenant_id, trust_domain: trusted.name, keys: trusted.bundle };
  const { status } = await server.call('PUT /v1/trust-bundles', { body });
  if (status !== 200) throw new Error(`the trust bundle was refused: ${status}`);
  const subject = `spiffe://${trusted.name}/${randomUUID()}`;
  const { id } = await madeIn(server, tenant_id, 'service-identities', {
    display_name: 'Exporter',
    federation_kind: 'spiffe_svid',
    subject,
    audience: PROGRAM_AUDIENCE,
    ...fields,
  });
  return {
    id,
    subject,
    headers: { 'x-tenant-id': tenant_id },
    token(claims = {}, header = {}) {
      const now = Math.floor(server.clock.now().getTime() / 1000);
      return trusted.sign({ sub: subject, aud: [PROGRAM_AUDIENCE], iat: now, exp: now + 300, ...claims }, header);
    },
  };
}
