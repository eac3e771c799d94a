import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { type BulkResult, measureBulk } from './audit/bulk.ts';
import { measurePages, type PageResult, type Target, urlOfPage } from './audit/pages.ts';
import { filters, loadRows } from './audit/rows.ts';
import { type DatabaseServer, openDatabaseServer } from './lib/databases.ts';
import { readOptions, wholeNumber } from './lib/options.ts';
import { startServer } from './lib/processes.ts';
import { table, writeResults } from './lib/report.ts';
import { reportFailure, runBench, UsageError } from './lib/run-bench.ts';

const usage = `Usage: node bench/src/audit.ts [options]

Measures the audit log over HTTP: the time of a page as the table grows, and the speed of POST /v1/audit/bulk beside a
hand-written multi-row insert. Each size has its own database and server; requests go to them by turns.
PostgreSQL: the server in DATABASE_URL (with a role that may create databases), or a temporary one without that variable.
10^7 rows take about 10 GB of disk and several minutes to load.
Exit codes: 0 measured, 1 failed, 2 usage.`;

/** The goals of docs/goals.md. */
const GOALS = { page: 1.3, bulk: 0.7 } as const;
const PAGE = 1_000;

const options = read();
const token = randomBytes(24).toString('hex');
const headers = { authorization: `Bearer ${token}` };

await runBench(options.limitMs, async (stack) => {
  const progress = (line: string): void => void process.stderr.write(`${line}\n`);
  const databases = await openDatabaseServer(stack);
  const servers = new Map<number, Loaded>();
  for (const size of options.sizes) {
    const start = performance.now();
    servers.set(size, await startLoaded(databases, stack, size));
    progress(`loaded ${size} rows in ${((performance.now() - start) / 1000).toFixed(0)} s`);
  }
  const pages: PageResult[] = [];
  for (const [filter, query] of Object.entries(filters)) {
    progress(`measuring ${filter}`);
    const deep = filter === 'none' || filter === 'tenant_id' ? [PAGE] : [];
    const targets: Target[] = [];
    for (const page of [1, ...deep]) targets.push(...(await targetsOf(servers, { filter, query, page })));
    pages.push(...(await measurePages(targets, headers, options)));
  }
  progress('measuring bulk appends');
  const [smallest] = servers.values();
  if (smallest === undefined) throw new Error('no size');
  const bulk = await measureBulk({ ...smallest, headers }, { rounds: options.rounds, bulks: 20, events: 1_000 });
  const { limit, rounds, requests, sizes } = options;
  const settings = { limit, rounds, requests, sizes };
  const file = await writeResults('audit', { settings, goals: GOALS, postgres: databases.about, pages, bulk });
  process.stdout.write(`\n${describe(pages, bulk)}\n\nresults: ${file}\n`);
});

interface Loaded {
  readonly url: string;
  readonly client: pg.Client;
}

/** Starts the product on its own database, which it migrates, and fills the audit log. */
async function startLoaded(databases: DatabaseServer, stack: AsyncDisposableStack, size: number): Promise<Loaded> {
  const connectionString = await databases.createDatabase(`audit-${size}`);
  const env = { DATABASE_URL: connectionString, APP_ENV: 'dev', LOG_LEVEL: 'warn' };
  const tokens = { OPERATOR_TOKEN: token, INTERNAL_TOKEN: randomBytes(24).toString('hex'), RATE_LIMIT_PER_MINUTE: '0' };
  const { url } = await startServer('packages/server/src/main.ts', { ...env, ...tokens }, stack);
  const client = new pg.Client({ connectionString });
  await client.connect();
  client.on('error', () => undefined); // the next query reports a lost connection
  stack.defer(() => client.end());
  await loadRows(client, size);
  return { url, client };
}

/** Returns a page of a list as a target on the server of each size; its cursors are followed once. */
async function targetsOf(
  servers: ReadonlyMap<number, Loaded>,
  { filter, query, page }: { filter: string; query: string; page: number },
): Promise<Target[]> {
  const targets: Target[] = [];
  for (const [size, { url }] of servers) {
    const first = `${url}/v1/audit?limit=${options.limit}&${query}`;
    targets.push({ filter, page, size, url: await urlOfPage(first, page, headers) });
  }
  return targets;
}

function describe(pages: readonly PageResult[], bulk: BulkResult): string {
  const rows = pages.map(({ filter, page, size, p50_ms, p95_ms, ratio, min, max }) => [
    filter,
    String(page),
    String(size),
    p50_ms.toFixed(2),
    p95_ms.toFixed(2),
    ...(size === options.sizes[0]
      ? ['', '', '']
      : [ratio.toFixed(2), `${min.toFixed(2)}–${max.toFixed(2)}`, verdict(ratio)]),
  ]);
  const header = ['filter', 'page', 'rows', 'p50 ms', 'p95 ms', `p95 / p95 at ${options.sizes[0]}`, 'rounds', 'goal'];
  const met = bulk.ratio >= GOALS.bulk ? 'met' : 'missed';
  const appends = [
    ['1000 events each', 'rows/s', 'ratio', 'rounds', 'goal'],
    ['insert by hand', String(bulk.by_hand), '', '', ''],
    [
      'POST /v1/audit/bulk',
      String(bulk.ours),
      bulk.ratio.toFixed(2),
      `${bulk.min.toFixed(2)}–${bulk.max.toFixed(2)}`,
      `≥ ${GOALS.bulk} (${met})`,
    ],
  ];
  return `${table([header, ...rows])}\n\n${table(appends)}`;
}

function verdict(ratio: number): string {
  return `≤ ${GOALS.page} (${ratio <= GOALS.page ? 'met' : 'missed'})`;
}

function read() {
  try {
    const values = readOptions(usage, {
      sizes: { help: 'rows, comma-separated, from 10000', fallback: '10000,1000000' },
      full: { help: 'also 10000000 rows', fallback: false },
      limit: { help: 'items a page, 1 to 200; 1000 pages must exist in the smallest size', fallback: '10' },
      rounds: { help: 'rounds, 1 to 50', fallback: '7' },
      requests: { help: 'requests per page, size and round, 20 to 10000', fallback: '200' },
    });
    const listed = values.sizes.split(',').map((size) => wholeNumber('sizes', size, [10_000, 100_000_000]));
    const sizes = [...new Set([...listed, ...(values.full === 'true' ? [10_000_000] : [])])].toSorted((a, b) => a - b);
    const limit = wholeNumber('limit', values.limit, [1, 200]);
    if (limit * PAGE > (sizes[0] ?? 0)) throw new UsageError(`--limit ${limit} needs at least ${limit * PAGE} rows`);
    return {
      sizes,
      limit,
      rounds: wholeNumber('rounds', values.rounds, [1, 50]),
      requests: wholeNumber('requests', values.requests, [20, 10_000]),
      limitMs: 600_000 + sizes.reduce((sum, size) => sum + size, 0) * 0.3,
    };
  } catch (error) {
    process.exit(reportFailure(error));
  }
}
