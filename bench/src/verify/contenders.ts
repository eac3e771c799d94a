import { randomBytes } from 'node:crypto';
import type { DatabaseServer } from '../lib/databases.ts';
import { startServer } from '../lib/processes.ts';
import { startTenantRegistry } from './tenant-registry.ts';

export interface Setup {
  readonly databases: DatabaseServer;
  readonly keyCount: number;
  readonly stack: AsyncDisposableStack;
}

/** A started server: POST to `url` with `headers` and `{"key": …}` verifies a key. */
export interface Contender {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly keys: readonly string[];
}

/** Every contender by the name that the table and the results file give it. */
export const contenders = {
  ceiling: (setup: Setup) => startOwn('bare-fastify', setup, {}),
  'strict-read': async (setup: Setup) =>
    startOwn('strict-read', setup, { DATABASE_URL: await setup.databases.createDatabase('strict-read') }),
  'better-auth': async (setup: Setup) =>
    startOwn('better-auth', setup, { DATABASE_URL: await setup.databases.createDatabase('better-auth') }),
  'tenant-registry': (setup: Setup) => startTenantRegistry(setup, 'tenant-registry', {}),
  'tenant-registry-read': (setup: Setup) =>
    startTenantRegistry(setup, 'tenant-registry-read', { AUTHORITY_LEASE_MS: '0' }),
} satisfies Record<string, (setup: Setup) => Promise<Contender>>;

export type ContenderName = keyof typeof contenders;
export const contenderNames = Object.keys(contenders) as ContenderName[]; // Object.keys forgets the key type

async function startOwn(script: string, setup: Setup, env: Record<string, string>): Promise<Contender> {
  const server = await startServer(
    `bench/src/servers/${script}.ts`,
    { KEY_COUNT: String(setup.keyCount), ...env },
    setup.stack,
  );
  return { url: `${server.url}/verify`, headers: bearer(randomBytes(24).toString('hex')), keys: keysOf(server.ready) };
}

/** Returns the header that a caller of the product sends, so that all contenders receive requests of one size. */
export function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

function keysOf(ready: unknown): string[] {
  if (typeof ready === 'object' && ready !== null && 'keys' in ready && Array.isArray(ready.keys)) {
    return ready.keys.map(String);
  }
  throw new Error('the server gave no keys');
}
