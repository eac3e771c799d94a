/** The servers that are measured, each a process with a database of its own on one PostgreSQL, with the same rows. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { MAIN } from '../lib/checkout.ts';
import type { DatabaseServer } from '../lib/databases.ts';
import { type ServerChild, startServer } from '../lib/processes.ts';
import { indexByHand, loadTenants, tenantIdOf } from './rows.ts';

const POOL_MAX = '10';

export type Contender = 'registry' | 'by hand' | 'before';

export interface Place {
  readonly contender: Contender;
  readonly size: number;
  readonly url: string;
  readonly pid: number;
  /** Those of the operator; the hand-written server gets them too, so that all requests have one size. */
  readonly headers: Readonly<Record<string, string>>;
  /** False for the hand-written server where pg_trgm is not to be had. */
  readonly hasIndex: boolean;
}

export interface Wanted {
  readonly databases: DatabaseServer;
  readonly contender: Contender;
  readonly size: number;
  /** The checkout that the contender `before` runs from. */
  readonly before: string | undefined;
}

/** Starts a contender on a database of its own that holds `size` tenants. */
export async function startPlace(wanted: Wanted, stack: AsyncDisposableStack): Promise<Place> {
  const { databases, contender, size, before } = wanted;
  const token = randomBytes(24).toString('hex');
  const databaseUrl = await databases.createDatabase(`read-${contender.replace(' ', '-')}-${size}`);
  const { url, pid } =
    contender === 'by hand'
      ? await startByHand(databaseUrl, stack)
      : await startProduct({ databaseUrl, token, from: contender === 'before' ? before : undefined }, stack);
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await loadTenants(client, size);
  const hasIndex = contender !== 'by hand' || (await indexByHand(client));
  await client.end();
  return { contender, size, url, pid, headers: { authorization: `Bearer ${token}` }, hasIndex };
}

/** Resolves to the headers of an API key of the tenant, which row-level security keeps to that tenant. */
export async function tenantHeaders({ url, headers }: Place, n: number): Promise<Record<string, string>> {
  const response = await fetch(`${url}/v1/api-keys`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ tenant_id: tenantIdOf(n), name: 'bench', scopes: ['registry:tenants:read'] }),
    signal: AbortSignal.timeout(10_000),
  });
  const text = await response.text();
  if (response.status !== 201) throw new Error(`POST /v1/api-keys answered ${response.status}: ${text}`);
  return { authorization: `Bearer ${JSON.parse(text).key}` };
}

/** Has the product make the tables, ends it, and starts the hand-written server on them. */
async function startByHand(databaseUrl: string, stack: AsyncDisposableStack): Promise<ServerChild> {
  const migration = new AsyncDisposableStack();
  try {
    await startProduct({ databaseUrl, token: randomBytes(24).toString('hex'), from: undefined }, migration);
  } finally {
    await migration.disposeAsync();
  }
  return startServer('bench/src/servers/tenants-by-hand.ts', { DATABASE_URL: databaseUrl, POOL_MAX }, stack);
}

interface Product {
  readonly databaseUrl: string;
  readonly token: string;
  readonly from: string | undefined;
}

/** Settings of production, apart from the limits, which the load of one caller would meet. */
function startProduct({ databaseUrl, token, from }: Product, stack: AsyncDisposableStack): Promise<ServerChild> {
  const env = {
    DATABASE_URL: databaseUrl,
    APP_ENV: 'dev', // so that it migrates itself
    OPERATOR_TOKEN: token,
    INTERNAL_TOKEN: randomBytes(24).toString('hex'),
    LOG_LEVEL: 'info',
    DATABASE_CONNECTIONS_MAX: POOL_MAX,
    RATE_LIMIT_PER_MINUTE: '0',
    RATE_LIMIT_TENANT_PER_MINUTE: '0',
    RATE_LIMIT_TENANT_COST_PER_MINUTE: '0',
  };
  return startServer(MAIN, env, stack, { quiet: true, ...(from === undefined ? {} : { from }) });
}
