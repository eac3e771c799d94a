/** Configurations in a cluster of etcd, for proofs about them: servers are led there, and the cluster is held against the database. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Db } from '@tenant-registry/db';
import { createEtcd, type Etcd } from '@tenant-registry/etcd';
import type { TestCluster } from '@tenant-registry/etcd/testing';
import { keysUnder } from '../../src/modules/configs/store/etcd/keys.ts';
import { readValue } from '../../src/modules/configs/store/etcd/values.ts';
import { childEnv } from '../support/child-env.ts';
import { OPERATOR } from '../support/server-process.ts';
import type { ProvenStore } from './config-fleet.ts';

const cli = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
const PATIENCE_MS = 240_000;

/**
 * Makes etcd the store of the database, as an operator does, under a prefix of its own. Throws with what the command said;
 * `settled` throws when intents stay.
 */
export async function provenEtcd(
  url: string,
  cluster: Pick<TestCluster, 'endpoints' | 'options'>,
): Promise<ProvenStore> {
  const prefix = `proof-${randomBytes(6).toString('hex')}/`;
  const env = { CONFIG_STORE: 'etcd', ETCD_ENDPOINTS: cluster.endpoints.join(','), ETCD_PREFIX: prefix };
  await move(url, env);
  const keys = keysUnder(prefix);
  const asking = async <T>(work: (etcd: Etcd) => Promise<T>) => {
    const etcd = createEtcd(cluster.options);
    try {
      return await work(etcd);
    } finally {
      etcd.close();
    }
  };
  return {
    name: 'etcd',
    env,
    settled: () => asking((etcd) => nothingWaits(etcd, keys.intents)),
    contradictions: (db) => asking((etcd) => unlike(db, etcd, prefix)),
  };
}

/** Other code runs meanwhile: the way to the members may lead through this process. */
async function move(url: string, env: Readonly<Record<string, string>>): Promise<void> {
  const all = { ...childEnv(), DATABASE_URL: url, OPERATOR_TOKEN: OPERATOR, ...env };
  await promisify(execFile)(process.execPath, [cli, 'configs', 'move', '--to', 'etcd'], { env: all });
}

async function nothingWaits(etcd: Etcd, intents: string): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const waiting = await etcd.range({ prefix: intents }, { countOnly: true }).then(
      ({ count }) => count,
      () => undefined, // while it has no leader
    );
    if (waiting === 0) return;
    if (Date.now() > deadline) throw new Error(`${waiting} versions wait in etcd for ever`);
    await sleep(50);
  }
}

/** Compares each value and tombstone in etcd with the projection of it. */
async function unlike(db: Db, etcd: Etcd, prefix: string): Promise<readonly string[]> {
  const keys = keysUnder(prefix);
  const { kvs } = await etcd.range({ prefix: keys.values });
  const there = new Map(
    kvs.map((kv) => {
      const { version, deleted, content_sha256, write_id } = readValue(kv);
      const at = keys.valueAt(kv.key);
      return [`${at?.project_id} ${at?.key}`, JSON.stringify([version, deleted, content_sha256, write_id])];
    }),
  );
  const rows = await db
    .selectFrom('configs')
    .select(['project_id', 'key', 'version', 'deleted_at', 'content_sha256', 'write_id'])
    .execute();
  const here = new Map(
    rows.map(({ project_id, key, version, deleted_at, content_sha256, write_id }) => [
      `${project_id} ${key}`,
      JSON.stringify([version, deleted_at !== null, content_sha256, write_id]),
    ]),
  );
  const names = new Set([...there.keys(), ...here.keys()]);
  return [...names].flatMap((name) =>
    there.get(name) === here.get(name)
      ? []
      : [`${name} is ${there.get(name) ?? 'absent'} in etcd, and ${here.get(name) ?? 'absent'} in the database`],
  );
}
