import { randomBytes } from 'node:crypto';
import { startServer } from '../lib/processes.ts';
import { bearer, type Contender, type Setup } from './contender.ts';
import { startTenantRegistry } from './tenant-registry.ts';

/** All contenders, by their names in the table and in the results file. */
export const contenders = {
  ceiling: (setup: Setup) => startOwn('bare-fastify', setup, {}),
  'strict-read': async (setup: Setup) =>
    startOwn('strict-read', setup, { DATABASE_URL: await setup.databases.createDatabase('strict-read') }),
  'better-auth': async (setup: Setup) =>
    startOwn('better-auth', setup, { DATABASE_URL: await setup.databases.createDatabase('better-auth') }),
  'tenant-registry': (setup: Setup) => startTenantRegistry(setup, 'tenant-registry', {}),
  'tenant-registry-read': (setup: Setup) =>
    startTenantRegistry(setup, 'tenant-registry-read', { AUTHORITY_LEASE_MS: '0' }),
  before: (setup: Setup) => startTenantRegistry(setup, 'before', {}, setup.before),
} satisfies Record<string, (setup: Setup) => Promise<Contender>>;

export type ContenderName = keyof typeof contenders;
export const contenderNames = Object.keys(contenders) as ContenderName[]; // Object.keys forgets the key type

async function startOwn(script: string, setup: Setup, env: Record<string, string>): Promise<Contender> {
  const server = await startServer(
    `bench/src/servers/${script}.ts`,
    { KEY_COUNT: String(setup.keyCount), ...env },
    setup.stack,
  );
  return {
    url: `${server.url}/verify`,
    pid: server.pid,
    headers: bearer(randomBytes(24).toString('hex')),
    keys: keysOf(server.ready),
  };
}

function keysOf(ready: unknown): string[] {
  if (typeof ready === 'object' && ready !== null && 'keys' in ready && Array.isArray(ready.keys)) {
    return ready.keys.map(String);
  }
  throw new Error('the server gave no keys');
}
