/**
 * The mistake that the bench must detect: replication is asynchronous, what was not sent yet when the primary dies is lost, and
 * its answers were given. It comes last, because nothing that was promised before holds afterwards.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@tenant-registry/client';
import type { Finding } from './findings.ts';
import { tokens } from './fleet.ts';
import { type KeyEntry, lostIn } from './ledger.ts';
import { startLoad } from './load.ts';
import { until } from './until.ts';
import { askForAll } from './watch.ts';
import type { World } from './world.ts';

const scenario = 'control, asynchronous replication';
const UNSENT_MS = 2_000;
const PATIENCE_MS = 90_000;

export async function runControl(world: World): Promise<Finding[]> {
  const { cluster, proxies, replicas, ledger, progress } = world;
  await cluster.settled();
  await cluster.beAsynchronous();
  const load = startLoad(proxies.registryUrl, world);
  // The standbys have the key, and will not have its revocation.
  const client = createClient({ url: proxies.registryUrl, token: tokens.operator });
  const tenant = await client.tenants.create({ slug: `c-${randomBytes(8).toString('hex')}`, name: 'Control' });
  const made = await client.apiKeys.create({ tenant_id: tenant.id, name: 'bench' });
  await sleep(UNSENT_MS);
  const primary = await cluster.leader();
  progress(`${scenario}: ${primary.name}`);
  primary.holdReplication();
  await client.apiKeys.revoke({ id: made.id });
  const entry: KeyEntry = { id: made.id, key: made.key ?? '', revoking: true, revokedAt: performance.now() };
  ledger.keys.push(entry);
  await sleep(UNSENT_MS);
  await primary.kill();
  await load.stop();
  await until('there is no other primary', PATIENCE_MS, async () => (await cluster.leader()) !== primary);
  await until('a replica is not ready', PATIENCE_MS, async () => {
    const ready = await Promise.all(replicas.map((replica) => replica.isReady()));
    return ready.every((is) => is);
  });
  const accepted = await askForAll(replicas, ledger);
  const lost = await world.asOwner((client) => lostIn(client, ledger));
  return [
    { scenario, what: 'answered changes that are lost', seen: lost.length, demand: { least: 1 } },
    { scenario, what: 'revoked keys accepted afterwards', seen: accepted.length, demand: { least: 1 } },
  ];
}
