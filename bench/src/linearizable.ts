import { type DatabaseHandle, migrateUp, openDatabase } from '@tenant-registry/db';
import { startPostgres } from '@tenant-registry/db/testing';
import { insertPerson, startDeactivationReplica } from '../../packages/server/test/replicas/deactivation.ts';
import {
  cutLink,
  type Disturbance,
  disturbed,
  freeze,
  killListeners,
} from '../../packages/server/test/replicas/disturbances.ts';
import {
  createSubject,
  type FleetMember,
  insertSubject,
  startMemoryProcess,
  startServerReplica,
} from '../../packages/server/test/replicas/fleets.ts';
import {
  type RegisterOptions,
  type RegisterReport,
  runRegisters,
} from '../../packages/server/test/replicas/linearizable.ts';
import { type Link, openLink } from '../../packages/server/test/replicas/link.ts';
import type { Subject } from '../../packages/server/test/replicas/memory-replica.ts';
import { startIssuer } from '../../packages/server/test/support/oidc-provider.ts';
import { median, round } from './lib/load.ts';
import { readOptions, wholeNumber } from './lib/options.ts';
import { table, writeResults } from './lib/report.ts';
import { reportFailure, runBench, UsageError } from './lib/run-bench.ts';
import { markCost } from './linearizable/mark-cost.ts';

const usage = `Usage: node bench/src/linearizable.ts [options]

Three replicas on one PostgreSQL answer reads and writes of authority by many clients: undisturbed, while listening
connections are killed, while the link of one replica to the database is cut, and while one is stopped by SIGSTOP. The
answers are checked against the model of a register. Also measures the cost of a mark for a single replica.
Exit codes: 0 the answers are those of a register, 1 they are not or the run failed, 2 usage.`;

const { operations, leaseMs, kind } = read();
type StartMember = (url: string, leaseMs: number) => Promise<FleetMember>;

interface Fleet {
  readonly link: Link;
  readonly members: readonly FleetMember[];
}

