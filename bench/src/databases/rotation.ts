/** Rotations while clients connect, each with the credential that is stored at that moment; and the end of old sessions. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitUntilReady } from '@tenant-registry/client';
import pg from 'pg';
import { round } from '../lib/load.ts';
import { type Registry, startRegistry, untilDatabase } from './registry.ts';
import type { Section } from './section.ts';
import { postgresWorld } from './world.ts';

const CLIENTS = 4;
const GRACE_SECONDS = 1;
const CLOSURES = 10;

export const measureRotation: Section = async (surroundings) => {
  const { rotations, progress } = surroundings;
  const registry = await startRegistry(surroundings, { env: await postgresWorld(surroundings) });
  const [tenant_id = ''] = await registry.newTenants(1);
  const { client } = registry;
  const { id, name } = await client.databases.create({
    tenant_id,
    name: 'orders',
    owner_team: 'payments',
    tier: 'roomy',
  });
  await waitUntilReady(client, id);
  const { secret } = await client.databases.connection({ id });
  const uri = () => readFile(join(secret.namespace, secret.name, 'uri'), 'utf8');

  const load = startLoad(uri);
  for (let n = 1; n <= rotations; n += 1) {
    await rotate(registry, id, GRACE_SECONDS);
    if (n % 10 === 0) progress(`rotation: ${n} of ${rotations}, ${load.connects()} connects`);
  }
  const { connects, failures } = await load.stop();
  for (const failure of failures.slice(0, 5)) progress(`failed: ${failure}`);
  const closed: number[] = [];
  for (let n = 0; n < CLOSURES; n += 1) closed.push(await endOfOldSession(registry, id, await uri()));

  await client.databases.delete({ id, confirm: name, policy: 'destroy' });
  await untilDatabase(registry, id, ({ status }) => status === 'deleted');
  return [
    { what: `connects during ${rotations} rotations`, value: connects, unit: '' },
    { what: 'failed connects', value: failures.length, unit: '', goal: { most: 0 } },
    {
      what: 'grace 0: until the session of the old login has ended',
      value: round(Math.max(...closed), 0),
      unit: 'ms',
      goal: { most: 5_000 },
    },
  ];
};

/** Resolves when the new login is the stored one, and the old one closed. */
async function rotate(registry: Registry, id: string, grace_seconds: number): Promise<void> {
  await registry.client.databases.rotate({ id, grace_seconds });
  await untilDatabase(registry, id, ({ allowed }) => allowed.includes('rotate'));
}

/** Clients that connect, ask and go, again and again. */
function startLoad(uri: () => Promise<string>) {
  let isStopped = false;
  let connects = 0;
  const failures: string[] = [];
  const once = async () => {
    const client = new pg.Client({ connectionString: await uri() });
    client.on('error', () => undefined); // the statement reports a lost connection
    try {
      await client.connect();
      await client.query('select 1');
      connects += 1;
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
    await client.end().catch(() => undefined);
  };
  const lane = async () => {
    while (!isStopped) await once();
  };
  const lanes = Array.from({ length: CLIENTS }, lane);
  return {
    connects: () => connects,
    async stop() {
      isStopped = true;
      await Promise.all(lanes);
      return { connects, failures };
    },
  };
}

/** Returns the milliseconds from the answer to a rotation without grace to the end of a session that was open before. */
async function endOfOldSession(registry: Registry, id: string, uri: string): Promise<number> {
  const session = new pg.Client({ connectionString: uri });
  await session.connect();
  const ended = new Promise<number>((resolve) => {
    session.on('error', () => resolve(performance.now()));
    session.on('end', () => resolve(performance.now()));
  });
  await registry.client.databases.rotate({ id, grace_seconds: 0 });
  const answered = performance.now();
  const ms = (await ended) - answered;
  await untilDatabase(registry, id, ({ allowed }) => allowed.includes('rotate'));
  return ms;
}
