/** How long a new version of a schema takes that is tried on 10,000 configurations, on each store. */
import { median, round } from '../lib/load.ts';
import { startMembers } from './members.ts';
import { contentOf, type Product, startProduct, stores } from './product.ts';
import type { Figure, Surroundings } from './section.ts';

const KEYS = 10_000;
/** A schema has 100 versions at most. */
const VERSIONS_MAX = 20;
const GOAL_SECONDS = 5;
const keyOf = (n: number) => `key-${String(n).padStart(5, '0')}`;

export async function measureVersions(surroundings: Surroundings): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const store of stores) {
    await using own = new AsyncDisposableStack();
    const here = { ...surroundings, stack: own };
    const cluster = store === 'etcd' ? await startMembers(here) : null;
    const product = await startProduct(here, { store, cluster });
    surroundings.progress(`${store}: writing ${KEYS} keys`);
    const schema = await pinned(product);
    await requireTried(product, schema);
    const seconds: number[] = [];
    for (let n = 0; n < Math.min(surroundings.rounds, VERSIONS_MAX); n += 1) {
      const start = performance.now();
      await product.call('POST', `/v1/schemas/${schema}/versions`, { content: schemaOf(KEYS + n) });
      seconds.push((performance.now() - start) / 1_000);
    }
    figures.push({
      what: `${store}: a new version of a schema, tried on ${KEYS} configurations of 0.9 KB`,
      value: round(median(seconds), 2),
      unit: 's',
      goal: { most: GOAL_SECONDS },
    });
  }
  return figures;
}

/** Makes the configurations with their schema, waits until the database has all of them, and resolves to the schema's id. */
async function pinned(product: Product): Promise<string> {
  const project = await product.newProject();
  const { tenant_id } = await product.call<{ tenant_id: string }>('GET', `/v1/projects/${project}`);
  const body = { tenant_id, name: 'limits', content: schemaOf(KEYS - 1) };
  const { id } = await product.call<{ id: string }>('POST', '/v1/schemas', body);
  for (let n = 0; n < KEYS; n += 500) {
    const items = Array.from({ length: 500 }, (_, m) => ({
      key: keyOf(n + m),
      content: contentOf(n + m),
      schema_id: id,
    }));
    await product.call('POST', `/v1/projects/${project}/config-import`, { items });
  }
  while (!(await isRecorded(product, project))) await new Promise((resolve) => setTimeout(resolve, 50));
  return id;
}

/** A version that none of them meets is refused with the count of all: the trial leaves none out. */
async function requireTried({ url, headers }: Product, schema: string): Promise<void> {
  const body = JSON.stringify({ content: schemaOf(-1) });
  const answer = await fetch(`${url}/v1/schemas/${schema}/versions`, { method: 'POST', headers, body });
  const { count } = (await answer.json()) as { count?: number };
  if (answer.status !== 409 || count !== KEYS) throw new Error(`the trial reached ${count} of ${KEYS}`);
}

/** With etcd, the database has a key when the relay has brought it: the last one comes last. */
async function isRecorded(product: Product, project: string): Promise<boolean> {
  const path = `/v1/projects/${project}/configs?prefix=${keyOf(KEYS - 1)}&contains=${encodeURIComponent('{}')}`;
  const { items } = await product.call<{ items: readonly unknown[] }>('GET', path);
  return items.length > 0;
}

/** Accepts `contentOf` of every number up to the maximum. */
function schemaOf(maximum: number): object {
  return {
    type: 'object',
    properties: { n: { type: 'integer', minimum: 0, maximum }, text: { type: 'string', maxLength: 1_000 } },
    required: ['n', 'text'],
    additionalProperties: false,
  };
}
