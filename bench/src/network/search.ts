/** The statement that takes the lowest free address, beside two searches for the gap among the addresses in use, by turns. */
import { meshAddresses } from '@tenant-registry/db';
import { median, round } from '../lib/load.ts';
import type { Figure } from '../lib/sections.ts';
import type { Section } from './section.ts';
import { type Network, newNetwork, openWorld, timed, type World } from './world.ts';

/** Each finds the lowest address after which none is in use. */
const SEARCHES = {
  'lead() over the addresses': `
    select ip + 1 as ip from (
      select ip, lead(ip) over (order by ip) as next from domain_mesh_ip_allocations where tenant_id = $1
    ) as a where next is distinct from ip + 1 order by ip limit 1`,
  'a probe of ip + 1': `
    select ip + 1 as ip from domain_mesh_ip_allocations a
    where tenant_id = $1 and not exists (
      select from domain_mesh_ip_allocations b where b.tenant_id = $1 and b.ip = a.ip + 1
    ) order by a.ip limit 1`,
} as const;
type Search = keyof typeof SEARCHES;
const searches = Object.keys(SEARCHES) as Search[];

export const measureSearch: Section = async (surroundings) => {
  const { addresses, rounds, progress } = surroundings;
  const world = await openWorld(surroundings, 'network-search');
  const figures: Figure[] = [];
  for (const used of [Math.floor(addresses / 10), addresses]) {
    const network = await newNetwork(world, { used, spare: 1 });
    figures.push(...(await compare(world, network, { used, rounds })));
    progress(`search: ${used} in use`);
  }
  return figures;
};

async function compare(
  world: World,
  network: Network,
  { used, rounds }: { used: number; rounds: number },
): Promise<Figure[]> {
  const ours: number[] = [];
  const theirs: Readonly<Record<Search, number[]>> = { 'lead() over the addresses': [], 'a probe of ip + 1': [] };
  const found = new Set<string>();
  for (let turn = 0; turn <= rounds; turn += 1) {
    const [time, ip] = await takeOnce(world, network);
    found.add(ip);
    if (turn > 0) ours.push(time);
    for (const search of searches) {
      const start = performance.now();
      const { rows } = await world.pool.query<{ ip: string }>(SEARCHES[search], [network.tenant_id]);
      if (turn > 0) theirs[search].push(performance.now() - start);
      found.add(rows[0]?.ip ?? '');
    }
  }
  if (found.size !== 1) throw new Error(`the searches found different addresses: ${[...found].join(', ')}`);
  return [
    { what: `take, ${used} in use: p50`, value: round(median(ours), 2), unit: 'ms' },
    ...searches.flatMap((search) => [
      { what: `${search}, ${used} in use: p50`, value: round(median(theirs[search]), 2), unit: 'ms' },
      {
        what: `${search}, ${used} in use: ratio to take`,
        value: round(median(theirs[search]) / median(ours), 1),
        unit: '×',
      },
    ]),
  ];
}

/** Takes in a transaction that is rolled back: its statement alone is timed, with the writes that the searches lack. */
async function takeOnce({ handle }: World, { tenant_id, project_id, spare }: Network): Promise<[number, string]> {
  const owner = { tenant_id, project_id, node_id: spare[0] ?? '' };
  const tx = await handle.db.startTransaction().execute();
  try {
    let ip = '';
    const time = await timed(async () => {
      ip = (await meshAddresses.insertLowestAddress(tx, { owner, now: new Date(), pool: true }))?.ip ?? '';
    });
    return [time, ip];
  } finally {
    await tx.rollback().execute();
  }
}
