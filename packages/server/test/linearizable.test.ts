// engine: postgres
/** Under every disturbance of the replicas, clients read what one register could have answered. Runs on PostgreSQL. */
import { type DatabaseHandle, openDatabase, replicaLeases } from '@tenant-registry/db';
import { type TestDatabase, testDatabase } from '@tenant-registry/db/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { insertPerson, startDeactivationReplica } from './replicas/deactivation.ts';
import { cutLink, type Disturbance, disturbed, freeze, killListeners, silenceLink } from './replicas/disturbances.ts';
import {
  createSubject,
  type FleetMember,
  inProcess,
  insertSubject,
  startMemoryProcess,
  startServerReplica,
} from './replicas/fleets.ts';
import { type RegisterOptions, type RegisterReport, runRegisters } from './replicas/linearizable.ts';
import { type Link, openLink } from './replicas/link.ts';
import { createMemoryReplica, type MemoryReplica, type Subject } from './replicas/memory-replica.ts';
import { startIssuer, type TestIssuer } from './support/oidc-provider.ts';

const LEASE_MS = 500;

let database: TestDatabase;
let url: string;
beforeAll(async () => {
  database = await testDatabase();
  url = database.url ?? '';
});
afterAll(() => database.close());

/** Of each of the two answers that a read can tell. */
const SEEN_MIN = 25;

/** Reads and writes happened many times, and no read told a wrong state. */
function expectRegister(report: RegisterReport): void {
  expect(report.violations).toEqual([]);
  expect(report.accepted).toBeGreaterThanOrEqual(SEEN_MIN);
  expect(report.reads - report.accepted).toBeGreaterThanOrEqual(SEEN_MIN);
  expect(report.revocations).toBeGreaterThan(0);
}

describe('replicas with a memory in one process', () => {
  async function start(handle: Pick<DatabaseHandle, 'db' | 'listen'> = database): Promise<MemoryReplica> {
    const replica = createMemoryReplica(handle, { leaseMs: LEASE_MS });
    onTestFinished(() => replica.leases.stop());
    await replica.leases.start();
    return replica;
  }

  async function run(replicas: readonly MemoryReplica[], disturbance: Disturbance = async () => {}): Promise<void> {
    const options: RegisterOptions = {
      replicas: replicas.map(inProcess),
      newSubject: () => insertSubject(database),
      operations: 3_000,
      seenMin: SEEN_MIN,
    };
    expectRegister(await disturbed(disturbance, () => runRegisters(options)));
    for (const { hits } of replicas) expect(hits()).toBeGreaterThan(100);
  }

  test('are one register', async () => {
    await run([await start(), await start(), await start()]);
  });

  test('are one register while the connections on which they listen are killed again and again', async () => {
    await run([await start(), await start(), await start()], killListeners(database.db));
  });

  test('are one register when one of them is never told anything, and has to ask', async () => {
    const deaf = await start({
      ...database,
      listen: (options) => database.listen({ ...options, channels: { [replicaLeases.LEASE_CHANNEL]: () => {} } }),
    });
    await run([await start(), deaf, await start()]);
  });
});

/** Resolves when each of them accepts a key, so that what came before is over. */
async function allAnswer(members: readonly FleetMember[], newSubject: () => Promise<Subject>): Promise<void> {
  const subject = await newSubject();
  for (const { replica } of members) await expect.poll(() => replica.read(subject)).toBe(true);
}

async function kill(members: readonly FleetMember[]): Promise<void> {
  for (const { child } of members) child.kill('SIGKILL');
  await Promise.all(members.map(({ ended }) => ended));
}

/** The start of each kind of replica, and its number of operations: the server hashes every key that it makes. */
const fleets = {
  'processes with a memory': { startMember: startMemoryProcess, operations: 500 },
  'server processes': { startMember: startServerReplica, operations: 200 },
};

