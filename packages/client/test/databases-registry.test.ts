// engine: postgres
/** The wait for a database at a real registry, whose databases are made in memory. */
import { createMemoryProvisioner } from '@tenant-registry/provisioner/testing';
import { expect, onTestFinished, test } from 'vitest';
import { memoryDatabases } from '../../server/src/testing.ts';
import { eventually } from '../../server/test/support/eventually.ts';
import { madeIn, newTenant, runWorker, testServer } from '../../server/test/support/server.ts';
import { type DatabaseWaitOptions, waitUntilReadyOn } from '../src/databases.ts';
import { createClient, type Database, DatabaseNotReadyError, waitUntilReady } from '../src/index.ts';
import { cuttableRelay } from './relay.ts';
import { rejectionOf } from './scripted-server.ts';

const memory = createMemoryProvisioner();
const { world } = memory;
const server = testServer({ databases: { ...memoryDatabases, provisioners: new Map([['memory', () => memory]]) } });

/** A tenant with a team, and an order of it. */
async function ordered() {
  const { id: tenant_id } = await newTenant(server);
  await madeIn(server, tenant_id, 'groups', { slug: 'payments', display_name: 'Payments' });
  const order = { name: 'orders', owner_team: 'payments', tier: 'small' };
  const database: Database = await madeIn(server, tenant_id, 'databases', order);
  return database;
}

/** Has each database that is due looked at, and what happened told. */
async function reconcile() {
  await runWorker(server, 'databases-reconcile');
  await server.app.deps.databaseReconciler.idle();
  await runWorker(server, 'events-sequence');
}

/** Waits by events alone: a pause ends when something is told, and never by itself. */
function told(id: string, { url = server.url, ...options }: DatabaseWaitOptions & { readonly url?: string } = {}) {
  const closing = new AbortController();
  onTestFinished(() => closing.abort());
  const seen: string[] = [];
  const result = waitUntilReadyOn({
    signal: closing.signal,
    ...options,
    client: createClient({ url, token: server.operatorToken }),
    id,
    runtime: {
      random: Math.random,
      sleep: (_, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve(), { once: true });
        }),
    },
    onProgress: ({ status, reason }) => void seen.push(`${status} ${reason}`),
  });
  result.catch(() => {});
  return { result, seen };
}

/** Resolves when so many listen to events. */
const listening = (count: number) => eventually(() => expect(server.app.deps.eventFeed.listening()).toBe(count));

// proves D13, D14, D32
test('events alone lead a wait from the order to the database that can be used', async () => {
  const { id } = await ordered();
  const { result, seen } = told(id);
  await listening(1);
  await reconcile();
  expect(await result).toMatchObject({ id, status: 'ready', host: 'db.memory.example', port: 5432 });
  expect(seen).toEqual(['provisioning queued', 'ready healthy']);
  await listening(0);
});

test('what happens while the connection is cut is known when it stands again', async () => {
  const { id } = await ordered();
  const relay = await cuttableRelay(server.url);
  const { result } = told(id, { url: relay.url });
  await listening(1);
  relay.cut();
  await reconcile();
  expect(await result).toMatchObject({ status: 'ready' });
});

test('a key that may not read events waits by reads alone', async () => {
  const { id, tenant_id } = await ordered();
  const { key } = await madeIn(server, tenant_id, 'api-keys', { name: 'ci', scopes: ['registry:databases:read'] });
  const client = createClient({ url: server.url, token: key });
  const progress: string[] = [];
  const waiting = waitUntilReady(client, id, { onProgress: ({ status }) => void progress.push(status) });
  await eventually(() => expect(progress).toEqual(['provisioning']));
  await reconcile();
  expect(await waiting).toMatchObject({ id, status: 'ready' });
});

// proves D15
test('a database that cannot be made ends the wait with what the registry says of it', async () => {
  const { id } = await ordered();
  world.intercept = (desired) =>
    desired.id !== id
      ? undefined
      : {
          phase: 'failed',
          reason: 'refused',
          message: 'The image does not exist.',
          in_sync: false,
          conditions: [],
          external_uid: null,
          endpoint: null,
          secret_name: null,
          repaired: [],
          login: null,
        };
  const { result } = told(id);
  await listening(1);
  await reconcile();
  const error = await rejectionOf(result);
  expect(error).toBeInstanceOf(DatabaseNotReadyError);
  expect(error).toMatchObject({
    code: 'failed',
    status: 'error',
    reason: 'refused',
    detail: 'The image does not exist.',
  });
});

test('a database that is being deleted ends the wait, and one that does not exist is not waited for', async () => {
  const { id } = await ordered();
  const { result } = told(id);
  await listening(1);
  await server.call(`DELETE /v1/databases/${id}?confirm=orders`);
  await runWorker(server, 'events-sequence');
  expect(await rejectionOf(result)).toMatchObject({ code: 'failed', status: 'deleting' });
  const unknown = told('01890000-0000-7000-8000-000000000000');
  expect(await rejectionOf(unknown.result)).toMatchObject({ name: 'RegistryError', code: 'not_found' });
});
