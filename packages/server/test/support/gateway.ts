/** A gateway that asks for its clients, byte by byte as the test says. */
import { type IncomingHttpHeaders, request } from 'node:http';
import { newKey } from './api-keys.ts';
import { entitle, type TestServer, tenantIn } from './server.ts';

export interface GatewayAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The problem, when the answer is one. */
  readonly code: string | undefined;
  readonly verdict: string | undefined;
}

export interface GatewayCall {
  readonly method?: string;
  /** Below `/v1/internal/authorize`, with the query. */
  readonly path?: string;
  /** Of the client; a list sends a header several times. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** The gateway's own credential: the internal token when absent, none when null. */
  readonly token?: string | null;
  /** The beginning of a body, whose rest never comes. */
  readonly begun?: string;
  readonly url?: string;
}

/** Asks as a gateway does, and resolves to the whole answer. */
export function askAsGateway(server: TestServer, call: GatewayCall = {}): Promise<GatewayAnswer> {
  const { method = 'GET', path = '', token = server.internalToken, begun, url = server.url } = call;
  const headers = {
    ...(token === null ? {} : { 'x-registry-token': token }),
    ...(begun === undefined ? {} : { 'content-length': '1000000', 'content-type': 'application/json' }),
    ...call.headers,
  };
  return new Promise((resolve, reject) => {
    const asking = request(`${url}/v1/internal/authorize${path}`, { method, headers: { ...headers }, agent: false });
    asking.once('error', reject);
    asking.once('response', (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.once('end', () => {
        const text = Buffer.concat(chunks).toString();
        const problem = text === '' ? {} : JSON.parse(text);
        const { code, verdict } = problem;
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text, code, verdict });
        asking.destroy();
      });
    });
    if (begun === undefined) asking.end();
    else asking.write(begun);
  });
}

/** The headers that tell the product whose key it is. */
export const identity = [
  'x-tenant-id',
  'x-tenant-slug',
  'x-tenant-status',
  'x-project-id',
  'x-api-key-id',
  'x-api-key-scopes',
];

/** A key that the question of the examples accepts, with its tenant. */
export async function goodKeyOf(server: TestServer, fields: Record<string, unknown> = {}) {
  const tenant = await tenantIn(server, 'active');
  await entitle(server, tenant.id);
  const key = await newKey(server, { tenant_id: tenant.id, scopes: ['reports:read'], ...fields });
  return { tenant, key };
}

/** The client's key as a Bearer credential. */
export const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
