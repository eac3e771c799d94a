/** Allocations per second through the product, beside the same transaction with bare `pg`, by turns. */
import { median, round } from '../lib/load.ts';
import { allocateByHand, type Example, written } from './by-hand.ts';
import type { Section } from './section.ts';
import { contextOf, type Network, newNetwork, openWorld, rebuild, take, type World } from './world.ts';

/** Networks that allocate at once, each one address after the other. */
const NETWORKS = 8;
const GOAL = 0.7;

export const measureThroughput: Section = async (surroundings) => {
  const { rounds, takes, progress } = surroundings;
  const [ours, hand] = [await openSide(surroundings, 'ours', takes), await openSide(surroundings, 'hand', takes)];
  const example = await exampleOf(hand.world);
  const rates = { ours: [] as number[], hand: [] as number[] };
  const run = {
    ours: () =>
      allocateAll(ours, (network) => {
        const ctx = contextOf(ours.world, network);
        return ({ id }) => take(ctx, id);
      }),
    hand: () => allocateAll(hand, (network) => (node) => allocateByHand(hand.world.pool, example, { node, network })),
  };
  for (const side of ['ours', 'hand'] as const) await run[side](); // the first round fills caches
  for (let turn = 0; turn < rounds; turn += 1) {
    for (const side of turn % 2 === 0 ? (['ours', 'hand'] as const) : (['hand', 'ours'] as const))
      rates[side].push(await run[side]());
    progress(`throughput: round ${turn + 1} of ${rounds}`);
  }
  const ratios = rates.ours.map((rate, index) => rate / (rates.hand[index] ?? Number.NaN));
  return [
    { what: `allocations, ${NETWORKS} networks at once`, value: round(median(rates.ours), 0), unit: '/s' },
    {
      what: `the same transaction by hand (${example.statements.length} statements)`,
      value: round(median(rates.hand), 0),
      unit: '/s',
    },
    { what: 'ratio', value: round(median(ratios), 2), unit: '×', goal: { least: GOAL } },
  ];
};

interface Node {
  readonly id: string;
  readonly name: string;
}

interface Side {
  readonly world: World;
  readonly networks: readonly { readonly network: Network; readonly nodes: readonly Node[] }[];
}

async function openSide(surroundings: Parameters<Section>[0], label: string, spare: number): Promise<Side> {
  const world = await openWorld(surroundings, `network-${label}`);
  const networks = [];
  for (let n = 0; n < NETWORKS; n += 1) {
    const network = await newNetwork(world, { used: 0, spare, cidr: '10.0.0.0/16' });
    networks.push({ network, nodes: network.spare.map((id, index) => ({ id, name: `spare-${index + 1}` })) });
  }
  return { world, networks };
}

/** Allocates to every node, and returns how many a second; then every address is free again. */
async function allocateAll(
  { world, networks }: Side,
  allocatorOf: (network: Network) => (node: Node) => Promise<unknown>,
): Promise<number> {
  const start = performance.now();
  await Promise.all(
    networks.map(async ({ network, nodes }) => {
      const allocate = allocatorOf(network);
      for (const node of nodes) await allocate(node);
    }),
  );
  const seconds = (performance.now() - start) / 1_000;
  const { rows } = await world.pool.query<{ n: number }>(`select count(*)::int as n from domain_mesh_ip_allocations`);
  const count = networks.reduce((sum, { nodes }) => sum + nodes.length, 0);
  if (rows[0]?.n !== count) throw new Error(`${rows[0]?.n} of ${count} addresses were allocated`);
  await world.pool.query('delete from domain_mesh_ip_allocations');
  for (const { network } of networks) await rebuild(world, network.tenant_id);
  await world.pool.query('vacuum analyze domain_mesh_ip_allocations, mesh_free_ranges');
  return count / seconds;
}

/** Lets the product make one allocation in a network of its own, and returns what it sent. */
async function exampleOf(world: World): Promise<Example> {
  const network = await newNetwork(world, { used: 0, spare: 1, cidr: '192.168.0.0/24' });
  const node = network.spare[0] ?? '';
  const statements = await written(contextOf(world, network), node);
  const { rows } = await world.pool.query<{ id: string; ip: string }>(
    `select id, metadata ->> 'ip' as ip from audit_log where tenant_id = $1 and action = 'mesh_address.allocated'`,
    [network.tenant_id],
  );
  const { id: event_id = '', ip = '' } = rows[0] ?? {};
  await world.pool.query('delete from domain_mesh_ip_allocations where tenant_id = $1', [network.tenant_id]);
  return { ...network, statements, node, node_name: 'spare-1', ip, event_id };
}
