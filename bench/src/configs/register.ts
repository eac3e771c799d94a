/** What many clients are told of the versions of a few keys, while servers and members of etcd die and lose each other. */
import { randomInt } from 'node:crypto';
import { type DatabaseHandle, migrateUp, openDatabase } from '@tenant-registry/db';
import { startEtcd, type TestCluster } from '@tenant-registry/etcd/testing';
import { createChances } from '../../../packages/server/test/replicas/chances.ts';
import {
  etcdRounds,
  inRounds,
  killServer,
  type Round,
} from '../../../packages/server/test/replicas/config-disturbances.ts';
import { provenEtcd } from '../../../packages/server/test/replicas/config-etcd.ts';
import {
  type ConfigReplica,
  type ProvenStore,
  postgresStore,
  startConfigReplicas,
} from '../../../packages/server/test/replicas/config-fleet.ts';
import {
  type ConfigRegisterReport,
  prepareRegisters,
  runConfigRegister,
} from '../../../packages/server/test/replicas/config-register.ts';
import { disturbed } from '../../../packages/server/test/replicas/disturbances.ts';
import { type Store, stores } from './product.ts';
import type { Figure, Surroundings } from './section.ts';

const SERVERS = 3;
const CLIENTS = 16;
/** How long each trouble of etcd lasts: an election of production takes about as long. */
const LASTS_MS = 2_500;
const PAUSE_MS = 1_500;
const SAID_MAX = 20;

/** Runs the operations on each store. Violations are said with the seed of the run. */
export async function measureRegister(surroundings: Surroundings): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const store of stores) {
    await using own = new AsyncDisposableStack();
    figures.push(...(await onStore({ ...surroundings, stack: own }, store)));
  }
  return figures;
}

async function onStore(surroundings: Surroundings, name: Store): Promise<readonly Figure[]> {
  const { stack, progress, operations } = surroundings;
  const { database, store, cluster, url } = await openProven(surroundings, name);
  const replicas = await startConfigReplicas(url, { env: store.env, count: SERVERS });
  stack.defer(async () => void (await Promise.all(replicas.map(({ kill }) => kill()))));
  const seed = randomInt(1_000_000);
  const chances = createChances(seed);
  const registers = await prepareRegisters(replicas);
  const rounds = new Map<string, number>();
  const counting = (round: string) => void rounds.set(round, (rounds.get(round) ?? 0) + 1);
  const each = roundsOn(replicas, { cluster, chances });
  progress(`${name}: ${operations} operations, seed ${seed}`);
  const report = await disturbed(inRounds(each, { chances, pauseMs: PAUSE_MS, progress: counting }), () =>
    runConfigRegister({
      ...{ replicas, registers, store, db: database.db, operations, seed, clients: CLIENTS, repeats: true },
      progress: (done) => done % 10_000 === 0 && progress(`${name}: ${done} of ${operations}`),
    }),
  );
  const unlike = await store.contradictions(database.db);
  for (const sentence of [...report.violations, ...unlike].slice(0, SAID_MAX))
    progress(`${name}, seed ${seed}: ${sentence}`);
  return [...figuresOf(name, report), ...unlikeOf(name, unlike), ...roundsOf(name, rounds)];
}

export interface Proven {
  readonly url: string;
  readonly database: DatabaseHandle;
  readonly store: ProvenStore;
  readonly cluster: TestCluster | undefined;
}

/** Makes a migrated database, and on etcd three members that can be killed and cut, to which its values are moved. */
export async function openProven({ databases, stack }: Surroundings, name: Store): Promise<Proven> {
  const url = await databases.createDatabase(`configs-${name}`);
  const database = await openDatabase({ url });
  stack.defer(() => database.close());
  await migrateUp(database.db);
  if (name === 'postgres') return { url, database, store: postgresStore(), cluster: undefined };
  const cluster = await startEtcd({ members: 3, elections: 'production' });
  stack.defer(() => cluster.stop());
  return { url, database, store: await provenEtcd(url, cluster), cluster };
}

interface Troubled {
  readonly cluster: TestCluster | undefined;
  readonly chances: ReturnType<typeof createChances>;
}

function roundsOn(replicas: readonly ConfigReplica[], { cluster, chances }: Troubled): readonly Round[] {
  const server = killServer(replicas, chances);
  return cluster === undefined ? [server] : [server, ...etcdRounds(cluster, { chances, lastsMs: LASTS_MS })];
}

function figuresOf(store: Store, report: ConfigRegisterReport): readonly Figure[] {
  const { reads, writes, refused, unavailable, unanswered, repetitions, versions, longest_silence_ms } = report;
  const count = (what: string, value: number): Figure => ({ what: `${store}: ${what}`, value, unit: '' });
  const none = { most: 0 };
  return [
    { ...count('what no register would have told', report.violations.length), goal: none },
    count('reads', reads),
    ...Object.entries(writes).map(([kind, value]) => count(`writes: ${kind}`, value)),
    count('versions', versions),
    count('writes refused: another version', refused),
    count('answers 503', unavailable),
    count('requests without an answer', unanswered),
    count('repetitions with a verdict', repetitions),
    { ...count('longest time without a success', longest_silence_ms), unit: 'ms' },
  ];
}

function unlikeOf(store: Store, unlike: readonly string[]): readonly Figure[] {
  if (store === 'postgres') return [];
  return [
    {
      what: `${store}: keys that are not in the database as in etcd`,
      value: unlike.length,
      unit: '',
      goal: { most: 0 },
    },
  ];
}

function roundsOf(store: Store, rounds: ReadonlyMap<string, number>): readonly Figure[] {
  return Array.from(rounds, ([name, value]) => ({ what: `${store}: ${name}`, value, unit: 'times' }));
}
