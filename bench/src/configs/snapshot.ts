/** A snapshot of 10,000 keys while pairs of them are written: whole, fast, and without much memory. */
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { median, round } from '../lib/load.ts';
import { contentOf, startProduct } from './product.ts';
import type { Figure, Surroundings } from './section.ts';

const KEYS = 10_000;
const AT_ONCE = 60;

interface Snapshot {
  readonly configs: readonly { readonly key: string; readonly content: { readonly n: number } }[];
}

export async function measureSnapshot(surroundings: Surroundings): Promise<readonly Figure[]> {
  const { databases, progress, rounds, stack } = surroundings;
  let url = '';
  const product = await startProduct(
    {
      ...surroundings,
      databases: { ...databases, createDatabase: async (label) => (url = await databases.createDatabase(label)) },
    },
    { store: 'postgres', cluster: null },
  );
  const project = await product.newProject();
  progress(`postgres: writing ${KEYS} keys`);
  for (let n = 0; n < KEYS; n += 1_000) {
    const items = Array.from({ length: 1_000 }, (_, m) => ({
      key: `key-${String(n + m).padStart(5, '0')}`,
      content: contentOf(0),
    }));
    for (let m = 0; m < items.length; m += 500)
      await product.call('POST', `/v1/projects/${project}/config-import`, { items: items.slice(m, m + 500) });
  }
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  stack.defer(() => client.end());
  const bare = async () => {
    const start = performance.now();
    const { rows } = await client.query(
      'select key, version, content, content_sha256, updated_by, created_at, updated_at from configs where project_id = $1 order by key',
      [project],
    );
    JSON.stringify(rows);
    return performance.now() - start;
  };
  const path = `${product.url}/v1/projects/${project}/config-snapshot`;
  let torn = 0;
  const take = async () => {
    const start = performance.now();
    const answer = await fetch(path, { headers: product.headers });
    const text = await answer.text();
    const ms = performance.now() - start;
    if (!answer.ok) throw new Error(`config-snapshot: ${answer.status} ${text.slice(0, 500)}`);
    const { configs } = JSON.parse(text) as Snapshot;
    if (configs.length !== KEYS) throw new Error(`the snapshot has ${configs.length} keys`);
    for (let n = 0; n < KEYS; n += AT_ONCE)
      if (new Set(configs.slice(n, n + AT_ONCE).map(({ content }) => content.n)).size > 1) torn += 1;
    return ms;
  };
  await bare();
  await take();
  const before = residentMb(product.pid);
  const ratios: number[] = [];
  for (let n = 0; n < rounds; n += 1) ratios.push((await bare()) / (await take()));
  let writing = true;
  let writes = 0;
  const writer = (async () => {
    for (let n = 1; writing; n += 1) {
      const from = (n * AT_ONCE) % (KEYS - (KEYS % AT_ONCE));
      const items = Array.from({ length: AT_ONCE }, (_, m) => ({
        key: `key-${String(from + m).padStart(5, '0')}`,
        content: { n },
      }));
      await product.call('POST', `/v1/projects/${project}/config-import`, { items });
      writes += 1;
    }
  })();
  let peak = 0;
  const watching = setInterval(() => (peak = Math.max(peak, residentMb(product.pid))), 20);
  for (let n = 0; n < rounds; n += 1) await take();
  clearInterval(watching);
  writing = false;
  await writer;
  return [
    {
      what: `snapshot of ${KEYS} keys ÷ bare select, speed`,
      value: round(median(ratios), 2),
      unit: '×',
      goal: { least: 0.5 },
    },
    {
      what: `groups of ${AT_ONCE} keys that were torn, while ${writes} groups were written`,
      value: torn,
      unit: '',
      goal: { most: 0 },
    },
    {
      what: 'memory of the server above that before',
      value: round(Math.max(0, peak - before), 1),
      unit: 'MiB',
      goal: { most: 64 },
    },
  ];
}

/** Of the process, in MiB (Linux). */
function residentMb(pid: number): number {
  const kb = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kb) / 1_024;
}
