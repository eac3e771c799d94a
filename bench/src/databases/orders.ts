/** Orders to ready per minute, over HTTP, in a world in memory and on a real server of PostgreSQL. */
import { waitUntilReady } from '@tenant-registry/client';
import { round } from '../lib/load.ts';
import type { Figure } from '../lib/sections.ts';
import { type Registry, startRegistry } from './registry.ts';
import type { Section } from './section.ts';
import { postgresWorld } from './world.ts';

const TENANTS = 20;
const AT_ONCE = 16;

export const measureOrders: Section = async (surroundings) => {
  const { orders, progress, stack } = surroundings;
  const inMemory = await startRegistry(surroundings, { script: 'bench/src/servers/databases-in-memory.ts' });
  const memory = await order(inMemory, orders);
  progress(`orders: ${orders} in memory`);
  const env = await postgresWorld(surroundings);
  await using own = new AsyncDisposableStack();
  const real = await startRegistry({ ...surroundings, stack: own }, { env });
  stack.use(own.move());
  const made = await order(real, orders);
  progress(`orders: ${orders} on PostgreSQL`);
  const gone = await destroy(real, made.ids);
  return [
    ...figuresOf('in memory', orders, memory.seconds),
    ...figuresOf('on PostgreSQL', orders, made.seconds),
    { what: 'on PostgreSQL: destroyed', value: perMinute(orders, gone), unit: '/min' },
  ];
};

function figuresOf(where: string, orders: number, seconds: number): Figure[] {
  return [{ what: `${where}: ordered until ready`, value: perMinute(orders, seconds), unit: '/min' }];
}

const perMinute = (count: number, seconds: number): number => round((count / seconds) * 60, 0);

/** Orders so many, 16 at a time, each of which is waited for. */
async function order({ client, newTenants }: Registry, count: number) {
  const tenants = await newTenants(TENANTS);
  const ids: string[] = [];
  const start = performance.now();
  await sideBySide(count, async (n) => {
    const { id } = await client.databases.create({
      tenant_id: tenants[n % TENANTS] ?? '',
      name: `database-${n}`,
      owner_team: 'payments',
      tier: 'roomy',
    });
    ids.push(id);
    await waitUntilReady(client, id);
  });
  return { ids, seconds: (performance.now() - start) / 1_000 };
}

/** Returns the seconds until nothing is left of them. */
async function destroy({ client }: Registry, ids: readonly string[]): Promise<number> {
  const start = performance.now();
  await sideBySide(ids.length, async (n) => {
    const id = ids[n] ?? '';
    const { name } = await client.databases.get({ id });
    await client.databases.delete({ id, confirm: name, policy: 'destroy' });
    while ((await client.databases.get({ id })).status !== 'deleted')
      await new Promise((resolve) => setTimeout(resolve, 50));
  });
  return (performance.now() - start) / 1_000;
}

async function sideBySide(count: number, work: (n: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < count) {
      const n = next;
      next += 1;
      await work(n);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}