describe.for(Object.entries(fleets))('three %s', ([, { startMember, operations }]) => {
  /** The first of them reaches the database over a link of its own. They recover from each disturbance before the next. */
  let link: Link;
  let members: FleetMember[];
  beforeAll(async () => {
    link = await openLink(url);
    members = await Promise.all([link.url, url, url].map((each) => startMember(each, LEASE_MS)));
  });
  beforeEach(() => allAnswer(members, newSubject));
  afterAll(async () => {
    await kill(members);
    await link.close();
  });

  async function run(disturbance: Disturbance = async () => {}): Promise<void> {
    const options: RegisterOptions = {
      replicas: members.map(({ replica }) => replica),
      newSubject,
      operations,
      seenMin: SEEN_MIN,
    };
    expectRegister(await disturbed(disturbance, () => runRegisters(options)));
  }

  /** By the last of them, which nothing happens to. */
  function newSubject() {
    const [maker] = members.slice(-1);
    return maker === undefined || startMember === startMemoryProcess ? insertSubject(database) : createSubject(maker);
  }

  test('are one register', async () => {
    await run();
  });

  test('are one register while the connections on which they listen are killed again and again', async () => {
    await run(killListeners(database.db));
  });

  test('are one register while the link of one to the database is cut and restored', async () => {
    await run(cutLink(link, LEASE_MS));
  });

  // A server waits for a silent database as long as a statement may take: that is nothing to wait for here.
  if (startMember === startMemoryProcess) {
    test('are one register while the link of one falls silent', async () => {
      await run(silenceLink(link, LEASE_MS));
    });
  }

  test('are one register while one is stopped and continued', async () => {
    const [first] = members;
    if (first === undefined) throw new Error('nobody was started');
    await run(freeze(first.child, LEASE_MS));
  });

  test('a revocation is answered while a replica is stopped, which does not accept the key when it goes on', async () => {
    const [stopped, other] = members;
    if (stopped === undefined || other === undefined) throw new Error('nobody was started');
    const subject = await newSubject();
    for (const { replica } of members) expect(await replica.read(subject)).toBe(true);
    stopped.child.kill('SIGSTOP');
    expect(await other.replica.revoke(subject)).toBe(true);
    const answer = stopped.replica.read(subject);
    stopped.child.kill('SIGCONT');
    expect(await answer).toBe(false);
  });
});

describe('three servers that know a person', () => {
  let issuer: TestIssuer;
  let members: FleetMember[];
  beforeAll(async () => {
    issuer = await startIssuer();
    members = await Promise.all([url, url, url].map((each) => startDeactivationReplica(each, LEASE_MS, issuer)));
  });
  beforeEach(() => allAnswer(members, () => insertPerson(database, issuer)));
  afterAll(async () => {
    await kill(members);
    await issuer.stop();
  });

  async function run(disturbance: Disturbance = async () => {}): Promise<void> {
    const options: RegisterOptions = {
      replicas: members.map(({ replica }) => replica),
      newSubject: () => insertPerson(database, issuer),
      operations: 600,
      seenMin: SEEN_MIN,
    };
    expectRegister(await disturbed(disturbance, () => runRegisters(options)));
  }

  test('accept the token of nobody whose deactivation was answered', async () => {
    await run();
  });

  test('accept it neither while the connections on which they listen are killed', async () => {
    await run(killListeners(database.db));
  });

  test('accept it neither when one of them was stopped meanwhile', async () => {
    const [first] = members;
    if (first === undefined) throw new Error('nobody was started');
    await run(freeze(first.child, LEASE_MS));
  });
});

test('a replica that reaches the database again has forgotten what was revoked meanwhile', async () => {
  const link = await openLink(url);
  const cutOff = await openDatabase({ url: link.url, connectTimeoutMs: 500, log: () => {} });
  const [a, b] = [
    createMemoryReplica(database, { leaseMs: LEASE_MS }),
    createMemoryReplica(cutOff, { leaseMs: LEASE_MS }),
  ];
  onTestFinished(async () => {
    await Promise.all([a.leases.stop(), b.leases.stop()]);
    await cutOff.close();
    await link.close();
  });
  await Promise.all([a.leases.start(), b.leases.start()]);
  const subject = await insertSubject(database);
  expect(await b.read(subject)).toBe(true);
  await link.cut();
  await a.write(subject, false);
  expect(b.leases.held()).toBe(false);
  await expect(b.read(subject)).rejects.toThrow();
  link.restore();
  await expect.poll(() => b.leases.held()).toBe(true);
  expect(await b.read(subject)).toBe(false);
});