await runBench(3_600_000, async (stack) => {
  const postgres = await startPostgres({ fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on' });
  stack.defer(() => postgres.stop());
  const database = await openDatabase({ url: postgres.url });
  stack.defer(() => database.close());
  await migrateUp(database.db);
  const alone = await markCost(database);
  const subjects = await subjectsOf(database, stack);
  const fleet = await startFleet(postgres.url, subjects.startMember, stack);
  const reports: Record<string, RegisterReport> = {};
  reports['one client'] = await run('one client', 600, { subjects, fleet, readers: 0, writers: 1 });
  for (const [name, { share, disturbance }] of Object.entries(disturbances(database, fleet))) {
    reports[name] = await disturbed(disturbance, () => run(name, operations * share, { subjects, fleet }));
  }
  const figures = Object.entries(reports).map(([name, report]) => ({ name, ...figuresOf(report) }));
  const file = await writeResults(kind === 'people' ? 'linearizable-people' : 'linearizable', {
    settings: { operations, lease_ms: leaseMs, replicas: kind, postgres: postgres.version },
    alone,
    runs: figures,
  });
  const found = Object.values(reports).flatMap(({ violations }) => violations);
  process.stdout.write(`${tableOf(figures)}\n\n`);
  process.stdout.write(
    `single replica: change ${alone.plain_ms} ms, with mark and settle ${alone.marked_ms} ms\nresults: ${file}\n`,
  );
  if (found.length > 0) throw new Error(`the answers are not those of a register:\n${found.join('\n')}`);
});

function disturbances({ db }: DatabaseHandle, { link, members }: Fleet) {
  const none: Disturbance = async () => {};
  const [first] = members;
  if (first === undefined) throw new Error('there are no replicas');
  return {
    undisturbed: { share: 0.4, disturbance: none },
    'listeners killed': { share: 0.2, disturbance: killListeners(db) },
    'link cut': { share: 0.2, disturbance: cutLink(link, leaseMs) },
    'one stopped': { share: 0.2, disturbance: freeze(first.child, leaseMs) },
  };
}

/** What the register is: a row of a key, a key that is verified, or a person that is deactivated. */
interface Subjects {
  readonly startMember: StartMember;
  readonly newSubject: (maker: FleetMember | undefined) => Promise<Subject>;
}

async function subjectsOf(database: DatabaseHandle, stack: AsyncDisposableStack): Promise<Subjects> {
  switch (kind) {
    case 'memory':
      return { startMember: startMemoryProcess, newSubject: () => insertSubject(database) };
    case 'server':
      return {
        startMember: startServerReplica,
        newSubject: (maker) => (maker === undefined ? insertSubject(database) : createSubject(maker)),
      };
    case 'people': {
      const issuer = await startIssuer();
      stack.defer(() => issuer.stop());
      return {
        startMember: (url, lease) => startDeactivationReplica(url, lease, issuer),
        newSubject: () => insertPerson(database, issuer),
      };
    }
    default:
      return kind satisfies never;
  }
}

/** Starts three replicas, the first of which reaches the database over a link that can be cut. */
async function startFleet(url: string, startMember: StartMember, stack: AsyncDisposableStack): Promise<Fleet> {
  const link = await openLink(url);
  stack.defer(() => link.close());
  const members = await Promise.all([link.url, url, url].map((each) => startMember(each, leaseMs)));
  stack.defer(async () => {
    for (const { child } of members) child.kill('SIGKILL');
    await Promise.all(members.map(({ ended }) => ended));
  });
  return { link, members };
}

interface Work extends Pick<RegisterOptions, 'readers' | 'writers'> {
  readonly subjects: Subjects;
  readonly fleet: Fleet;
}

function run(name: string, count: number, { subjects, fleet, ...clients }: Work) {
  const [maker] = fleet.members.slice(-1);
  return runRegisters({
    ...clients,
    replicas: fleet.members.map(({ replica }) => replica),
    newSubject: () => subjects.newSubject(maker),
    operations: count,
    progress: (done) => done % 1_000 === 0 && process.stderr.write(`${name}: ${done} of ${count}\n`),
  });
}

function figuresOf({ write_ms, violations, ...counts }: RegisterReport) {
  const at = (share: number) => round(write_ms[Math.floor(write_ms.length * share)] ?? Number.NaN, 2);
  return { ...counts, write_p50_ms: round(median(write_ms), 2), write_p99_ms: at(0.99), violations: violations.length };
}

function tableOf(figures: readonly ({ name: string } & ReturnType<typeof figuresOf>)[]): string {
  const head = ['', 'reads', 'accepted', 'changes', 'revoked', 'no answer', 'p50 ms', 'p99 ms', 'violations'];
  const rows = figures.map((each) =>
    [
      each.name,
      each.reads,
      each.accepted,
      each.writes,
      each.revocations,
      each.unanswered,
      each.write_p50_ms,
      each.write_p99_ms,
      each.violations,
    ].map(String),
  );
  return table([head, ...rows]);
}

function read(): { operations: number; leaseMs: number; kind: 'server' | 'memory' | 'people' } {
  try {
    const values = readOptions(usage, {
      operations: { help: 'reads and writes, 1000 to 10000000', fallback: '100000' },
      lease: { help: 'AUTHORITY_LEASE_MS, 500 to 60000', fallback: '500' },
      replicas: {
        help: 'server: keys; people: servers whose users are deactivated; memory: processes with the lease protocol alone',
        fallback: 'server',
      },
    });
    const { replicas } = values;
    if (replicas !== 'server' && replicas !== 'memory' && replicas !== 'people')
      throw new UsageError(`--replicas ${replicas} is neither server, people nor memory`);
    return {
      operations: wholeNumber('operations', values.operations, [1_000, 10_000_000]),
      leaseMs: wholeNumber('lease', values.lease, [500, 60_000]),
      kind: replicas,
    };
  } catch (error) {
    process.exit(reportFailure(error));
  }
}
