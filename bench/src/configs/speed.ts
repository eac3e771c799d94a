/** Puts and linearizable reads of 0.9 KB by 32 clients, beside etcd's own JSON gateway on three members. */
import { measure, median, type OwnRequest, round, type Sample, type Target } from '../lib/load.ts';
import { startMembers } from './members.ts';
import { contentOf, type Product, startProduct, stores } from './product.ts';
import type { Figure, Surroundings } from './section.ts';

const CONNECTIONS = 32;
const PROJECTS = 8;
const SECONDS = 4;
const goals: Readonly<Record<string, { readonly put: number; readonly read: number }>> = {
  postgres: { put: 0.4, read: 1 },
  etcd: { put: 0.3, read: 0.6 },
};

export async function measureSpeed(surroundings: Surroundings): Promise<readonly Figure[]> {
  const cluster = await startMembers(surroundings);
  // The leader answers without a hop to another member, which is the best that the gateway can do.
  const peer = gateway(await cluster.leader());
  const figures: Figure[] = [];
  await write(peer.put);
  for (const store of stores) {
    await using own = new AsyncDisposableStack();
    const product = await startProduct({ ...surroundings, stack: own }, { store, cluster });
    const ours = await registry(product);
    await write(ours.put);
    for (const kind of ['put', 'read'] as const) {
      const samples = await byTurns([ours[kind], peer[kind]], surroundings);
      const [mine = [], theirs = []] = samples;
      const rates = (all: readonly Sample[]) => round(median(all.map((each) => each.requests_per_second)), 0);
      const ratios = mine.map((each, n) => each.requests_per_second / (theirs[n]?.requests_per_second ?? Number.NaN));
      const goal = { least: goals[store]?.[kind] ?? 0 };
      figures.push({ what: `${store}: ${kind}s`, value: rates(mine), unit: '/s' });
      figures.push({ what: `${store}: ${kind}s of etcd's gateway beside it`, value: rates(theirs), unit: '/s' });
      figures.push({ what: `${store}: ${kind}s ÷ etcd's gateway`, value: round(median(ratios), 2), unit: '×', goal });
      figures.push({
        what: `${store}: ${kind} p99`,
        value: round(median(mine.map((each) => each.p99_ms)), 1),
        unit: 'ms',
      });
    }
  }
  return figures;
}

/** Every key exists before it is read. */
async function write(target: Target): Promise<void> {
  await measure(target, { connections: CONNECTIONS, seconds: 2 });
}

async function byTurns(targets: readonly Target[], { rounds, progress }: Surroundings): Promise<Sample[][]> {
  const samples: Sample[][] = targets.map(() => []);
  for (let n = 0; n < rounds; n += 1)
    for (let turn = 0; turn < targets.length; turn += 1) {
      const index = (n + turn) % targets.length;
      const target = targets[index];
      if (target === undefined) continue;
      const sample = await measure(target, { connections: CONNECTIONS, seconds: SECONDS });
      samples[index]?.push(sample);
      progress(`round ${n + 1}  ${target.name.padEnd(16)} ${sample.requests_per_second.toFixed(0).padStart(7)}/s`);
    }
  return samples;
}

interface Pair {
  readonly put: Target;
  readonly read: Target;
}

function targetOf(
  name: string,
  { url, headers }: { url: string; headers: Readonly<Record<string, string>> },
  requestsOf: Target['requestsOf'],
): Target {
  return { name, url, headers, bodies: [], accepts: () => true, ...(requestsOf === undefined ? {} : { requestsOf }) };
}

/** Each client writes and reads a key of its own, by turns with two contents, because equal content would change nothing. */
async function registry(product: Product): Promise<Pair> {
  const projects: string[] = [];
  for (let n = 0; n < PROJECTS; n += 1) projects.push(await product.newProject());
  const pathOf = (n: number) => `/v1/projects/${projects[n % PROJECTS]}/configs/key-${n}`;
  const put = (n: number): OwnRequest[] =>
    [1, 2].map((turn) => ({
      method: 'PUT',
      path: pathOf(n),
      headers: { 'if-match': '*' },
      body: JSON.stringify({ content: contentOf(turn) }),
    }));
  for (let n = 0; n < CONNECTIONS; n += 1)
    await product.call('PUT', pathOf(n), { content: contentOf(0), expected_version: 0 });
  return {
    put: targetOf('put', product, put),
    read: targetOf('read', product, (n) => [{ method: 'GET', path: pathOf(n) }]),
  };
}

function gateway(endpoint: string): Pair {
  const at = { url: endpoint, headers: { 'content-type': 'application/json' } };
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const keyOf = (n: number) => base64(`peer/key-${n}`);
  const put = (n: number): OwnRequest[] =>
    [1, 2].map((turn) => ({
      method: 'POST',
      path: '/v3/kv/put',
      body: JSON.stringify({ key: keyOf(n), value: base64(JSON.stringify(contentOf(turn))) }),
    }));
  const range = (n: number): OwnRequest[] => [
    { method: 'POST', path: '/v3/kv/range', body: JSON.stringify({ key: keyOf(n) }) },
  ];
  return { put: targetOf('gateway put', at, put), read: targetOf('gateway read', at, range) };
}
