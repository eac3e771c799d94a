import { checkoutAt } from './lib/checkout.ts';
import { type CpuSummary, type Loaded, runCpuRounds, summarizeCpu } from './lib/cpu-rounds.ts';
import { openDatabaseServer } from './lib/databases.ts';
import { type Comparison, type FigureRatio, ratiosOf, ratioTable } from './lib/figure-ratios.ts';
import { readOptions, wholeNumber } from './lib/options.ts';
import { commitOf, table, writeResults } from './lib/report.ts';
import { reportFailure, runBench, UsageError } from './lib/run-bench.ts';
import { batchOf, questionsOf } from './verify/batch.ts';
import { type ColdResult, measureCold } from './verify/cold.ts';
import { contenderNames, contenders } from './verify/contenders.ts';
import { type JunkResult, measureJunk } from './verify/junk.ts';
import { preflight } from './verify/preflight.ts';

const usage = `Usage: node bench/src/verify.ts [options]

Measures API-key verification over HTTP on loopback: tenant-registry, its ceilings and better-auth, in one run.
PostgreSQL: the server in DATABASE_URL (with a role that may create databases), or a temporary one without that variable.
Exit codes: 0 measured, 1 failed (even if a single response was no success), 2 usage.`;

/** The goals are those of docs/goals.md. */
const comparisons: readonly Comparison[] = [
  { figure: 'requests_per_second', of: 'tenant-registry', to: 'ceiling', goal: { least: 0.8 } },
  { figure: 'cpu_ms_per_1000', of: 'tenant-registry', to: 'ceiling', goal: { most: 1.25 } },
  { figure: 'requests_per_second', of: 'tenant-registry-read', to: 'strict-read', goal: { least: 0.7 } },
  { figure: 'requests_per_second', of: 'tenant-registry', to: 'better-auth', goal: { least: 20 } },
  { figure: 'requests_per_second', of: 'ceiling', to: 'better-auth' },
  { figure: 'requests_per_second', of: 'strict-read', to: 'better-auth' },
  { figure: 'requests_per_second', of: 'before', to: 'ceiling' },
  { figure: 'cpu_ms_per_1000', of: 'before', to: 'ceiling' },
];

const COLD_KEYS = 100;
const options = read();
const load = { connections: options.connections, seconds: options.seconds, rounds: options.rounds, warmupSeconds: 3 };
const measuringSeconds = options.names.length * (load.warmupSeconds + load.rounds * (load.seconds + 2));

await runBench((measuringSeconds + 300) * 1000, async (stack) => {
  const progress = (line: string): void => void process.stderr.write(`${line}\n`);
  const databases = await openDatabaseServer(stack);
  const loaded: Loaded[] = [];
  for (const name of options.names) {
    progress(`starting ${name}`);
    const setup = { databases, keyCount: options.keys, stack, before: options.before };
    const { url, pid, headers, keys } = await contenders[name](setup);
    const bodies = keys.map((key) => JSON.stringify({ key }));
    const target = { name, url, headers, bodies, accepts: (body: string) => body.includes('"valid":true') };
    await preflight(target);
    loaded.push({ name, pid, targetOf: () => target });
  }
  const samples = await runCpuRounds(loaded, load, progress);
  const summaries = Object.fromEntries([...samples].map(([name, rounds]) => [name, summarizeCpu(rounds)]));
  const ratios = ratiosOf(
    samples,
    comparisons.filter(({ of, to }) => samples.has(of) && samples.has(to)),
  );
  const product = loaded.find(({ name }) => name === 'tenant-registry');
  const batch = product === undefined ? undefined : await runCpuRounds(batchOf(product), load, progress);
  const hot = product?.targetOf();
  if (hot !== undefined) progress('junk beside good keys');
  const junk = hot === undefined ? undefined : await measureJunk(hot, options);
  const setup = { databases, keyCount: COLD_KEYS, stack };
  progress(`${COLD_KEYS} cold keys at once, without and with a pepper`);
  const cold = {
    without_pepper: await measureCold(setup, COLD_KEYS, false),
    with_pepper: await measureCold(setup, COLD_KEYS, true),
  };
  const settings = { ...load, keys: options.keys };
  const batches = batch && Object.fromEntries([...batch].map(([name, rounds]) => [name, summarizeCpu(rounds)]));
  const before = options.before === undefined ? null : await commitOf(options.before);
  const about = { settings, before, postgres: databases.about };
  const results = { ...about, ratios, batch: batches, junk, cold, contenders: summaries };
  const file = await writeResults('verify', results);
  const asked = [describe(summaries, ratios), ...(batches === undefined ? [] : [describeBatch(batches)])];
  const text = [...asked, ...(junk === undefined ? [] : [describeJunk(junk)]), describeCold(cold)];
  process.stdout.write(`\n${text.join('\n\n')}\n\nresults: ${file}\n`);
});

