import { randomBytes } from 'node:crypto';
import { MAIN } from '../lib/checkout.ts';
import { type ServerChild, startServer } from '../lib/processes.ts';
import { bearer, type Contender, type Setup } from './contender.ts';

type Env = Readonly<Record<string, string>>;

/** A database of the product, with the tokens that its processes share. */
export interface Registry {
  readonly internalToken: string;
  /** Starts a process of the product, of another checkout where one is named, with default settings except `env`. */
  start(env: Env, stack: AsyncDisposableStack, from?: string): Promise<ServerChild>;
  /** Creates this number of keys through `/v1`, in one new tenant or spread over several. */
  makeKeys(server: ServerChild, count: number, tenants?: number): Promise<string[]>;
}

/** Creates an empty registry; the label becomes a part of its database's name. */
export async function createRegistry({ databases }: Setup, label: string): Promise<Registry> {
  const [operatorToken, internalToken] = [randomBytes(24).toString('hex'), randomBytes(24).toString('hex')];
  const shared = {
    DATABASE_URL: await databases.createDatabase(label),
    APP_ENV: 'dev',
    OPERATOR_TOKEN: operatorToken,
    INTERNAL_TOKEN: internalToken,
    LOG_LEVEL: 'warn',
  };
  return {
    internalToken,
    start: (env, stack, from) => startServer(MAIN, { ...shared, ...env }, stack, from === undefined ? {} : { from }),
    async makeKeys({ url }, count, tenants = 1) {
      const create = creator(url, operatorToken);
      const ids: string[] = [];
      while (ids.length < tenants)
        ids.push(await create('/v1/tenants', { slug: `bench-${ids.length}`, name: 'Bench' }, 'id'));
      const keys: string[] = [];
      while (keys.length < count) {
        const tenant_id = ids[keys.length % tenants];
        keys.push(await create('/v1/api-keys', { tenant_id, name: `bench-${keys.length}` }, 'key'));
      }
      return keys;
    },
  };
}

/** Starts the product on its own database, with keys, as a contender. */
export async function startTenantRegistry(setup: Setup, label: string, env: Env, from?: string): Promise<Contender> {
  const registry = await createRegistry(setup, label);
  const server = await registry.start(env, setup.stack, from);
  const keys = await registry.makeKeys(server, setup.keyCount);
  return { url: verifyUrl(server), pid: server.pid, headers: bearer(registry.internalToken), keys };
}

/** Returns the URL that verifies keys. */
export function verifyUrl({ url }: ServerChild): string {
  return `${url}/v1/internal/api-keys/verify`;
}

function creator(url: string, token: string) {
  return async (path: string, body: object, field: string): Promise<string> => {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...bearer(token) },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    });
    const text = await response.text();
    if (response.status !== 201) throw new Error(`POST ${path} answered ${response.status}: ${text}`);
    return String(JSON.parse(text)[field]);
  };
}
