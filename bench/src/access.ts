import { randomBytes, randomInt } from 'node:crypto';
import { createHistogram } from 'node:perf_hooks';
import { type Access, createAccess, createClient } from '@tenant-registry/client';
import pg from 'pg';
import { idOf, loadRows, type Size } from './access/rows.ts';
import { type DatabaseServer, openDatabaseServer } from './lib/databases.ts';
import { measure, median, round, runRounds, type Sample, type Target } from './lib/load.ts';
import { readOptions, wholeNumber } from './lib/options.ts';
import { startServer } from './lib/processes.ts';
import { table, writeResults } from './lib/report.ts';
import { reportFailure, runBench } from './lib/run-bench.ts';

const usage = `Usage: node bench/src/access.ts [options]

Measures POST /v1/access/check in a tenant with 10^5 users, 10^4 groups and 3*10^5 memberships: alone in its database,
beside ten times as many rows of other tenants, and beside a hand-written read of one row on the larger database. Then
measures the checks of the SDK's createAccess() in a product's process. Requests go to the servers by turns.
Asserts no figure. Exit codes: 0 measured, 1 failed (even if a single answer was no verdict), 2 usage.`;

/** The goals of docs/goals.md. */
const GOALS = { p99_ms: 5, foreign_rows: 1.3, sdk_p99_ms: 0.1 } as const;
const PROJECTS = 200;
const LIVE_WITHIN_MS = 20_000;

const options = read();
const internalToken = randomBytes(24).toString('hex');
const headers = { authorization: `Bearer ${internalToken}` };

await runBench(1_800_000, async (stack) => {
  const progress = (line: string): void => void process.stderr.write(`${line}\n`);
  const databases = await openDatabaseServer(stack);
  const size: Size = {
    users: options.users,
    groups: options.groups,
    memberships: options.memberships,
    projects: PROJECTS,
  };
  const alone = await startLoaded(databases, stack, { label: 'access-alone', size, tenants: 1 });
  progress('loaded the tenant alone');
  const beside = await startLoaded(databases, stack, { label: 'access-beside', size, tenants: 11 });
  progress('loaded the tenant beside ten others');
  const byHand = await startServer(
    'bench/src/servers/one-row-read.ts',
    { DATABASE_URL: beside.databaseUrl, KEYS: '1' },
    stack,
  );
  const bodies = Array.from({ length: 4_096 }, () => JSON.stringify(question()));
  const target = (name: string, url: string): Target => ({
    name,
    url,
    headers,
    bodies,
    rotates: true,
    accepts: (body) => body.includes('"allowed":'),
  });
  const targets = [
    target('alone', `${alone.url}/v1/access/check`),
    target('beside', `${beside.url}/v1/access/check`),
    target('one-row read', `${byHand.url}/check`),
  ];
  const load = { connections: options.connections, seconds: options.seconds, rounds: options.rounds, warmupSeconds: 3 };
  const sampleOf = (each: Target, seconds: number) => measure(each, { ...load, seconds });
  const samples = await runRounds(targets, load, sampleOf, progress);
  progress('checks in the process of a product');
  const sdk = await measureSdk(beside.url, stack);
  const results = { settings: options, goals: GOALS, postgres: databases.about, ratios: ratiosOf(samples), sdk };
  const file = await writeResults('access', { ...results, samples: Object.fromEntries(samples) });
  process.stdout.write(`\n${describe(samples, sdk)}\n\nresults: ${file}\n`);
});

interface Place {
  readonly label: string;
  readonly size: Size;
  readonly tenants: number;
}

/** Starts the product on a database of its own, which it migrates, and fills it. */
async function startLoaded(databases: DatabaseServer, stack: AsyncDisposableStack, { label, size, tenants }: Place) {
  const databaseUrl = await databases.createDatabase(label);
  const env = {
    DATABASE_URL: databaseUrl,
    APP_ENV: 'dev',
    LOG_LEVEL: 'warn',
    OPERATOR_TOKEN: randomBytes(24).toString('hex'),
    INTERNAL_TOKEN: internalToken,
  };
  const { url } = await startServer('packages/server/src/main.ts', env, stack);
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await loadRows(client, size, tenants);
  await client.end();
  return { url, databaseUrl };
}

function question() {
  return {
    principal: { type: 'user' as const, id: idOf('user', randomInt(1, options.users + 1)) },
    permission: 'projects:read' as const,
    resource: { type: 'project' as const, id: idOf('project', randomInt(1, PROJECTS + 1)) },
  };
}

