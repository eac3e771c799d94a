/** Every replica is ended and started again under load, one after the other, as an update does. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Finding } from './findings.ts';
import { lostIn } from './ledger.ts';
import { startLoad } from './load.ts';
import { until } from './until.ts';
import { askForAll, startWatch } from './watch.ts';
import type { World } from './world.ts';

const CALM_MS = 3_000;
const scenario = 'rolling restart of the replicas';

export async function runRolling(world: World): Promise<Finding[]> {
  const { proxies, replicas, ledger, progress } = world;
  const before = ledger.acknowledged;
  const [load, watch] = [startLoad(proxies.registryUrl, world), startWatch(replicas, ledger)];
  const drained: number[] = [];
  for (const replica of replicas) {
    await sleep(CALM_MS);
    progress(`${scenario}: ${replica.name}`);
    drained.push(await replica.stop());
    await replica.start();
    await until(`HAProxy does not see ${replica.name}`, 30_000, async () => (await proxies.up()).length === 3);
  }
  await sleep(CALM_MS);
  const report = await load.stop();
  const { accepted } = await watch.stop();
  const acceptedAfterwards = await askForAll(replicas, ledger);
  const lost = await world.asOwner((client) => lostIn(client, ledger));
  for (const sentence of [...lost, ...accepted, ...acceptedAfterwards].slice(0, 10)) progress(`  ${sentence}`);
  const requests = report.writes.length + report.reads.length;
  return [
    { scenario, what: 'calls of the SDK', seen: report.calls },
    { scenario, what: 'calls that failed', seen: report.failures, demand: { is: 0 } },
    {
      ...{ scenario, what: 'calls that failed of a caller with retries 10 and timeoutMs 60000' },
      ...{ seen: report.patient.failures, demand: { is: 0 } },
    },
    { scenario, what: 'failed calls, by code', seen: JSON.stringify(report.failed) },
    { scenario, what: 'requests that the SDK repeated', seen: requests - report.calls },
    { scenario, what: 'ms until a replica had drained, at most', seen: Math.round(Math.max(...drained)) },
    { scenario, what: 'changes answered meanwhile', seen: ledger.acknowledged - before },
    { scenario, what: 'answered changes that are lost, or recorded twice', seen: lost.length, demand: { is: 0 } },
    {
      ...{ scenario, what: 'revoked keys accepted, meanwhile and afterwards' },
      ...{ seen: accepted.length + acceptedAfterwards.length, demand: { is: 0 } },
    },
  ];
}
