import { checkoutAt } from './lib/checkout.ts';
import { type CpuSummary, runCpuRounds, summarizeCpu } from './lib/cpu-rounds.ts';
import { type DatabaseServer, openDatabaseServer } from './lib/databases.ts';
import { type FigureRatio, ratiosOf, ratioTable, verdictOn } from './lib/figure-ratios.ts';
import { readOptions, wholeNumber } from './lib/options.ts';
import { commitOf, table, writeResults } from './lib/report.ts';
import { reportFailure, runBench } from './lib/run-bench.ts';
import { sectionsIn } from './lib/sections.ts';
import { type FlatResult, measureFlat, requireSameAnswers } from './read/flat.ts';
import { groups, operationNames } from './read/operations.ts';
import { type Contender, type Place, startPlace, tenantHeaders } from './read/world.ts';

const usage = `Usage: node bench/src/read.ts [options]

Measures reading, listing, searching and creating tenants over HTTP on loopback: tenant-registry over REST (and /trpc, for
reads) beside the same by hand (Fastify, zod, prepared statements), each a process with a database of its own on one
PostgreSQL, with the CPU time of its process. Then the time of single requests on each number of tenants.
--before measures another checkout too, from its own sources and packages, in the same rounds.
PostgreSQL: the server in DATABASE_URL (with a role that may create databases), or a temporary one without that variable.
Exit codes: 0 measured, 1 failed (even if a single response was no success), 2 usage.`;

/** The goal of docs/goals.md for the p95 at the largest number of tenants over that at the smallest. */
const FLAT_MOST = 1.3;
const WARMUP_SECONDS = 3;
const PARTS = [...operationNames, 'sizes'];

const options = read();
/** Rows of the table, at most. */
const loads = options.only.length * 8;
const limitSeconds = 1_800 + loads * (WARMUP_SECONDS + options.rounds * (options.seconds + 1));

await runBench(limitSeconds * 1000, async (stack) => {
  const databases = await openDatabaseServer(stack);
  const places = await startAll(databases, options.sizes[options.sizes.length - 1] ?? 0, stack);
  const [ours, byHand] = places;
  if (ours === undefined || byHand === undefined) throw new Error('the product and its peer are always measured');
  await requireSameAnswers(ours, byHand);
  if (!byHand.hasIndex) progress('searches by hand have no index: this PostgreSQL has no pg_trgm');
  // First, while the tables are as they were loaded.
  const by_size = options.only.includes('sizes') ? await measureSizes(databases, places) : [];
  const operations: Record<string, CpuSummary> = {};
  const ratios: FigureRatio[] = [];
  const given = { places, tenant: await tenantHeaders(ours, 1), seconds: Math.max(WARMUP_SECONDS, options.seconds) };
  const asked = operationNames.filter((name) => options.only.includes(name)).flatMap((name) => groups[name](given));
  for (const { loaded, comparisons, connectionsMax = options.connections } of asked) {
    const connections = Math.min(options.connections, connectionsMax);
    const load = { connections, seconds: options.seconds, rounds: options.rounds, warmupSeconds: WARMUP_SECONDS };
    const samples = await runCpuRounds(loaded, load, progress);
    for (const [name, rounds] of samples) operations[name] = summarizeCpu(rounds);
    ratios.push(...ratiosOf(samples, comparisons));
  }
  const { before, ...settings } = options;
  const measured = {
    settings,
    before: before === undefined ? null : await commitOf(before),
    goals: { flat: FLAT_MOST },
    pg_trgm_by_hand: byHand.hasIndex,
  };
  const file = await writeResults('read', { ...measured, postgres: databases.about, ratios, by_size, operations });
  const tables = [
    ...(asked.length === 0 ? [] : [describeLoads(operations), ratioTable(ratios)]),
    ...(by_size.length === 0 ? [] : [describeSizes(by_size)]),
  ];
  process.stdout.write(`\n${tables.join('\n\n')}\n\nresults: ${file}\n`);
});

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function startAll(databases: DatabaseServer, size: number, stack: AsyncDisposableStack): Promise<Place[]> {
  const { before } = options;
  const contenders: Contender[] = ['registry', 'by hand'];
  if (before !== undefined) contenders.push('before');
  const places: Place[] = [];
  for (const contender of contenders) {
    progress(`starting ${contender} with ${size} tenants`);
    places.push(await startPlace({ databases, contender, size, before }, stack));
  }
  return places;
}

/** The smaller sizes have servers only meanwhile: the loads that follow have the machine to themselves. */
async function measureSizes(databases: DatabaseServer, largest: readonly Place[]): Promise<FlatResult[]> {
  await using stack = new AsyncDisposableStack();
  const places: Place[] = [];
  for (const size of options.sizes.slice(0, -1)) places.push(...(await startAll(databases, size, stack)));
  const results = await measureFlat([...places, ...largest], options, progress);
  return results; // the await above keeps the servers until all is measured
}

function describeLoads(operations: Readonly<Record<string, CpuSummary>>): string {
  const rows = Object.entries(operations).map(([name, summary]) => [
    name,
    summary.requests_per_second.toFixed(0),
    summary.p50_ms.toFixed(2),
    summary.p99_ms.toFixed(2),
    summary.cpu_ms_per_1000.toFixed(0),
    `${(summary.generator_busy * 100).toFixed(0)} %`,
  ]);
  const size = options.sizes[options.sizes.length - 1];
  return table([[`${size} tenants`, 'requests/s', 'p50 ms', 'p99 ms', 'CPU ms/1,000', 'generator busy'], ...rows]);
}

function describeSizes(results: readonly FlatResult[]): string {
  const [smallest] = options.sizes;
  const rows = results.map(({ what, contender, size, p50_ms, p95_ms, ratio, min, max }) => [
    `${what}, ${contender}`,
    String(size),
    p50_ms.toFixed(2),
    p95_ms.toFixed(2),
    ...(size === smallest ? ['', ''] : [ratio.toFixed(2), `${min.toFixed(2)}–${max.toFixed(2)}`]),
    size === smallest || contender !== 'registry' ? '' : verdictOn(ratio, { most: FLAT_MOST }),
  ]);
  return table([['one at a time', 'tenants', 'p50 ms', 'p95 ms', `p95 / at ${smallest}`, 'rounds', 'goal'], ...rows]);
}

function read() {
  try {
    const values = readOptions(usage, {
      seconds: { help: 'seconds per load and round, 1 to 120', fallback: '4' },
      connections: { help: 'keep-alive connections, 1 to 512; searches have 10 at most', fallback: '32' },
      rounds: { help: 'interleaved rounds, 1 to 20', fallback: '5' },
      sizes: { help: 'numbers of tenants, ascending; the loads run on the last', fallback: '100,100000' },
      requests: { help: 'requests per size and round, 40 to 10000', fallback: '200' },
      only: { help: 'comma-separated parts', fallback: PARTS.join(',') },
      before: { help: 'the folder of another checkout, with its packages installed', fallback: '' },
    });
    return {
      seconds: wholeNumber('seconds', values.seconds, [1, 120]),
      connections: wholeNumber('connections', values.connections, [1, 512]),
      rounds: wholeNumber('rounds', values.rounds, [1, 20]),
      sizes: values.sizes.split(',').map((size) => wholeNumber('sizes', size, [10, 1_000_000])),
      requests: wholeNumber('requests', values.requests, [40, 10_000]),
      only: sectionsIn(values.only, PARTS),
      before: values.before === '' ? undefined : checkoutAt(values.before),
    };
  } catch (error) {
    process.exit(reportFailure(error));
  }
}