function verdictOn(met: boolean): string {
  return met ? '(met)' : '(missed)';
}

function describeJunk({ good_per_second, junk_per_second, without, with_junk, ratio }: JunkResult): string {
  const row = (name: string, { requests_per_second, p50_ms, p99_ms }: JunkResult['without']) => [
    name,
    requests_per_second.toFixed(0),
    p50_ms.toFixed(2),
    p99_ms.toFixed(2),
  ];
  return `${table([
    [`good keys at ${good_per_second}/s`, 'requests/s', 'p50 ms', 'p99 ms'],
    row('alone', without),
    row(`beside ${junk_per_second.toFixed(0)} junk keys/s`, with_junk),
  ])}\nratio ${ratio.toFixed(2)}, goal 0.9 ${verdictOn(ratio >= 0.9)}`;
}

function describeCold(cold: Readonly<Record<'without_pepper' | 'with_pepper', ColdResult>>): string {
  const row = (name: string, { seconds, p50_ms, p99_ms, event_loop_lag_p99_ms, argon2_computations }: ColdResult) => [
    name,
    seconds.toFixed(2),
    p50_ms.toFixed(0),
    p99_ms.toFixed(0),
    event_loop_lag_p99_ms.toFixed(0),
    String(argon2_computations),
  ];
  const { without_pepper, with_pepper } = cold;
  const header = [`${COLD_KEYS} cold keys at once`, 'seconds', 'p50 ms', 'p99 ms', 'lag p99 ms', 'argon2'];
  const lag = `lag goal 30 ms ${verdictOn(without_pepper.event_loop_lag_p99_ms <= 30)}`;
  const argon2 = `argon2 with a pepper: goal 0 ${verdictOn(with_pepper.argon2_computations === 0)}`;
  return `${table([header, row('without a pepper', without_pepper), row('with a pepper', with_pepper)])}\n${lag}, ${argon2}`;
}

function describe(summaries: Readonly<Record<string, CpuSummary>>, ratios: readonly FigureRatio[]): string {
  const speeds = Object.entries(summaries).map(([name, summary]) => [
    name,
    summary.requests_per_second.toFixed(0),
    summary.p50_ms.toFixed(2),
    summary.p99_ms.toFixed(2),
    summary.cpu_ms_per_1000.toFixed(1),
    `${(summary.generator_busy * 100).toFixed(0)} %`,
  ]);
  const header = ['contender', 'requests/s', 'p50 ms', 'p99 ms', 'CPU ms/1,000', 'generator busy'];
  return `${table([header, ...speeds])}\n\n${ratioTable(ratios)}`;
}

function describeBatch(batches: Readonly<Record<string, CpuSummary>>): string {
  const rows = Object.entries(batches).map(([name, { requests_per_second, cpu_ms_per_1000 }]) => {
    const questions = questionsOf(name);
    return [name, (requests_per_second * questions).toFixed(0), (cpu_ms_per_1000 / questions).toFixed(1)];
  });
  return table([['questions in one request', 'verdicts/s', 'CPU ms/1,000 verdicts'], ...rows]);
}

function read() {
  try {
    const values = readOptions(usage, {
      seconds: { help: 'seconds per contender and round, 1 to 120', fallback: '4' },
      connections: { help: 'keep-alive connections, 1 to 512', fallback: '32' },
      rounds: { help: 'interleaved rounds, 1 to 20', fallback: '5' },
      keys: { help: 'API keys, spread over the connections, 1 to 512', fallback: '32' },
      contenders: { help: 'comma-separated names', fallback: contenderNames.join(',') },
      before: { help: 'the folder of another checkout, with its packages installed', fallback: '' },
    });
    const wanted = values.contenders.split(',');
    const unknown = wanted.find((name) => !contenderNames.some((known) => known === name));
    if (unknown !== undefined)
      throw new UsageError(`--contenders: "${unknown}" is none of ${contenderNames.join(', ')}`);
    return {
      seconds: wholeNumber('seconds', values.seconds, [1, 120]),
      connections: wholeNumber('connections', values.connections, [1, 512]),
      rounds: wholeNumber('rounds', values.rounds, [1, 20]),
      keys: wholeNumber('keys', values.keys, [1, 512]),
      names: contenderNames.filter((name) => wanted.includes(name) && (name !== 'before' || values.before !== '')),
      before: values.before === '' ? undefined : checkoutAt(values.before),
    };
  } catch (error) {
    process.exit(reportFailure(error));
  }
}
