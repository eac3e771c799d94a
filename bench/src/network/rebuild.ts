/** What a change of a large network costs: making anew what is free, growing its range, and telling its usage. */
import { median, round } from '../lib/load.ts';
import type { Section } from './section.ts';
import { type Network, newNetwork, openWorld, rebuild, timed, type World } from './world.ts';

export const measureRebuild: Section = async (surroundings) => {
  const { addresses, rounds, progress } = surroundings;
  const world = await openWorld(surroundings, 'network-rebuild');
  const dense = await newNetwork(world, { used: addresses, spare: 0, cidr: '10.0.0.0/12' });
  const scattered = await newNetwork(world, { used: addresses, holeEvery: 2, spare: 0, cidr: '10.0.0.0/12' });
  progress(`rebuild: networks of ${addresses}`);
  const p50 = async (work: (round: number) => Promise<unknown>): Promise<number> => {
    const times = [];
    for (let turn = 0; turn < rounds; turn += 1) times.push(await timed(() => work(turn)));
    return round(median(times), 1);
  };
  const usageOf = ({ tenant_id }: Network) => call(world, 'GET', `/v1/tenants/${tenant_id}/network/usage`);
  // Every second one grows by a bit; a range shrinks back between them, which is not measured.
  const grow = async ({ tenant_id }: Network) => {
    const set = (cidr: string) => call(world, 'PUT', `/v1/tenants/${tenant_id}/network`, { cidr });
    const times = [];
    for (let turn = 0; turn < rounds; turn += 1) {
      times.push(await timed(() => set('10.0.0.0/11')));
      await set('10.0.0.0/12');
    }
    return round(median(times), 1);
  };
  const ms = (what: string, value: number) => {
    progress(`rebuild: ${what} ${value} ms`);
    return { what, value, unit: 'ms' };
  };
  return [
    ms(`rebuild, ${addresses} in a row: p50`, await p50(() => rebuild(world, dense.tenant_id))),
    ms(`rebuild, ${addresses} with a hole after each: p50`, await p50(() => rebuild(world, scattered.tenant_id))),
    ms(`range grows, ${addresses} in a row: p50`, await grow(dense)),
    ms(`range grows, ${addresses} with a hole after each: p50`, await grow(scattered)),
    ms(`usage, ${addresses} in a row: p50`, await p50(() => usageOf(dense))),
    ms(`usage, ${addresses} fragments: p50`, await p50(() => usageOf(scattered))),
  ];
};

/** Calls the registry without a connection, as an operator. */
async function call(
  { app, operatorToken }: World,
  method: 'GET' | 'PUT',
  url: string,
  payload?: object,
): Promise<void> {
  const headers = { authorization: `Bearer ${operatorToken}` };
  const { statusCode, body } = await app.server.inject({ method, url, headers, ...(payload ? { payload } : {}) });
  if (statusCode !== 200) throw new Error(`${method} ${url} answered ${statusCode}: ${body}`);
}
