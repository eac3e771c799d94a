/** A rollback with a long history beside one with a short one, and many writers of one key. */
import { median, round } from '../lib/load.ts';
import { startMembers } from './members.ts';
import { contentOf, type Product, startProduct, stores } from './product.ts';
import type { Figure, Surroundings } from './section.ts';

const LONG = 1_000;
const SHORT = 10;
const WRITERS = 64;
const TRIES_EACH = 5;

export async function measureHistory(surroundings: Surroundings): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const store of stores) {
    await using own = new AsyncDisposableStack();
    const here = { ...surroundings, stack: own };
    const cluster = store === 'etcd' ? await startMembers(here) : null;
    const product = await startProduct(here, { store, cluster });
    const project = await product.newProject();
    surroundings.progress(`${store}: writing ${LONG} revisions`);
    const keys = { long: { left: LONG, version: 0 }, short: { left: SHORT, version: 0 } };
    for (const [key, { left }] of Object.entries(keys)) {
      for (let version = 0; version < left; version += 1)
        await product.call('PUT', `/v1/projects/${project}/configs/${key}`, {
          content: contentOf(version),
          expected_version: version,
        });
    }
    const versions = { long: LONG, short: SHORT };
    const ratios: number[] = [];
    for (let n = 0; n < surroundings.rounds * 5; n += 1) {
      const times = { long: 0, short: 0 };
      for (const key of n % 2 === 0 ? (['long', 'short'] as const) : (['short', 'long'] as const)) {
        const start = performance.now();
        const body = { version: 1 + (n % SHORT), expected_version: versions[key] };
        const made = await product.call<{ version: number }>(
          'POST',
          `/v1/projects/${project}/configs/${key}/rollback`,
          body,
        );
        times[key] = performance.now() - start;
        versions[key] = made.version;
      }
      ratios.push(times.long / times.short);
    }
    figures.push({
      what: `${store}: rollback with ${LONG} revisions ÷ with ${SHORT}`,
      value: round(median(ratios), 2),
      unit: '×',
      goal: { most: 1.3 },
    });
    const { successes, version } = await race(product, project);
    figures.push({
      what: `${store}: ${WRITERS} writers of one key, version − successes`,
      value: version - successes,
      unit: '',
      goal: { most: 0 },
    });
    figures.push({ what: `${store}: ${WRITERS} writers of one key, successes`, value: successes, unit: '' });
  }
  return figures;
}

async function race(product: Product, project: string): Promise<{ successes: number; version: number }> {
  const path = `/v1/projects/${project}/configs/raced`;
  await product.call('PUT', path, { content: 0, expected_version: 0 });
  let successes = 1;
  const writer = async (w: number) => {
    for (let n = 0; n < TRIES_EACH; n += 1) {
      const { version } = await product.call<{ version: number }>('GET', path);
      const body = JSON.stringify({ content: `${w} ${n}`, expected_version: version });
      const answer = await fetch(product.url + path, { method: 'PUT', headers: product.headers, body });
      await answer.arrayBuffer();
      if (answer.ok) successes += 1;
      else if (answer.status !== 409) throw new Error(`PUT ${path}: ${answer.status}`);
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, (_, w) => writer(w)));
  const { version } = await product.call<{ version: number }>('GET', path);
  return { successes, version };
}