interface SdkResult {
  readonly checks: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
}

/** Measures single checks whose answers the product's process keeps. */
async function measureSdk(url: string, stack: AsyncDisposableStack): Promise<SdkResult> {
  const access = createAccess({ client: createClient({ url, token: internalToken }) });
  stack.defer(async () => access.close());
  const questions = Array.from({ length: 1_000 }, question);
  await remembered(access, questions);
  const histogram = createHistogram();
  for (let turn = 0; turn < 200; turn += 1) {
    for (const each of questions) {
      const start = process.hrtime.bigint();
      await access.check(each);
      histogram.record(process.hrtime.bigint() - start);
    }
  }
  const ms = (percentile: number) => round(histogram.percentile(percentile) / 1_000_000, 4);
  return { checks: histogram.count, p50_ms: ms(50), p99_ms: ms(99) };
}

/** Waits until the feed is live and all answers are kept. */
async function remembered(access: Access, questions: readonly ReturnType<typeof question>[]): Promise<void> {
  const endsAt = performance.now() + LIVE_WITHIN_MS;
  while (!access.live) {
    if (performance.now() > endsAt) throw new Error('the feed of changes did not become live');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  for (const each of questions) await access.check(each);
}

function ratiosOf(samples: ReadonlyMap<string, readonly Sample[]>) {
  const of = (name: string, to: string, figure: 'p50_ms' | 'p99_ms' | 'requests_per_second') =>
    round(
      median(
        (samples.get(name) ?? []).map(
          (each, index) => each[figure] / (samples.get(to)?.[index]?.[figure] ?? Number.NaN),
        ),
      ),
      2,
    );
  return {
    'beside / alone, p99': of('beside', 'alone', 'p99_ms'),
    'beside / alone, p50': of('beside', 'alone', 'p50_ms'),
    'beside / one-row read, p99': of('beside', 'one-row read', 'p99_ms'),
    'beside / one-row read, requests per second': of('beside', 'one-row read', 'requests_per_second'),
  };
}

function describe(samples: ReadonlyMap<string, readonly Sample[]>, sdk: SdkResult): string {
  const rows = [...samples].map(([name, each]) => [
    name,
    median(each.map(({ requests_per_second }) => requests_per_second)).toFixed(0),
    median(each.map(({ p50_ms }) => p50_ms)).toFixed(2),
    median(each.map(({ p99_ms }) => p99_ms)).toFixed(2),
  ]);
  const ratios = Object.entries(ratiosOf(samples)).map(([name, ratio]) => [name, ratio.toFixed(2)]);
  const inProcess = `SDK check in the product's process: p50 ${sdk.p50_ms} ms, p99 ${sdk.p99_ms} ms (goal ≤ ${GOALS.sdk_p99_ms} ms)`;
  const goals = `goals: p99 ≤ ${GOALS.p99_ms} ms, beside / alone ≤ ${GOALS.foreign_rows}`;
  return [
    table([['check', 'per second', 'p50 ms', 'p99 ms'], ...rows]),
    table([['ratio', 'median of rounds'], ...ratios]),
    inProcess,
    goals,
  ].join('\n\n');
}

function read() {
  try {
    const values = readOptions(usage, {
      users: { help: 'users of a tenant, 100 to 1000000', fallback: '100000' },
      groups: { help: 'groups of a tenant, 10 to 100000', fallback: '10000' },
      memberships: { help: 'memberships of a tenant, 100 to 10000000', fallback: '300000' },
      seconds: { help: 'seconds per server and round, 1 to 120', fallback: '5' },
      rounds: { help: 'interleaved rounds, 1 to 20', fallback: '5' },
      connections: { help: 'connections, one request at a time on each, 1 to 256', fallback: '4' },
    });
    return {
      users: wholeNumber('users', values.users, [100, 1_000_000]),
      groups: wholeNumber('groups', values.groups, [10, 100_000]),
      memberships: wholeNumber('memberships', values.memberships, [100, 10_000_000]),
      seconds: wholeNumber('seconds', values.seconds, [1, 120]),
      rounds: wholeNumber('rounds', values.rounds, [1, 20]),
      connections: wholeNumber('connections', values.connections, [1, 256]),
    };
  } catch (error) {
    process.exit(reportFailure(error));
  }
}
