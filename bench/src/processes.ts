import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabaseServer } from './lib/databases.ts';
import { median, round } from './lib/load.ts';
import { readOptions, wholeNumber } from './lib/options.ts';
import { type ServerChild, startServer } from './lib/processes.ts';
import { summarize, table, writeResults } from './lib/report.ts';
import { reportFailure, runBench, UsageError } from './lib/run-bench.ts';
import { type GroupSample, loadFrom } from './processes/loads.ts';
import type { Order } from './processes/order.ts';
import { bearer } from './verify/contender.ts';

const usage = `Usage: node bench/src/processes.ts [options]

Measures PROCESSES: verification of API keys, and reads of a tenant, with 1, 2 and more processes on one port, on one database.
The load generators and PostgreSQL run on the same machine: where it has fewer cores than all of them want, the report says so,
and the CPU time of a request tells what requests per second cannot.
PostgreSQL: the server in DATABASE_URL (with a role that may create databases), or a temporary one without that variable.
Exit codes: 0 measured, 1 failed (even if a single response was no success), 2 usage.`;

/** docs/goals.md: n processes do so much of n times the work of one. */
const GOAL = 0.85;
const WARMUP_SECONDS = 2;
const LISTEN_TIMEOUT_MS = 60_000;

type Work = Omit<Order, 'url' | 'connections' | 'seconds'> & { readonly name: string };

const options = read();
const cores = availableParallelism();
const measurements = options.counts.length * 2;

await runBench(
  (measurements * (WARMUP_SECONDS + options.rounds * (options.seconds + 4)) + 300) * 1000,
  async (stack) => {
    const progress = (line: string): void => void process.stderr.write(`${line}\n`);
    const databases = await openDatabaseServer(stack);
    const tokens = { OPERATOR_TOKEN: randomBytes(24).toString('hex'), INTERNAL_TOKEN: randomBytes(24).toString('hex') };
    const env = {
      APP_ENV: 'dev',
      LOG_LEVEL: 'warn',
      DATABASE_URL: await databases.createDatabase('processes'),
      ...tokens,
    };
    const servers = new Map<number, ServerChild>();
    for (const count of options.counts) {
      progress(`starting ${count} ${count === 1 ? 'process' : 'processes'}`);
      const given = { ...env, PROCESSES: String(count), RATE_LIMIT_PER_MINUTE: '0' };
      const server = await startServer('packages/server/src/main.ts', given, stack);
      await allListen(server, count, tokens.INTERNAL_TOKEN);
      servers.set(count, server);
    }
    const works = await prepare([...servers.values()][0], tokens);
    const samples = await measureAll(servers, works, progress);
    const results = works.map((work) => ({ name: work.name, groups: summariesOf(samples, work.name) }));
    const settings = { ...options, goal: GOAL, cores };
    const file = await writeResults('processes', { settings, postgres: databases.about, results });
    process.stdout.write(`\n${results.map(describe).join('\n\n')}\n\n${honesty()}\n\nresults: ${file}\n`);
  },
);

/** The first process listens alone for a moment. */
async function allListen({ url }: ServerChild, count: number, token: string): Promise<void> {
  const deadline = Date.now() + LISTEN_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const text = await (await fetch(`${url}/metrics`, { headers: bearer(token) })).text();
    if (text.match(/^tenant_registry_process_up\{[^}]*\} 1$/gm)?.length === count) return;
    await sleep(100);
  }
  throw new Error(`not all of ${count} processes listen after ${LISTEN_TIMEOUT_MS / 1000} s`);
}

