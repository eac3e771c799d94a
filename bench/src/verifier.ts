import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, createVerifier, type Verifier } from '@tenant-registry/client';
import { openDatabaseServer } from './lib/databases.ts';
import { median, round } from './lib/load.ts';
import { readOptions, wholeNumber } from './lib/options.ts';
import { table, writeResults } from './lib/report.ts';
import { reportFailure, runBench } from './lib/run-bench.ts';
import { startTenantRegistry } from './verify/tenant-registry.ts';

const usage = `Usage: node bench/src/verifier.ts [options]

Measures the verdicts per second that the SDK gives in a product's process: from memory, and by a request each time.
Asserts no figure. Exit codes: 0 measured, 1 failed (even if a single key was refused), 2 usage.`;

const LIVE_WITHIN_MS = 20_000;
const options = read();

await runBench(300_000, async (stack) => {
  const databases = await openDatabaseServer(stack);
  const { url, headers, keys } = await startTenantRegistry(
    { databases, keyCount: options.keys, stack },
    'tenant-registry',
    {},
  );
  const token = String(headers['authorization']).replace('Bearer ', '');
  const client = createClient({ url: new URL(url).origin, token });
  const verifier = createVerifier({ client, ttlMs: 600_000 });
  stack.defer(async () => verifier.close());
  await remembered(verifier, keys);
  const contenders = {
    memory: (key: string) => verifier.verify(key, { scopes: [] }),
    http: (key: string) => client.apiKeys.verify({ key }),
  };
  const samples = { memory: [] as number[], http: [] as number[] };
  for (let turn = 0; turn < options.rounds * 2; turn += 1) {
    const name = turn % 2 === 0 ? 'memory' : 'http';
    samples[name].push(await measure(keys, contenders[name]));
  }
  const ratio = round(median(samples.memory.map((each, index) => each / (samples.http[index] ?? Number.NaN))), 1);
  const file = await writeResults('verifier', { settings: options, postgres: databases.about, ratio, samples });
  const rows = Object.entries(samples).map(([name, each]) => [name, median(each).toFixed(0)]);
  process.stdout.write(
    `${table([['verdicts from', 'per second'], ...rows])}\n\nmemory / http: ${ratio}\nresults: ${file}\n`,
  );
});

/** Waits until the feed is live and all verdicts are kept. */
async function remembered(verifier: Verifier, keys: readonly string[]): Promise<void> {
  const endsAt = performance.now() + LIVE_WITHIN_MS;
  while (verifier.size < keys.length) {
    if (performance.now() > endsAt) throw new Error('the feed of changes did not become live');
    for (const key of keys) await verifier.verify(key, { scopes: [] });
    await sleep(100);
  }
}

/** Measures verdicts per second, with `options.concurrency` questions pending at any time. */
async function measure(
  keys: readonly string[],
  verify: (key: string) => Promise<{ readonly valid: boolean }>,
): Promise<number> {
  const startedAt = performance.now();
  const endsAt = startedAt + options.seconds * 1000;
  let verdicts = 0;
  const ask = async (first: number) => {
    for (let index = first; performance.now() < endsAt; index += options.concurrency) {
      if (!(await verify(keys[index % keys.length] ?? '')).valid) throw new Error('a key was refused');
      verdicts += 1;
    }
  };
  await Promise.all(Array.from({ length: options.concurrency }, (_, first) => ask(first)));
  return round((verdicts / (performance.now() - startedAt)) * 1000, 0);
}

function read() {
  try {
    const values = readOptions(usage, {
      seconds: { help: 'seconds per contender and round, 1 to 120', fallback: '3' },
      rounds: { help: 'interleaved rounds, 1 to 20', fallback: '5' },
      concurrency: { help: 'pending questions at a time, 1 to 512', fallback: '32' },
      keys: { help: 'API keys, 1 to 512', fallback: '32' },
    });
    return {
      seconds: wholeNumber('seconds', values.seconds, [1, 120]),
      rounds: wholeNumber('rounds', values.rounds, [1, 20]),
      concurrency: wholeNumber('concurrency', values.concurrency, [1, 512]),
      keys: wholeNumber('keys', values.keys, [1, 512]),
    };
  } catch (error) {
    process.exit(reportFailure(error));
  }
}
