/** A node is lost or changed under load, in several ways. */
import { setTimeout as sleep } from 'node:timers/promises';
import { byStatus, outageOf } from './attempts.ts';
import type { Node } from './cluster.ts';
import type { Finding } from './findings.ts';
import { lostIn } from './ledger.ts';
import { startLoad } from './load.ts';
import { until } from './until.ts';
import { askForAll, startWatch } from './watch.ts';
import type { World } from './world.ts';

const CALM_MS = 5_000;
const NEW_PLACE_MS = 90_000;
const RECOVERED_MS = 60_000;
/** That many more changes are answered before the node counts as replaced. */
const ANSWERED_AGAIN = 50;

export interface Loss {
  readonly scenario: string;
  /** The longest time in which no change may be answered. */
  readonly gapMsMax: number;
  /** The standby that commits wait for is lost, and not the primary. */
  readonly ofStandby?: boolean;
  /** What happens to the node. */
  disturb(world: World, node: Node): Promise<void> | void;
  /** How it comes back, under load. */
  recover(node: Node): Promise<void> | void;
}

export const losses: Readonly<Record<string, Loss>> = {
  killed: {
    scenario: 'primary and its Patroni killed by SIGKILL',
    gapMsMax: 40_000,
    disturb: (_, primary) => primary.kill(),
    recover: (primary) => primary.start(),
  },
  crashed: {
    scenario: 'PostgreSQL of the primary killed by SIGKILL',
    gapMsMax: 40_000,
    disturb: (_, primary) => primary.crash(),
    recover: () => {},
  },
  standby: {
    scenario: 'synchronous standby and its Patroni killed by SIGKILL',
    gapMsMax: 40_000,
    ofStandby: true,
    disturb: (_, standby) => standby.kill(),
    recover: (standby) => standby.start(),
  },
  switchover: {
    scenario: 'switchover by patronictl',
    gapMsMax: 20_000,
    disturb: ({ cluster }) => cluster.switchover(),
    recover: () => {},
  },
  orphaned: {
    scenario: 'Patroni of the primary killed by SIGKILL, PostgreSQL goes on',
    gapMsMax: 40_000,
    disturb: (_, primary) => primary.orphan(),
    recover: (primary) => primary.start(),
  },
  paused: {
    scenario: 'the primary stands still, and goes on when another one has its place',
    gapMsMax: 40_000,
    disturb: (_, primary) => primary.pause(),
    recover: (primary) => primary.resume(),
  },
};

/** Runs the load through the loss, and holds what was answered against what is there. */
export async function runLoss(world: World, loss: Loss): Promise<Finding[]> {
  const { scenario, gapMsMax, ofStandby = false } = loss;
  const { cluster, proxies, replicas, ledger, progress } = world;
  await cluster.settled();
  const [before, starts] = [ledger.acknowledged, startsOf(world)];
  const [load, watch] = [startLoad(proxies.registryUrl, world), startWatch(replicas, ledger)];
  await sleep(CALM_MS);
  const node = await (ofStandby ? cluster.synchronousStandby() : cluster.leader());
  progress(`${scenario}: ${node.name}`);
  await loss.disturb(world, node);
  await until('no other node has its place', NEW_PLACE_MS, async () => {
    return node !== (await (ofStandby ? cluster.synchronousStandby() : cluster.leader()));
  });
  const answered = ledger.acknowledged + ANSWERED_AGAIN;
  await until('no change is answered', RECOVERED_MS, () => ledger.acknowledged >= answered);
  await loss.recover(node);
  await cluster.settled();
  await sleep(CALM_MS);
  const report = await load.stop();
  const { answers, accepted } = await watch.stop();
  await until('a replica is not ready', RECOVERED_MS, async () => {
    const ready = await Promise.all(replicas.map((replica) => replica.isReady()));
    return ready.every((is) => is);
  });
  const acceptedAfterwards = await askForAll(replicas, ledger);
  const lost = await world.asOwner((client) => lostIn(client, ledger));
  for (const sentence of [...lost, ...accepted, ...acceptedAfterwards].slice(0, 10)) progress(`  ${sentence}`);
  const { window_ms, gap_ms, failed_attempts } = outageOf(report.writes);
  const statuses = byStatus([...report.writes, ...report.reads]);
  const revoked = ledger.keys.filter(({ revokedAt }) => revokedAt !== undefined).length;
  const found = (what: string, seen: number | string, demand?: Finding['demand']): Finding => ({
    ...{ scenario, what, seen },
    ...(demand === undefined ? {} : { demand }),
  });
  return [
    found('changes answered meanwhile', ledger.acknowledged - before, { least: ANSWERED_AGAIN }),
    found('answered changes that are lost, or recorded twice', lost.length, { is: 0 }),
    found('answers about revoked keys meanwhile, by all replicas', answers, { least: 1 }),
    found('revoked keys accepted meanwhile', accepted.length, { is: 0 }),
    found(`revoked keys accepted afterwards, of ${revoked} on each replica`, acceptedAfterwards.length, { is: 0 }),
    found('ms from the first failed change to the next answered one', window_ms),
    found('ms in which no change was answered', gap_ms, { most: gapMsMax }),
    found('ms in which no question was answered', outageOf(report.reads).gap_ms),
    found('requests of changes that failed', `${failed_attempts} of ${report.writes.length}`),
    found('calls of the SDK that failed after its retries', `${report.failures} of ${report.calls}`),
    found(
      'calls that failed of a caller with retries 10 and timeoutMs 60000',
      `${report.patient.failures} of ${report.patient.calls}`,
    ),
    found('failed calls, by code', JSON.stringify(report.failed)),
    found('HTTP requests by status', JSON.stringify(statuses)),
    found('answers 500', statuses['500'] ?? 0, { is: 0 }),
    found('replicas that had to be started again', startsOf(world) - starts, { is: 0 }),
  ];
}

function startsOf({ replicas }: World): number {
  return replicas.reduce((sum, replica) => sum + replica.starts(), 0);
}