async function prepare(
  server: ServerChild | undefined,
  tokens: { readonly OPERATOR_TOKEN: string; readonly INTERNAL_TOKEN: string },
): Promise<Work[]> {
  const operator = bearer(tokens.OPERATOR_TOKEN);
  const create = async (path: string, body: object): Promise<Record<string, string>> => {
    const headers = { 'content-type': 'application/json', ...operator };
    const answer = await fetch(`${server?.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (answer.status !== 201) throw new Error(`POST ${path} answered ${answer.status}: ${await answer.text()}`);
    return answer.json() as Promise<Record<string, string>>;
  };
  const { id = '' } = await create('/v1/tenants', { slug: 'bench', name: 'Bench' });
  const bodies: string[] = [];
  for (let count = 0; count < options.keys; count += 1) {
    const { key } = await create('/v1/api-keys', { tenant_id: id, name: `bench-${count}` });
    bodies.push(JSON.stringify({ key }));
  }
  const verify = { method: 'POST', path: '/v1/internal/api-keys/verify', accepts: '"valid":true' } as const;
  const get = { method: 'GET', path: `/v1/tenants/${id}`, accepts: '"slug":"bench"' } as const;
  return [
    { name: 'verify', ...verify, headers: bearer(tokens.INTERNAL_TOKEN), bodies },
    { name: 'read a tenant', ...get, headers: operator, bodies: [] },
  ];
}

/**
 * Lets every process prove each key once, alone: thirty-two proofs at once would have it shed load. A connection for each
 * question, so that the processes take turns.
 */
async function proveKeys(servers: ReadonlyMap<number, ServerChild>, { path, headers, bodies }: Work): Promise<void> {
  for (const [count, { url }] of servers)
    for (const body of bodies)
      for (let turn = 0; turn < count; turn += 1) {
        const sent = { 'content-type': 'application/json', connection: 'close', ...headers };
        const answer = await fetch(`${url}${path}`, { method: 'POST', headers: sent, body });
        if (!answer.ok) throw new Error(`POST ${path} answered ${answer.status}: ${await answer.text()}`);
        await answer.text();
      }
}

/** By work and number of processes. The order of the numbers rotates from round to round. */
async function measureAll(
  servers: ReadonlyMap<number, ServerChild>,
  works: readonly Work[],
  progress: (line: string) => void,
): Promise<Map<string, GroupSample[]>> {
  const samples = new Map<string, GroupSample[]>();
  const load = ({ name, ...work }: Work, count: number, seconds: number) => {
    const { url = '', pid = 0 } = servers.get(count) ?? {};
    return loadFrom(options.generators, { ...work, url, seconds, connections: options.connections }, pid);
  };
  for (const work of works) await proveKeys(servers, work);
  for (const work of works) for (const count of options.counts) await load(work, count, WARMUP_SECONDS);
  for (let turn = 0; turn < options.rounds; turn += 1) {
    for (const work of works) {
      for (let index = 0; index < options.counts.length; index += 1) {
        const count = options.counts[(turn + index) % options.counts.length] ?? 1;
        const sample = await load(work, count, options.seconds);
        const key = `${work.name} ${count}`;
        samples.set(key, [...(samples.get(key) ?? []), sample]);
        progress(`round ${turn + 1}  ${key.padEnd(18)} ${sample.requests_per_second.toFixed(0).padStart(7)}/s`);
      }
    }
  }
  return samples;
}

interface GroupSummary extends ReturnType<typeof summarize> {
  readonly processes: number;
  readonly cpu_seconds_per_1000: number;
  readonly cores_used: number;
  /** Requests per second of n processes to those of one, by n; the median of the rounds. */
  readonly ratio_per_process: number;
  /** CPU time of a request with one process to that with n: what n free cores would make of it, at most. */
  readonly cpu_ratio: number;
}

function summariesOf(samples: ReadonlyMap<string, GroupSample[]>, name: string): GroupSummary[] {
  const roundsOf = (count: number) => samples.get(`${name} ${count}`) ?? [];
  const alone = roundsOf(options.counts[0] ?? 1);
  const middle = (rounds: readonly GroupSample[], pick: (sample: GroupSample) => number) => median(rounds.map(pick));
  const cpuAlone = middle(alone, ({ cpu_seconds_per_1000: cpu }) => cpu);
  return options.counts.map((processes) => {
    const rounds = roundsOf(processes);
    const ratios = rounds.map((one, i) => one.requests_per_second / (alone[i]?.requests_per_second ?? Number.NaN));
    const cpu = middle(rounds, ({ cpu_seconds_per_1000 }) => cpu_seconds_per_1000);
    return {
      processes,
      ...summarize(rounds),
      cpu_seconds_per_1000: cpu,
      cores_used: middle(rounds, ({ cores_used }) => cores_used),
      ratio_per_process: round(median(ratios) / processes, 3),
      cpu_ratio: round(cpuAlone / cpu, 3),
    };
  });
}

/** The cores that n processes, the generators and PostgreSQL want. */
function wanted(processes: number): number {
  return processes + options.generators + 1;
}

function describe({ name, groups }: { readonly name: string; readonly groups: readonly GroupSummary[] }): string {
  const header = [
    'processes',
    'requests/s',
    'p99 ms',
    'cores used',
    'CPU ms/request',
    'of n × one',
    'CPU of one/of n',
    'goal',
  ];
  const rows = groups.map((group) => [
    String(group.processes),
    group.requests_per_second.toFixed(0),
    group.p99_ms.toFixed(2),
    group.cores_used.toFixed(2),
    group.cpu_seconds_per_1000.toFixed(4),
    group.ratio_per_process.toFixed(2),
    group.cpu_ratio.toFixed(2),
    verdictOn(group),
  ]);
  return `${name}\n${table([header, ...rows])}`;
}

function verdictOn({ processes, ratio_per_process: ratio }: GroupSummary): string {
  if (processes === 1) return '';
  if (cores < wanted(processes)) return `${GOAL} (too few cores to tell)`;
  return `${GOAL} (${ratio >= GOAL ? 'met' : 'missed'})`;
}

function honesty(): string {
  const most = Math.max(...options.counts);
  if (cores >= wanted(most))
    return `This machine has ${cores} cores, enough for ${most} processes, the load and PostgreSQL.`;
  return `This machine has ${cores} cores, and ${most} processes with ${options.generators} load generators and PostgreSQL want ${wanted(most)}:
they take time from each other, so requests per second say little about n processes here. The CPU time of a request does: it is what
more processes would add to it.`;
}

function read() {
  try {
    const values = readOptions(usage, {
      processes: {
        help: 'comma-separated numbers, the first of which is 1; 4 only where there are 4 cores',
        fallback: '1,2,4',
      },
      seconds: { help: 'seconds per number, work and round, 1 to 120', fallback: '5' },
      connections: { help: 'keep-alive connections, 2 to 512', fallback: '64' },
      generators: { help: 'load generators, processes of their own, 1 to 16', fallback: '2' },
      rounds: { help: 'interleaved rounds, 1 to 20', fallback: '5' },
      keys: { help: 'API keys, spread over the connections, 1 to 512', fallback: '32' },
    });
    const given = values.processes.split(',').map((count) => wholeNumber('processes', count, [1, 64]));
    if (given[0] !== 1) throw new UsageError('--processes must begin with 1, which the others are compared with');
    const isDefault = values.processes === '1,2,4';
    return {
      counts: isDefault ? given.filter((count) => count <= Math.max(2, availableParallelism())) : given,
      seconds: wholeNumber('seconds', values.seconds, [1, 120]),
      connections: wholeNumber('connections', values.connections, [2, 512]),
      generators: wholeNumber('generators', values.generators, [1, 16]),
      rounds: wholeNumber('rounds', values.rounds, [1, 20]),
      keys: wholeNumber('keys', values.keys, [1, 512]),
    };
  } catch (error) {
    process.exit(reportFailure(error));
  }
}
