/** One step of the operator with a Pooler, a Database or a ScheduledBackup. */
import { isDeepStrictEqual } from 'node:util';
import { asCluster, type Cluster, type Metadata, memoryOf, type World } from './actor-world.ts';
import { finalizersOf, isDeleting, withoutFinalizer } from './garbage.ts';
import { metadataOf, objectAt, stringAt, withMetadata } from './json.ts';
import type { JsonObject } from './types.ts';

const DATABASE_FINALIZER = 'cnpg.io/deleteDatabase';
const CLUSTER_GONE = 'cluster resource has been deleted, skipping reconciliation';

/** Writes a status where it says something new; answers whether it did. */
async function say({ objects }: World, object: JsonObject, status: JsonObject): Promise<boolean> {
  if (isDeepStrictEqual(object['status'], status)) return false;
  await objects.replaceStatus({ ...object, status });
  return true;
}

/** Answers the Cluster that an object names; undefined where there is none. */
async function clusterOf({ objects }: World, object: JsonObject): Promise<JsonObject | undefined> {
  const namespace = stringAt(metadataOf(object), 'namespace');
  return objects.get('Cluster', { namespace, name: stringAt(objectAt(objectAt(object, 'spec'), 'cluster'), 'name') });
}

const hasPrimary = (cluster: Cluster): boolean => (cluster.status?.currentPrimary ?? '') !== '';

/** A Pooler gets its pods once its Cluster has a primary, and keeps them when the Cluster is gone. */
export async function stepPooler(world: World, pooler: JsonObject): Promise<boolean> {
  if (isDeleting(pooler)) return false;
  const cluster = await clusterOf(world, pooler);
  if (cluster === undefined || !hasPrimary(asCluster(cluster))) return false;
  const { instances, pgbouncer } = objectAt(pooler, 'spec') as { instances?: number; pgbouncer?: JsonObject };
  const wanted = instances ?? 1;
  const before = objectAt(pooler, 'status');
  // The pods are made in one step, and run in the next.
  const runs = before['instances'] === wanted || (wanted === 0 && before['instances'] === undefined);
  const phase = wanted === 0 || !runs ? 'inactive' : pgbouncer?.['paused'] === true ? 'paused' : 'active';
  return say(world, pooler, {
    ...(wanted === 0 ? {} : { instances: wanted }),
    ...(world.poolerPhases ? { phase } : {}),
  });
}

/**
 * A Database is made by the primary of its Cluster and has a finalizer, which the primary takes away; when the Cluster is
 * gone, the operator does, and says so.
 */
export async function stepDatabase(world: World, database: JsonObject): Promise<boolean> {
  const cluster = await clusterOf(world, database);
  const finalized = finalizersOf(database).includes(DATABASE_FINALIZER);
  if (cluster === undefined) {
    const said = finalized && (await say(world, database, { applied: false, message: CLUSTER_GONE }));
    if (finalized && !said) await world.objects.replace(withoutFinalizer(database, DATABASE_FINALIZER));
    return finalized;
  }
  const running = memoryOf(world, metadataOf(cluster) as unknown as Metadata).ready > 0;
  if (!running || (isDeleting(database) && !finalized)) return false;
  if (isDeleting(database) || !finalized) {
    const finalizers = [...finalizersOf(database), DATABASE_FINALIZER];
    const next = isDeleting(database)
      ? withoutFinalizer(database, DATABASE_FINALIZER)
      : withMetadata(database, { finalizers });
    await world.objects.replace(next);
    return true;
  }
  const { extensions } = objectAt(database, 'spec') as { extensions?: { name: string }[] };
  return say(world, database, {
    applied: true,
    observedGeneration: metadataOf(database)['generation'] ?? 1,
    ...(extensions === undefined ? {} : { extensions: extensions.map(({ name }) => ({ name, applied: true })) }),
  });
}

/** A schedule has six fields, seconds first; the operator says what is wrong with another one. */
export async function stepScheduledBackup(world: World, backup: JsonObject): Promise<boolean> {
  if (isDeleting(backup)) return false;
  const { schedule = '', suspend } = objectAt(backup, 'spec') as { schedule?: string; suspend?: boolean };
  const fields = schedule.trim().split(/\s+/).length;
  if (fields !== 6) return say(world, backup, { error: `expected exactly 6 fields, found ${fields}: [${schedule}]` });
  const seen = objectAt(backup, 'status')['lastCheckTime'];
  if (suspend === true || seen !== undefined) return false;
  return say(world, backup, {
    lastCheckTime: world
      .clock()
      .toISOString()
      .replace(/\.\d+Z$/, 'Z'),
  });
}
