import { randomBytes } from 'node:crypto';
import { startServer } from '../lib/processes.ts';
import { bearer, type Contender, type Setup } from './contenders.ts';

/** Starts the product on its own database and makes one tenant with the keys, through `/v1` as a customer would. */
export async function startTenantRegistry(setup: Setup): Promise<Contender> {
  const operatorToken = randomBytes(24).toString('hex');
  const internalToken = randomBytes(24).toString('hex');
  const server = await startServer(
    'packages/server/src/main.ts',
    {
      DATABASE_URL: await setup.databases.createDatabase('tenant-registry'),
      APP_ENV: 'dev',
      OPERATOR_TOKEN: operatorToken,
      INTERNAL_TOKEN: internalToken,
      LOG_LEVEL: 'warn',
    },
    setup.stack,
  );
  const create = async (path: string, body: object, field: string): Promise<string> => {
    const response = await fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...bearer(operatorToken) },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    });
    const text = await response.text();
    if (response.status !== 201) throw new Error(`POST ${path} answered ${response.status}: ${text}`);
    return String(JSON.parse(text)[field]);
  };
  const tenantId = await create('/v1/tenants', { slug: 'bench', name: 'Bench' }, 'id');
  const keys: string[] = [];
  while (keys.length < setup.keyCount) {
    keys.push(await create('/v1/api-keys', { tenant_id: tenantId, name: `bench-${keys.length}` }, 'key'));
  }
  return { url: `${server.url}/v1/internal/api-keys/verify`, headers: bearer(internalToken), keys };
}
