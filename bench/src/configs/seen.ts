/** The time from the answer to a write until 100 watchers of the project have the change. */

import { atRate, until } from '../events/product.ts';
import { percentile } from '../events/section.ts';
import { round } from '../lib/load.ts';
import { startMembers } from './members.ts';
import { contentOf, startProduct, stores } from './product.ts';
import type { Figure, Surroundings } from './section.ts';

const WATCHERS = 100;
const PER_SECOND = 50;
const SECONDS = 20;
const KEYS = 20;

export async function measureSeen(surroundings: Surroundings): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const store of stores) {
    await using own = new AsyncDisposableStack();
    const here = { ...surroundings, stack: own };
    const cluster = store === 'etcd' ? await startMembers(here) : null;
    const product = await startProduct(here, { store, cluster });
    const project = await product.newProject();
    const versions = Array.from({ length: KEYS }, () => 0);
    const busy = versions.map(() => Promise.resolve());
    /** By key and version: when it was answered, and when each watcher had it. */
    const answered = new Map<string, number>();
    const told: { readonly change: string; readonly at: number }[] = [];
    const leaving = new AbortController();
    own.defer(() => leaving.abort());
    const hear = (change: string) => void told.push({ change, at: performance.now() });
    await Promise.all(
      Array.from({ length: WATCHERS }, () => watch(product, { project, hear, signal: leaving.signal })),
    );
    surroundings.progress(`${store}: ${WATCHERS} watchers`);
    const write = async (n: number) => {
      const key = n % KEYS;
      busy[key] = (busy[key] ?? Promise.resolve()).then(async () => {
        const expected_version = versions[key] ?? 0;
        const path = `/v1/projects/${project}/configs/key-${key}`;
        const { version } = await product.call<{ version: number }>('PUT', path, {
          content: contentOf(n),
          expected_version,
        });
        versions[key] = version;
        answered.set(`key-${key} ${version}`, performance.now());
      });
      await busy[key];
    };
    await atRate(PER_SECOND, SECONDS, write);
    const expected = answered.size * WATCHERS;
    await until(async () => told.length >= expected, 60_000, `${told.length} of ${expected} changes arrived`);
    leaving.abort();
    const late = told.map(({ change, at }) => Math.max(0, at - (answered.get(change) ?? Number.NaN)));
    const what = `${store}: answered → seen by ${WATCHERS} watchers`;
    figures.push({ what: `${what}, p50`, value: round(percentile(late, 0.5), 1), unit: 'ms' });
    figures.push({ what: `${what}, p99`, value: round(percentile(late, 0.99), 1), unit: 'ms', goal: { most: 250 } });
  }
  return figures;
}

interface Watching {
  readonly project: string;
  readonly hear: (change: string) => void;
  readonly signal: AbortSignal;
}

/** Resolves when the stream is open. */
async function watch(
  { url, headers }: { url: string; headers: Readonly<Record<string, string>> },
  { project, hear, signal }: Watching,
): Promise<void> {
  const { authorization = '' } = headers;
  const answer = await fetch(`${url}/v1/projects/${project}/config-watch`, { headers: { authorization }, signal });
  if (!answer.ok || answer.body === null) throw new Error(`config-watch: ${answer.status} ${await answer.text()}`);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = (await reader.read()).value ?? '';
  void (async () => {
    for (;;) {
      const messages = text.split('\n\n');
      text = messages.pop() ?? '';
      for (const message of messages) {
        const data = /^data: ?(.*)$/m.exec(message)?.[1];
        if (!/^event: change$/m.test(message) || data === undefined) continue;
        const { key, version } = JSON.parse(data) as { key: string; version: number };
        hear(`${key} ${version}`);
      }
      const { value, done } = await reader.read();
      if (done) return;
      text += value;
    }
  })().catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
